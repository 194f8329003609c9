package org.bookvotes.workers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.bookvotes.observability.Freshness;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.Schema;
import org.bookvotes.testing.HeldBooks;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerSlotsIT {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final WorkerCommand RECALCULATE =
      new WorkerCommand.Recalculate(1000, Duration.ofSeconds(10));

  private final EngineLauncher launcher =
      new EngineLauncher(WorkerEngine.AUTO, Freshness.boundsSeconds());

  private TestDatabase database;
  private Database onePool;
  private Database otherPool;
  private WorkerSlots one;
  private WorkerSlots other;

  @BeforeEach
  void openTwoReplicas() {
    database = Servers.newDatabase();
    onePool = database.open(2);
    otherPool = database.open(2);
    one = new WorkerSlots(onePool, 2);
    other = new WorkerSlots(otherPool, 2);
  }

  @AfterEach
  void close() {
    onePool.close();
    otherPool.close();
    database.close();
  }

  @Test
  void aSlotHasOneHolderOverAllReplicas() throws SQLException {
    try (WorkerSlot first = acquire(one, 1);
        WorkerSlot second = acquire(other, 2)) {
      assertThat(one.tryAcquire(1)).isEmpty();
      assertThat(one.tryAcquire(2)).isEmpty();
      assertThat(other.tryAcquire(1)).isEmpty();
      assertThat(other.tryAcquire(2)).isEmpty();
      assertThat(List.of(first.number(), second.number())).containsExactly(1, 2);
      assertThat(locks()).isEqualTo(2);
    }
    assertThat(locks()).isZero();
    acquire(one, 2).close();
    acquire(other, 1).close();
  }

  @Test
  void closingTwiceLeavesTheNextHolderItsSlot() throws SQLException {
    WorkerSlot first = acquire(one, 1);
    first.close();
    // Of the same replica: it may well have the very session that the first one had.
    try (WorkerSlot next = acquire(one, 1)) {
      first.close();
      assertThat(other.tryAcquire(1)).isEmpty();
      assertThat(session(next, "SHOW application_name")).isEqualTo("bookvotes slot 1");
    }
    try (WorkerSlot next = acquire(other, 1)) {
      first.close();
      assertThat(one.tryAcquire(1)).isEmpty();
      assertThat(session(next, "SHOW application_name")).isEqualTo("bookvotes slot 1");
      assertThat(locks()).isEqualTo(1);
    }
    // Nor may a replica have more sessions than slots now: the pool has no third one to wait for.
    try (WorkerSlot next = acquire(one, 1);
        WorkerSlot last = acquire(one, 2)) {
      assertThat(one.tryAcquire(1)).isEmpty();
      assertThat(List.of(next.number(), last.number())).containsExactly(1, 2);
    }
  }

  @Test
  void theSessionComesBackAsItWas() throws SQLException {
    try (Database pool = database.open(1)) {
      String before = settings(pool);
      WorkerSlots slots = new WorkerSlots(pool, 1);
      try (WorkerSlot slot = acquire(slots, 1)) {
        Worker worker = launcher.launch(slot, RECALCULATE);
        assertThat(session(slot, "SELECT count(*) FROM pg_background_list")).isEqualTo("1");
        assertThat(worker.await(PATIENCE)).isPresent();
      }
      assertThat(settings(pool)).isEqualTo(before).contains("bookvotes", "10s");
      try (Connection connection = pool.pool().getConnection()) {
        assertThat(only(connection, "SELECT count(*) FROM pg_background_list")).isEqualTo("0");
      }
    }
  }

  /** The driver forgets them all whenever a statement changes the search path. */
  @Test
  void statementsStayPreparedFromSlotToSlot() throws SQLException {
    try (Database pool = database.open(1)) {
      WorkerSlots slots = new WorkerSlots(pool, 1);
      for (int i = 0; i < 20; i++) {
        acquire(slots, 1).close();
      }
      try (WorkerSlot slot = acquire(slots, 1)) {
        String executions =
            session(
                slot,
                "SELECT sum(generic_plans + custom_plans) FROM pg_prepared_statements"
                    + " WHERE statement LIKE '%pg_try_advisory_lock%'");
        assertThat(Integer.parseInt(executions)).isGreaterThan(10);
      }
    }
  }

  @Test
  void aHolderThatIsFrozenLosesItsSlotAfterAMinute() throws SQLException {
    try (WorkerSlot slot = acquire(one, 1)) {
      assertThat(session(slot, "SHOW idle_session_timeout")).isEqualTo("1min");
      // Not after a minute, but in the same way.
      session(slot, "SELECT set_config('idle_session_timeout', '100ms', false)");
      awaitSlot(other, 1).close();
    }
  }

  @Test
  void aSessionWithAWorkerInItEndsInsteadOfComingBack() throws SQLException {
    try (Database pool = database.open(1)) {
      WorkerSlots slots = new WorkerSlots(pool, 1);
      WorkerSlot slot = acquire(slots, 1);
      String pid = session(slot, "SELECT pg_backend_pid()");
      launcher.launch(slot, RECALCULATE);
      slot.close();

      try (WorkerSlot next = awaitSlot(slots, 1)) {
        assertThat(session(next, "SELECT pg_backend_pid()")).isNotEqualTo(pid);
        assertThat(session(next, "SELECT count(*) FROM pg_background_list")).isEqualTo("0");
      }
    }
  }

  @Test
  void aSessionThatCannotBeTrustedEndsInsteadOfComingBack() throws SQLException {
    try (Database pool = database.open(1)) {
      WorkerSlots slots = new WorkerSlots(pool, 1);
      WorkerSlot slot = acquire(slots, 1);
      String pid = session(slot, "SELECT pg_backend_pid()");
      // With the transaction open and failed, neither handles nor lock can be given up in it.
      execute(slot.connection(), "BEGIN");
      assertThatThrownBy(() -> execute(slot.connection(), "SELECT 1 / 0"))
          .isInstanceOf(SQLException.class);
      slot.close();

      try (WorkerSlot next = awaitSlot(slots, 1)) {
        assertThat(session(next, "SELECT pg_backend_pid()")).isNotEqualTo(pid);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"public", "extensions"})
  void aSlotWhoseSessionIsGoneStaysTakenUntilItsWorkerHasEnded(String schemaOfExtension)
      throws SQLException {
    try (TestDatabase own = Servers.newEmptyDatabase()) {
      own.execute("CREATE SCHEMA IF NOT EXISTS " + schemaOfExtension);
      own.execute("CREATE EXTENSION pg_background SCHEMA " + schemaOfExtension);
      try (Database pool = own.open(2);
          Database nextPool = own.open(2)) {
        new Schema(pool.pool()).migrate();
        own.insertBooks(1);
        own.execute("INSERT INTO bookvotes.stale_marks (book_id) VALUES (1)");
        WorkerSlots next = new WorkerSlots(nextPool, 2);
        WorkerSlot lost = acquire(new WorkerSlots(pool, 2), 1);

        try (HeldBooks held = HeldBooks.hold(own, 1L)) {
          SlotSessions.setLockTimeout(lost, PATIENCE);
          Worker worker = launcher.launch(lost, RECALCULATE);
          HeldBooks.awaitWaitingWorkers(own, 1);
          terminateHolder(own, 1);
          await().until(() -> locks(own) == 0);

          for (int i = 0; i < 20; i++) {
            assertThat(next.tryAcquire(1)).isEmpty();
          }
          assertThat(locks(own)).as("looking at a taken slot leaves no lock").isZero();
          assertThat(new WorkersView(nextPool.transactions(), 2).slots())
              .extracting(WorkersView.Slot::state, WorkersView.Slot::pid)
              .containsExactly(tuple("orphaned", worker.pid()), tuple("free", null));
          acquire(next, 2).close();
          held.commit();
        }
        try (WorkerSlot taken = awaitSlot(next, 1)) {
          lost.close();
          lost.close();
          assertThat(own.queryLong("SELECT count(*) FROM bookvotes.stale_books")).isZero();
          assertThat(locks(own)).as("slot %s", taken.number()).isEqualTo(1);
        }
      }
    }
  }

  /** The worker may be so young that the server does not show its name or even its database yet. */
  @Test
  void aWorkerThatHasJustBeenBornCountsForItsSlot() throws SQLException {
    database.insertBooks(1);
    database.execute("INSERT INTO bookvotes.stale_marks (book_id) VALUES (1)");
    try (Connection observer = database.connect()) {
      for (int round = 0; round < 10; round++) {
        WorkerSlot lost = acquire(one, 1);
        try (HeldBooks held = HeldBooks.hold(database, 1L)) {
          SlotSessions.setLockTimeout(lost, PATIENCE);
          Worker worker = launcher.launch(lost, RECALCULATE);
          assertThat(
                  only(
                      observer,
                      "SELECT application_name FROM pg_stat_activity WHERE pid = " + worker.pid()))
              .as("a launch ends when its worker can be told from others")
              .isEqualTo("bookvotes slot 1");
          execute(observer, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE " + OUR_LOCKS);
          await()
              .pollInterval(Duration.ofMillis(1))
              .pollDelay(Duration.ZERO)
              .until(
                  () ->
                      only(observer, "SELECT count(*) FROM pg_locks WHERE " + OUR_LOCKS)
                          .equals("0"));
          assertThat(other.tryAcquire(1)).as("round %s, worker %s", round, worker.pid()).isEmpty();
          held.commit();
        }
        lost.close();
        awaitSlot(other, 1).close();
        database.execute(
            "INSERT INTO bookvotes.stale_marks (book_id) VALUES (1) ON CONFLICT DO NOTHING");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 3})
  void thereAreNoOtherSlots(int number) {
    assertThatThrownBy(() -> one.tryAcquire(number))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("slot " + number);
  }

  private static final String OUR_LOCKS =
      "locktype = 'advisory' AND granted AND classid = "
          + WorkerSlots.LOCK_CLASS
          + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

  private static WorkerSlot acquire(WorkerSlots slots, int number) throws SQLException {
    return slots.tryAcquire(number).orElseThrow(() -> new AssertionError("slot is not free"));
  }

  private static WorkerSlot awaitSlot(WorkerSlots slots, int number) {
    return await("slot " + number)
        .atMost(PATIENCE)
        .until(() -> slots.tryAcquire(number), Optional::isPresent)
        .orElseThrow();
  }

  private long locks() {
    return locks(database);
  }

  private static long locks(TestDatabase database) {
    return database.queryLong("SELECT count(*) FROM pg_locks WHERE " + OUR_LOCKS);
  }

  private static void terminateHolder(TestDatabase database, int number) {
    assertThat(
            database.queryRows(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE objid = ? AND " + OUR_LOCKS,
                number))
        .hasSize(1);
  }

  private static String settings(Database pool) throws SQLException {
    try (Connection connection = pool.pool().getConnection()) {
      return only(
          connection,
          """
          SELECT concat_ws(', ', pg_backend_pid(), current_setting('application_name'),
                           current_setting('search_path'), current_setting('statement_timeout'),
                           current_setting('lock_timeout'), current_setting('timezone'))
          """);
    }
  }

  private static String session(WorkerSlot slot, String sql) throws SQLException {
    return only(slot.connection(), sql);
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.execute();
    }
  }

  private static String only(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet row = statement.executeQuery()) {
      row.next();
      @Nullable String value = row.getString(1);
      return String.valueOf(value);
    }
  }
}

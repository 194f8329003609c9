package org.bookvotes.workers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;
import static org.awaitility.Awaitility.await;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bookvotes.testing.HeldBooks;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.ShutGate;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.workers.WorkerCommand.Recalculate;
import org.bookvotes.workers.WorkerCommand.Table;
import org.bookvotes.workers.WorkerCommand.Vacuum;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * What every engine must do, and each generation of pg_background, for a role without privileges.
 */
class WorkerEngineContractIT {

  private static final Duration PATIENCE = EngineFixture.PATIENCE;
  // One of the three belongs to the launcher of logical replication.
  private static final int POOL = 2;
  private static final Recalculate RECALCULATE = new Recalculate(1000, Duration.ofSeconds(10));

  private static PostgreSQLContainer server;

  @BeforeAll
  static void startServer() {
    server = Servers.newPostgres("max_worker_processes=" + (POOL + 1));
    try (TestDatabase any = Servers.newEmptyDatabase(server)) {
      EngineFixture.prepare(server, any);
    }
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @ParameterizedTest
  @EnumSource
  void completesWithItsReport(EngineUnderTest engine) throws SQLException {
    try (EngineFixture fixture = new EngineFixture(server, engine);
        WorkerSlot slot = fixture.awaitSlot()) {
      assertThat(session(slot, "SELECT bookvotes.engine('" + engine.choice().setting() + "')"))
          .containsExactly(engine.engine());

      WorkerOutcome outcome = fixture.replica().run(slot);
      assertThat(outcome)
          .isInstanceOfSatisfying(
              WorkerOutcome.Completed.class,
              completed -> {
                assertThat(completed.recalculated().books()).isEqualTo(5);
                assertThat(completed.recalculated().batches()).isPositive();
                assertThat(Arrays.stream(completed.recalculated().freshnessCounts()).sum())
                    .isEqualTo(5);
              });
      assertFresh(fixture);
    }
  }

  @ParameterizedTest
  @EnumSource
  void failsWithTheSqlstateOfItsError(EngineUnderTest engine) throws SQLException {
    try (EngineFixture fixture = new EngineFixture(server, engine);
        WorkerSlot slot = fixture.awaitSlot()) {
      fixture.database().execute("DROP TABLE books CASCADE");

      Worker worker = fixture.launcher().launch(slot, new Vacuum(Table.BOOKS));
      assertThat(worker.await(PATIENCE).orElseThrow())
          .isInstanceOfSatisfying(
              WorkerOutcome.Failed.class,
              failed -> {
                assertThat(failed.sqlState()).isEqualTo("42P01");
                assertThat(failed.message()).contains("books");
              });
      assertThat(session(slot, engine.handles())).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aKilledWorkerFailsItsRunAndLosesNothing(EngineUnderTest engine) throws Exception {
    try (EngineFixture fixture = new EngineFixture(server, engine);
        WorkerSlot slot = fixture.awaitSlot()) {
      try (HeldBooks held = HeldBooks.hold(fixture.database(), 3L)) {
        SlotSessions.setLockTimeout(slot, PATIENCE);
        CompletableFuture<WorkerOutcome> run = fixture.running(slot);
        fixture
            .database()
            .queryRows("SELECT pg_terminate_backend(?)", fixture.awaitWaitingWorker());

        assertThat(run.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
            .isInstanceOfSatisfying(
                WorkerOutcome.Failed.class,
                // 2.0 takes the order to end for a cancel.
                failed -> assertThat(failed.sqlState()).isIn("57014", "57P01"));
        held.commit();
      }
      assertThat(session(slot, engine.handles())).isEmpty();
      assertThat(awaitCompleted(fixture, slot).recalculated().books()).isPositive();
      assertFresh(fixture);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anExhaustedServerIsAskedAgainAndUsedWhenItHasAWorker(EngineUnderTest engine)
      throws Exception {
    String shortage = engine.isDblink() ? "53300" : "53000";
    try (EngineFixture fixture = new EngineFixture(server, engine);
        WorkerSlot slot = fixture.awaitSlot()) {
      List<String> session = session(slot, "SELECT pg_backend_pid()");
      try (AutoCloseable occupied = fixture.exhaust(POOL)) {
        assertThat(fixture.replica().run(slot))
            .as("with %s", occupied)
            .isEqualTo(new WorkerOutcome.Exhausted(shortage, 3));
      }
      assertThat(fixture.replica().events().retries()).containsExactly(shortage, shortage);
      assertThat(slot.isSettled()).as("a refused launch leaves nothing behind").isTrue();
      awaitCompleted(fixture, slot);
      assertThat(session(slot, "SELECT pg_backend_pid()")).isEqualTo(session);
      assertFresh(fixture);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aWorkerOutlivesADeadLauncherAndKeepsItsSlot(EngineUnderTest engine) throws Exception {
    try (EngineFixture fixture = new EngineFixture(server, engine)) {
      WorkerSlot slot = fixture.awaitSlot();
      try (HeldBooks held = HeldBooks.hold(fixture.database(), 3L)) {
        SlotSessions.setLockTimeout(slot, PATIENCE);
        CompletableFuture<WorkerOutcome> run = fixture.running(slot);
        int worker = fixture.awaitWaitingWorker();
        assertThat(slots(fixture))
            .extracting(WorkersView.Slot::state, WorkersView.Slot::pid, WorkersView.Slot::command)
            .containsExactly(tuple("busy", worker, "recalculate"), tuple("free", null, null));
        assertThat(
                fixture
                    .database()
                    .queryRows(
                        "SELECT pg_terminate_backend(pid) FROM pg_locks"
                            + " WHERE locktype = 'advisory' AND classid = ? AND database ="
                            + " (SELECT oid FROM pg_database WHERE datname = current_database())",
                        WorkerSlots.LOCK_CLASS))
            .hasSize(1);

        assertThat(run.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
            .isInstanceOf(WorkerOutcome.Lost.class);
        slot.close();
        await()
            .atMost(PATIENCE)
            .untilAsserted(
                () ->
                    assertThat(slots(fixture))
                        .extracting(WorkersView.Slot::state, WorkersView.Slot::pid)
                        .containsExactly(tuple("orphaned", worker), tuple("free", null)));
        for (int i = 0; i < 20; i++) {
          assertThat(fixture.replica().slots().tryAcquire(1)).isEmpty();
        }
        held.commit();
      }
      // It goes on without the session that launched it.
      fixture.awaitSlot().close();
      assertFresh(fixture);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theServerEndsARecalculationAtItsLimit(EngineUnderTest engine) throws SQLException {
    try (EngineFixture fixture = new EngineFixture(server, engine);
        ShutGate gate = ShutGate.shut(fixture.database());
        WorkerSlot slot = fixture.awaitSlot()) {
      Worker worker =
          fixture
              .launcher()
              .launch(slot, new Recalculate(1000, Duration.ofSeconds(10), Duration.ofMillis(200)));
      // The limit is that of the session's own statements, too: short looks, as the product's are.
      WorkerOutcome outcome =
          await()
              .atMost(PATIENCE)
              .until(() -> worker.await(Duration.ofMillis(5)), Optional::isPresent)
              .orElseThrow();
      assertThat(outcome)
          .isInstanceOfSatisfying(
              WorkerOutcome.Failed.class,
              failed -> assertThat(failed.sqlState()).isEqualTo("57014"));
      assertThat(session(slot, engine.handles())).isEmpty();
      gate.open();
    }
  }

  @ParameterizedTest
  @EnumSource
  void vacuums(EngineUnderTest engine) throws SQLException {
    try (EngineFixture fixture = new EngineFixture(server, engine);
        WorkerSlot slot = fixture.awaitSlot()) {
      Worker worker = fixture.launcher().launch(slot, new Vacuum(Table.BOOKS));
      assertThat(worker.await(PATIENCE).orElseThrow()).isInstanceOf(WorkerOutcome.Completed.class);
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  fixture
                          .database()
                          .queryLong(
                              "SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 'books'")
                      == 1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void leavesNothingBehindInAHundredLaunches(EngineUnderTest engine) throws SQLException {
    try (EngineFixture fixture = new EngineFixture(server, engine);
        WorkerSlot slot = fixture.awaitSlot()) {
      EngineLauncher launcher = fixture.launcher();
      for (int i = 0; i < 100; i++) {
        WorkerCommand command = i % 2 == 0 ? RECALCULATE : new Vacuum(Table.STALE_MARKS);
        // A worker that has ended leaves its place in the pool a moment later.
        Worker worker =
            await()
                .atMost(PATIENCE)
                .ignoreExceptionsMatching(
                    e -> e instanceof SQLException s && "53000".equals(s.getSQLState()))
                .pollDelay(Duration.ZERO)
                .until(() -> launcher.launch(slot, command), launched -> true);
        assertThat(worker.await(PATIENCE).orElseThrow())
            .as("launch %s", i)
            .isInstanceOf(WorkerOutcome.Completed.class);
      }
      assertThat(session(slot, engine.handles())).isEmpty();
      assertThat(slot.isSettled()).isTrue();
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  fixture
                          .database()
                          .queryLong(
                              "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                  + " AND application_name LIKE 'bookvotes slot%'")
                      == 1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void hasTheSettingsOfItsSlot(EngineUnderTest engine) throws SQLException {
    String names =
        "'application_name', 'search_path', 'statement_timeout', 'lock_timeout', 'transaction_timeout',"
            + " 'idle_session_timeout', 'idle_in_transaction_session_timeout',"
            + " 'default_transaction_isolation', 'timezone'";
    String settings = "SELECT n || ' = ' || current_setting(n) FROM unnest(ARRAY[" + names + "]) n";
    try (EngineFixture fixture = new EngineFixture(server, engine);
        WorkerSlot slot = fixture.awaitSlot()) {
      fixture
          .database()
          .execute(
              """
              CREATE TABLE seen (setting text);
              GRANT INSERT ON seen TO PUBLIC;
              CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $see$
              BEGIN
                INSERT INTO public.seen %s;
                RETURN NULL;
              END
              $see$;
              CREATE TRIGGER see BEFORE UPDATE ON books FOR EACH STATEMENT EXECUTE FUNCTION see()
              """
                  .formatted(settings));
      session(slot, "SELECT set_config('search_path', 'public, \"$user\"', false)");
      assertThat(fixture.replica().run(slot)).isInstanceOf(WorkerOutcome.Completed.class);

      List<String> seen =
          fixture.database().queryRows("SELECT DISTINCT setting FROM seen").stream()
              .map(row -> String.valueOf(row.getFirst()))
              .toList();
      assertThat(seen)
          .containsExactlyInAnyOrderElementsOf(session(slot, settings))
          .contains(
              "application_name = bookvotes slot 1",
              "statement_timeout = 70s",
              "lock_timeout = 2s",
              "search_path = public, \"$user\"");
    }
  }

  /** Runs again and again until the pool has a worker and all that was left is done. */
  private static WorkerOutcome.Completed awaitCompleted(EngineFixture fixture, WorkerSlot slot) {
    return (WorkerOutcome.Completed)
        await()
            .atMost(PATIENCE)
            .until(() -> fixture.replica().run(slot), WorkerOutcome.Completed.class::isInstance);
  }

  private static List<WorkersView.Slot> slots(EngineFixture fixture) throws SQLException {
    try (var pool = fixture.database().open(1)) {
      return new WorkersView(pool.transactions(), 2).slots();
    }
  }

  private static void assertFresh(EngineFixture fixture) {
    assertThat(fixture.database().queryLong("SELECT count(*) FROM bookvotes.stale_books")).isZero();
    assertThat(
            fixture
                .database()
                .queryLong(
                    "SELECT count(*) FROM books WHERE rating <> rating(votes_up, votes_down)"))
        .isZero();
  }

  /** The first column of what a query in the slot's session gives. */
  private static List<String> session(WorkerSlot slot, String sql) throws SQLException {
    try (PreparedStatement statement = slot.connection().prepareStatement(sql);
        ResultSet row = statement.executeQuery()) {
      List<String> values = new ArrayList<>();
      while (row.next()) {
        @Nullable String value = row.getString(1);
        values.add(String.valueOf(value));
      }
      return values;
    }
  }
}

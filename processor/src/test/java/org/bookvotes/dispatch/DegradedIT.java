package org.bookvotes.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.bookvotes.observability.ProcessorListener.Run;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.Schema;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.ShutGate;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestDispatcher;
import org.bookvotes.testing.TestDispatcher.Options;
import org.bookvotes.workers.LaunchRetry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** On a server of its own, whose few background workers are all taken by somebody else. */
class DegradedIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int BATCH = 100;
  // One of the three belongs to the launcher of logical replication.
  private static final int POOL = 2;

  private static PostgreSQLContainer server;
  private TestDatabase database;

  @BeforeAll
  static void startServer() {
    server = Servers.newPostgres("max_worker_processes=" + (POOL + 1));
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void emptyThePool() throws SQLException {
    database = Servers.newEmptyDatabase(server);
    try (Database pool = database.open(2)) {
      new Schema(pool.pool()).migrate();
    }
    // Workers outlive the session that launched them.
    try (Connection foreign = database.connect();
        Statement statement = foreign.createStatement()) {
      for (int i = 0; i < POOL; i++) {
        statement.execute("SELECT pid FROM pg_background_launch('SELECT pg_sleep(600)')");
      }
    }
  }

  @AfterEach
  void dropDatabase() {
    endForeignWorkers();
    database.close();
  }

  private Options options(int slotCount) {
    return Options.of(database, slotCount)
        .retry(new LaunchRetry(1000, Duration.ofMillis(10)))
        .fallbackAfter(Duration.ofMillis(200));
  }

  @Test
  void ratingsBecomeFreshWithoutAnyWorkerOneSmallBatchALook() {
    // So many that walks, which begin anywhere, would take more than a batch if they could.
    insertStaleBooks(5 * BATCH + 50);
    try (TestDispatcher replica = new TestDispatcher(options(1)).start()) {
      awaitAllFresh();
      awaitRuns(replica, "fallback", 6);
      // There may be more than six, and what is fresh is told a moment later.
      await().atMost(PATIENCE).until(() -> sum(replica) == 5 * BATCH + 50);
      assertThat(replica.events().withoutWorker())
          .allSatisfy(books -> assertThat(books).isLessThanOrEqualTo(BATCH));
      assertThat(replica.events().withoutWorker().size())
          .isLessThanOrEqualTo((int) replica.events().measured());
      assertThat(replica.events().runs())
          .extracting(Run::outcome, Run::pid)
          .containsOnly(tuple("fallback", 0));
      assertThat(replica.events().degraded()).containsExactly(true);
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(replica.scrape())
                      .contains(
                          "bookvotes_degraded 1.0",
                          "bookvotes_fallback_books_total 550.0",
                          "bookvotes_recalculated_books_total 550.0",
                          "bookvotes_freshness_seconds_count 550",
                          "bookvotes_worker_launches_total{command=\"recalculate\",outcome=\"completed\"} 0.0"));
    }
  }

  @Test
  void aLargeBacklogIsNotTakenInAllSlotsAtOnce() {
    // Worth three workers, in batches of one.
    insertStaleBooks(3 * Backlog.BATCHES_PER_WORKER);
    try (TestDispatcher replica = new TestDispatcher(options(3).batchSize(1)).start()) {
      await().atMost(PATIENCE).until(() -> replica.events().degraded().equals(List.of(true)));
      long looksBefore = replica.events().measured();
      int batchesBefore = replica.events().withoutWorker().size();
      await().atMost(PATIENCE).until(() -> replica.events().measured() >= looksBefore + 8);
      int batches = replica.events().withoutWorker().size() - batchesBefore;
      long looks = replica.events().measured() - looksBefore;
      // Those two that were asking for a worker, too, when it began do one batch each, and the
      // batch
      // of the last look before counting began may come after it.
      assertThat((long) batches).isBetween(1L, looks + 3);
      assertThat(replica.events().withoutWorker()).containsOnly(1L);
    }
  }

  @Test
  void theSlotsBoundIsKeptOverAllReplicas() {
    // Tells whether another transaction that recalculates is open: each holds the lock to its end.
    database.execute(
        """
        CREATE TABLE beside (pid int);
        CREATE FUNCTION tell_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NOT pg_try_advisory_xact_lock(4711) THEN
            INSERT INTO beside VALUES (pg_backend_pid());
          END IF;
          PERFORM pg_sleep(0.002);
          RETURN NEW;
        END $$;
        CREATE TRIGGER tell_overlap BEFORE UPDATE ON books FOR EACH ROW EXECUTE FUNCTION tell_overlap()
        """);
    insertStaleBooks(6 * BATCH);
    List<TestDispatcher> replicas =
        Stream.generate(() -> new TestDispatcher(options(1))).limit(2).toList();
    try {
      replicas.forEach(TestDispatcher::start);
      awaitAllFresh();
      await()
          .atMost(PATIENCE)
          .until(() -> replicas.stream().mapToLong(DegradedIT::sum).sum() == 6 * BATCH);
      assertThat(database.queryLong("SELECT count(*) FROM beside")).isZero();
    } finally {
      replicas.forEach(TestDispatcher::close);
    }
    assertThat(locks()).isZero();
  }

  @Test
  void workersAreBackAsSoonAsThePoolHasRoom() {
    // More than the one or two batches that may still be done without a worker below.
    insertStaleBooks(4 * BATCH);
    try (TestDispatcher replica = new TestDispatcher(options(1)).start()) {
      awaitAllFresh();
      await().atMost(PATIENCE).until(() -> sum(replica) == 4 * BATCH);
      assertThat(replica.scrape()).contains("bookvotes_degraded 1.0");

      endForeignWorkers();
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  database.queryLong(
                          "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_background'")
                      == 0);
      int batches = replica.events().withoutWorker().size();
      markAllStale();
      awaitAllFresh();
      awaitRuns(replica, "completed", 1);
      // The server may take a moment to know that a worker has ended.
      assertThat(replica.events().withoutWorker().size()).isBetween(batches, batches + 1);
      assertThat(replica.events().degraded()).containsExactly(true, false);
      assertThat(replica.scrape()).contains("bookvotes_degraded 0.0");
    }
  }

  @Test
  void theSettingTurnsItOff() {
    insertStaleBooks(BATCH);
    Options never =
        options(1).retry(new LaunchRetry(3, Duration.ofMillis(100))).fallbackAfter(Duration.ZERO);
    try (TestDispatcher replica = new TestDispatcher(never).start()) {
      awaitRuns(replica, "exhausted", 3);
      assertThat(stale()).isEqualTo(BATCH);
      assertThat(replica.events().runs()).extracting(Run::outcome).containsOnly("exhausted");
      assertThat(replica.events().degraded()).isEmpty();
    }
  }

  @Test
  void aBatchWhoseSessionIsTerminatedGivesTheSlotBack() {
    insertStaleBooks(3);
    try (TestDispatcher replica = new TestDispatcher(options(1))) {
      try (ShutGate gate = ShutGate.shut(database)) {
        replica.start();
        // A batch may have reached its limit, on a slow machine, before it is met: then the next.
        await("a batch that is terminated")
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(10))
            .until(
                () -> {
                  database.execute(
                      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + AT_GATE);
                  return !replica.events().runs("recalculate", "lost").isEmpty();
                });
        assertThat(replica.events().runs("recalculate", "lost").getFirst().sqlState())
            .isEqualTo("57P01");
        gate.open();
      }
      // In the same slot, which is the only one.
      awaitAllFresh();
      awaitRuns(replica, "fallback", 1);
    }
    assertThat(locks()).isZero();
  }

  @Test
  void aBookThatFailsCountsAsFailedAndHoldsUpNobody() {
    insertStaleBooks(BATCH);
    database.execute("ALTER TABLE books ADD CHECK (book_id <> 7 OR rating < 0.5)");
    try (TestDispatcher replica = new TestDispatcher(options(1)).start()) {
      awaitRuns(replica, "failed", 1);
      Run failed = replica.events().runs("recalculate", "failed").getFirst();
      assertThat(failed.sqlState()).isEqualTo("23514");
      // A walk begins anywhere: it may have taken a second batch.
      await().atMost(PATIENCE).until(() -> sum(replica) == BATCH - 1);
      assertThat(stale()).isEqualTo(1);
    }
  }

  @Test
  void aStopWaitsForTheBatchThatRuns() throws InterruptedException {
    insertStaleBooks(3);
    try (TestDispatcher replica = new TestDispatcher(options(1))) {
      try (ShutGate gate = ShutGate.shut(database)) {
        replica.start();
        await("a batch that waits at the gate")
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(10))
            .until(
                () ->
                    database.queryLong("SELECT count(*) FROM pg_stat_activity WHERE " + AT_GATE)
                        == 1);
        replica.stopLaunching();
        gate.open();
      }
      assertThat(replica.awaitRuns(PATIENCE)).isTrue();
      assertThat(replica.events().runs()).hasSize(1);
      assertThat(locks()).isZero();
    }
  }

  // A batch in the slot's own session that waits at the gate, for its limit of 5 s at most.
  private static final String AT_GATE =
      "datname = current_database() AND backend_type = 'client backend'"
          + " AND application_name = 'bookvotes slot 1' AND wait_event = 'PgSleep'";

  private static void awaitRuns(TestDispatcher replica, String outcome, int count) {
    await(count + " runs " + outcome)
        .atMost(PATIENCE)
        .until(() -> replica.events().runs("recalculate", outcome).size() >= count);
  }

  private static long sum(TestDispatcher replica) {
    return replica.events().withoutWorker().stream().mapToLong(Long::longValue).sum();
  }

  private void insertStaleBooks(int count) {
    database.insertBooks(count);
    database.execute("UPDATE books SET votes_up = book_id");
    markAllStale();
  }

  private void markAllStale() {
    database.execute("INSERT INTO bookvotes.stale_marks (book_id) SELECT book_id FROM books");
  }

  private void endForeignWorkers() {
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE backend_type = 'pg_background' AND query LIKE 'SELECT pg_sleep%'");
  }

  private long locks() {
    return database.queryLong("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'");
  }

  private long stale() {
    return database.queryLong("SELECT count(*) FROM bookvotes.stale_books");
  }

  private void awaitAllFresh() {
    await("nothing stale").atMost(PATIENCE).until(() -> stale() == 0);
    assertThat(
            database.queryLong(
                "SELECT count(*) FROM books WHERE rating <> rating(votes_up, votes_down)"))
        .isZero();
  }
}

package org.bookvotes.workers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.bookvotes.observability.ProcessorListener.Run;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.Schema;
import org.bookvotes.testing.HeldBooks;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.ShutGate;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestDispatcher;
import org.bookvotes.testing.TestDispatcher.Options;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** On a server of its own, with a pool of three background workers and no safety from crashes. */
class ServerTroubleIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int BOOKS = 50;
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
  void createDatabase() throws SQLException {
    database = Servers.newEmptyDatabase(server);
    try (Database pool = database.open(2)) {
      new Schema(pool.pool()).migrate();
    }
    database.insertBooks(BOOKS);
    database.execute("UPDATE books SET votes_up = book_id");
    database.execute("INSERT INTO bookvotes.stale_marks (book_id) SELECT book_id FROM books");
  }

  @AfterEach
  void dropDatabase() {
    database.close();
  }

  @Test
  void aPoolEmptiedByOthersIsTriedAgainGivenUpAndUsedAsSoonAsItHasAWorker() throws SQLException {
    LaunchRetry retry = new LaunchRetry(3, Duration.ofMillis(20));
    try (Connection foreign = database.connect();
        Statement statement = foreign.createStatement();
        TestDispatcher replica = new TestDispatcher(Options.of(database, 1).retry(retry))) {
      for (int i = 0; i < POOL; i++) {
        statement.execute("SELECT pid FROM pg_background_launch('SELECT pg_sleep(600)')");
      }

      try (WorkerSlot slot = replica.slots().tryAcquire(1).orElseThrow()) {
        WorkerOutcome outcome = replica.run(slot);
        assertThat(outcome).isEqualTo(new WorkerOutcome.Exhausted("53000", 3));
        assertThat(locks()).isEqualTo(1);
      }
      assertThat(locks()).as("the slot is given back").isZero();
      assertThat(replica.events().retries()).containsExactly("53000", "53000");

      // By itself: gives up and comes back, again and again.
      replica.start();
      await().atMost(PATIENCE).until(() -> exhausted(replica) >= 3);
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(5))
          .untilAsserted(() -> assertThat(locks()).isZero());
      assertThat(replica.scrape())
          .contains(
              "bookvotes_worker_launches_total{command=\"recalculate\",outcome=\"exhausted\"}");
      assertThat(replica.events().runs()).extracting(Run::outcome).containsOnly("exhausted");
      assertThat(stale()).isEqualTo(BOOKS);

      endForeignWorkers();
      awaitAllFresh();
      await().atMost(PATIENCE).until(() -> replica.events().recalculated() == BOOKS);
      assertThat(retriesCounted(replica)).isEqualTo(replica.events().retries().size());
    }
  }

  @Test
  void aWorkerThatBecomesFreeBetweenTwoAttemptsIsUsed() throws SQLException {
    LaunchRetry patient = new LaunchRetry(1000, Duration.ofMillis(10));
    try (Connection foreign = database.connect();
        Statement statement = foreign.createStatement();
        TestDispatcher replica = new TestDispatcher(Options.of(database, 1).retry(patient))) {
      for (int i = 0; i < POOL; i++) {
        statement.execute("SELECT pid FROM pg_background_launch('SELECT pg_sleep(600)')");
      }
      replica.start();
      await().atMost(PATIENCE).until(() -> replica.events().retries().size() >= 2);
      assertThat(locks()).as("the slot is kept while it is tried again").isEqualTo(1);
      endForeignWorkers();
      awaitAllFresh();
      await().atMost(PATIENCE).until(() -> !replica.events().runs().isEmpty());
      assertThat(replica.events().runs()).extracting(Run::outcome).containsOnly("completed");
    }
  }

  @Test
  void theServersRestartAfterAKilledWorkerLosesNothing() throws IOException, InterruptedException {
    // Not a held book: a worker waits for that only so long.
    try (ShutGate gate = ShutGate.shut(database);
        TestDispatcher replica = new TestDispatcher(Options.of(database, 2)).start()) {
      ShutGate.awaitWaitingWorkers(database, 1);
      try (HeldBooks open = HeldBooks.hold(database)) {
        open.execute("INSERT INTO books (book_id, votes_up) VALUES (4711, 1)");
        long pid =
            database.queryLong(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_background'");
        String started = startTime();
        assertThat(server.execInContainer("kill", "-KILL", Long.toString(pid)).getExitCode())
            .isZero();
        await().atMost(PATIENCE).ignoreExceptions().until(() -> !startTime().equals(started));
      }
      gate.open();
      awaitAllFresh();
      assertThat(replica.events().runs("recalculate", "lost")).hasSize(1);
      await().atMost(PATIENCE).until(() -> locks() == 0);
      assertThat(database.queryLong("SELECT sum(votes_up * 1000 + votes_down) FROM books"))
          .as("no vote is lost, none of the transaction that was open")
          .isEqualTo(1000L * BOOKS * (BOOKS + 1) / 2);
    }
  }

  private static long exhausted(TestDispatcher replica) {
    return replica.events().runs("recalculate", "exhausted").size();
  }

  private static long retriesCounted(TestDispatcher replica) {
    return replica
        .scrape()
        .lines()
        .filter(
            line -> line.startsWith("bookvotes_worker_launch_retries_total{sqlstate=\"53000\"}"))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private void endForeignWorkers() {
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE backend_type = 'pg_background' AND query LIKE 'SELECT pg_sleep%'");
  }

  /** When the server's processes were last started: later after a crash, unlike its own start. */
  private String startTime() {
    return database.queryString(
        "SELECT backend_start FROM pg_stat_activity WHERE backend_type = 'checkpointer'");
  }

  private long locks() {
    return database.queryLong("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'");
  }

  private long stale() {
    return database.queryLong("SELECT count(*) FROM bookvotes.stale_books");
  }

  private void awaitAllFresh() {
    await("nothing stale").atMost(PATIENCE).ignoreExceptions().until(() -> stale() == 0);
    assertThat(
            database.queryLong(
                "SELECT count(*) FROM books WHERE rating <> rating(votes_up, votes_down)"))
        .isZero();
  }
}

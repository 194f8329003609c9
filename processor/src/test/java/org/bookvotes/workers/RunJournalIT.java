package org.bookvotes.workers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.assertj.core.data.Percentage;
import org.bookvotes.dispatch.VacuumPolicy;
import org.bookvotes.observability.ProcessorListener.Run;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.SqlFile;
import org.bookvotes.testing.HeldBooks;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestDispatcher;
import org.bookvotes.testing.TestDispatcher.Options;
import org.bookvotes.workers.WorkersView.EndedRun;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RunJournalIT {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration RETRY_PAUSE = Duration.ofMillis(50);
  private static final int PLACES = 100_000;

  private TestDatabase database;
  private Database pool;
  private WorkersView view;

  @BeforeEach
  void open() {
    database = Servers.newDatabase();
    pool = database.open(4);
    view = new WorkersView(pool.transactions(), 4);
  }

  @AfterEach
  void close() {
    pool.close();
    database.close();
  }

  @Test
  void aFailedRunAndACompletedOneAreThereWithAllThatIsKnown() throws SQLException {
    database.insertBooks(5);
    database.execute("UPDATE books SET votes_up = book_id");
    database.execute("INSERT INTO bookvotes.stale_marks (book_id) SELECT book_id FROM books");
    try (RunJournal journal = new RunJournal(pool.transactions(), "here");
        TestDispatcher replica = new TestDispatcher(Options.of(database, 2), journal)) {
      journal.start();
      try (HeldBooks held = HeldBooks.hold(database, 3L);
          WorkerSlot slot = replica.slots().tryAcquire(2).orElseThrow()) {
        SlotSessions.setLockTimeout(slot, Duration.ofMillis(50));
        assertThat(replica.run(slot)).isInstanceOf(WorkerOutcome.Failed.class);
        held.commit();
      }
      database.execute("UPDATE bookvotes.stale_marks SET retry_at = NULL");
      try (WorkerSlot slot = replica.slots().tryAcquire(1).orElseThrow()) {
        assertThat(replica.run(slot)).isInstanceOf(WorkerOutcome.Completed.class);
      }
    }

    List<EndedRun> runs = view.lastRuns(10);
    assertThat(runs)
        .extracting(EndedRun::outcome, EndedRun::slot, EndedRun::books, EndedRun::sqlState)
        .containsExactly(tuple("completed", 1, 1L, null), tuple("failed", 2, 4L, "55P03"));
    assertThat(runs)
        .allSatisfy(
            run -> {
              assertThat(run.command()).isEqualTo("recalculate");
              assertThat(run.table()).isNull();
              assertThat(run.replica()).isEqualTo("here");
              assertThat(run.pid() == null || run.pid() > 0).isTrue();
              assertThat(run.batches()).isPositive();
              assertThat(run.removedRows()).isNull();
              assertThat(Duration.between(run.startedAt(), run.finishedAt()))
                  .isBetween(Duration.ofMillis(1), PATIENCE);
              assertThat(Duration.between(run.finishedAt(), Instant.now()).abs())
                  .isLessThan(PATIENCE);
            });
    assertThat(runs.getLast().message()).startsWith("1 books failed, the first: book 3");
  }

  @Test
  void aVacuumIsThereOnceItIsKnownWhatItRemoved() {
    database.execute("ALTER TABLE books SET (autovacuum_enabled = false, fillfactor = 100)");
    database.insertBooks(300);
    database.execute("UPDATE books SET title = title || '!'");
    VacuumPolicy eager = new VacuumPolicy(100, 0.1, Duration.ZERO, Duration.ofMillis(500));
    try (RunJournal journal = new RunJournal(pool.transactions(), "here");
        TestDispatcher replica =
            new TestDispatcher(Options.of(database, 1).vacuumPolicy(eager), journal)) {
      journal.start();
      replica.start();
      await().atMost(PATIENCE).until(() -> replica.events().removed() >= 300);
    }
    assertThat(
            database.queryRows(
                "SELECT command, table_name, outcome FROM bookvotes.worker_runs WHERE removed_rows >= 300"))
        .containsExactly(List.of("vacuum", "books", "completed"));
  }

  @Test
  void replicasWriteAtOnceAndNoRunIsMissing() throws SQLException {
    int each = 600;
    CompletableFuture<?>[] replicas =
        IntStream.range(0, 3)
            .mapToObj(
                replica ->
                    CompletableFuture.runAsync(
                        () -> {
                          try (RunJournal journal =
                              new RunJournal(pool.transactions(), "replica " + replica)) {
                            journal.start();
                            for (int i = 0; i < each; i++) {
                              journal.runEnded(run(i, null));
                            }
                          }
                        },
                        Thread::startVirtualThread))
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(replicas).join();

    assertThat(
            database.queryRows(
                "SELECT count(*), count(DISTINCT run_id), count(DISTINCT replica) FROM bookvotes.worker_runs"))
        .containsExactly(List.of(3L * each, 3L * each, 3L));
    assertThat(
            database.queryRows(
                "SELECT replica, array_agg(books ORDER BY run_id) = array_agg(books ORDER BY books)"
                    + " FROM bookvotes.worker_runs GROUP BY replica"))
        .as("in the order in which they ended")
        .allMatch(row -> Boolean.TRUE.equals(row.get(1)));
    assertThat(view.lastRuns(1000)).hasSize(1000);
  }

  @Test
  void whatCouldNotBeWrittenIsWrittenLater() throws SQLException {
    database.execute("ALTER TABLE bookvotes.worker_runs RENAME TO elsewhere");
    try (RunJournal journal = new RunJournal(pool.transactions(), "here", RETRY_PAUSE)) {
      journal.start();
      for (int i = 0; i < RunJournal.MOST_WAITING + 5; i++) {
        journal.runEnded(run(i, "42P01"));
      }
      await().atMost(PATIENCE).until(() -> journal.kept() == RunJournal.MOST_WAITING);
      database.execute("ALTER TABLE bookvotes.elsewhere RENAME TO worker_runs");
      await().atMost(PATIENCE).until(() -> journal.unwritten() == 0);
    }
    assertThat(
            database.queryRows(
                "SELECT min(books), max(books), count(*) FROM bookvotes.worker_runs"))
        .as("the latest")
        .containsExactly(List.of(5L, RunJournal.MOST_WAITING + 4L, (long) RunJournal.MOST_WAITING));
    EndedRun last = view.lastRuns(1).getFirst();
    assertThat(last.sqlState()).isEqualTo("42P01");
  }

  @Test
  void aSessionThatIsTerminatedLosesNothing() {
    try (RunJournal journal = new RunJournal(pool.transactions(), "here", RETRY_PAUSE)) {
      journal.start();
      journal.runEnded(run(1, null));
      await().atMost(PATIENCE).until(() -> journal.unwritten() == 0);
      database.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE datname = current_database() AND application_name = 'bookvotes'");
      journal.runEnded(run(2, null));
      await().atMost(PATIENCE).until(() -> journal.unwritten() == 0);
    }
    assertThat(database.queryLong("SELECT count(*) FROM bookvotes.worker_runs")).isEqualTo(2);
  }

  @Test
  void whatARowCannotHoldIsMadeFitAndHoldsUpNothing() throws SQLException {
    try (RunJournal journal = new RunJournal(pool.transactions(), "here", RETRY_PAUSE)) {
      journal.start();
      journal.runEnded(
          new Run(
              "recalculate",
              null,
              1,
              -1234,
              "failed",
              "P0001",
              "a\0b" + "x".repeat(100_000),
              Duration.ZERO,
              0,
              0,
              null));
    }
    EndedRun run = view.lastRuns(1).getFirst();
    assertThat(run.message()).hasSize(400).startsWith("a\ufffdbxxx").endsWith("x…");
    assertThat(run.pid()).as("a meaningless one").isNull();
    assertThat(run.finishedAt()).isAfterOrEqualTo(run.startedAt());
  }

  @Test
  void theRingGoesRoundWithoutGrowing() throws SQLException {
    int runs = 2_000;
    database.execute("ALTER TABLE bookvotes.worker_runs SET (autovacuum_enabled = false)");
    write(runs);
    String size =
        "SELECT pg_relation_size('bookvotes.worker_runs') + pg_indexes_size('bookvotes.worker_runs')";
    long afterFirst = database.queryLong(size);
    for (int round = 1; round <= 4; round++) {
      // As if all other places had been written meanwhile.
      database.queryLong(
          "SELECT setval('bookvotes.worker_runs_run_id_seq', ?)", (long) round * PLACES);
      write(runs);
      assertThat(database.queryLong("SELECT count(*) FROM bookvotes.worker_runs")).isEqualTo(runs);
      assertThat(database.queryLong(size))
          .as("round %d", round)
          .isCloseTo(afterFirst, Percentage.withPercentage(5));
    }
    assertThat(view.lastRuns(3))
        .extracting(EndedRun::number)
        .containsExactly(4L * PLACES + 2000, 4L * PLACES + 1999, 4L * PLACES + 1998);
  }

  @Test
  void theLastRunsAreFoundOverTheEndOfTheRingAndOverNumbersThatAreMissing() throws SQLException {
    database.queryLong("SELECT setval('bookvotes.worker_runs_run_id_seq', ?)", PLACES - 3L);
    write(5);
    database.queryLong("SELECT setval('bookvotes.worker_runs_run_id_seq', ?)", PLACES + 34L);
    write(1);
    database.queryLong("SELECT setval('bookvotes.worker_runs_run_id_seq', ?)", PLACES + 67L);

    assertThat(view.lastRuns(5))
        .extracting(EndedRun::number)
        .containsExactly(PLACES + 35L, PLACES + 2L, PLACES + 1L, (long) PLACES, PLACES - 1L);
    assertThat(view.lastRuns(0)).isEmpty();
  }

  @Test
  void whoWasOvertakenByAWholeRingOverwritesNothingNewer() throws SQLException {
    database.queryLong("SELECT setval('bookvotes.worker_runs_run_id_seq', ?)", PLACES + 6L);
    write(1);
    database.queryLong("SELECT setval('bookvotes.worker_runs_run_id_seq', 6)");
    write(1);
    assertThat(database.queryLong("SELECT run_id FROM bookvotes.worker_runs"))
        .isEqualTo(PLACES + 7L);
  }

  private static Run run(int number, @Nullable String sqlState) {
    return new Run(
        "recalculate",
        null,
        1,
        4711,
        sqlState == null ? "completed" : "failed",
        sqlState,
        sqlState == null ? null : "relation does not exist",
        Duration.ofMillis(20),
        number,
        1,
        null);
  }

  /** Writes runs as the journal does, with no pauses: ten a transaction. */
  private void write(int count) throws SQLException {
    SqlFile sql = SqlFile.of(RunJournal.class, "journal_run.sql");
    try (Connection connection = database.connect();
        PreparedStatement statement = sql.prepare(connection)) {
      connection.setAutoCommit(false);
      for (long number : LongStream.rangeClosed(1, count).toArray()) {
        Object[] values = {
          "recalculate",
          null,
          1,
          "a-replica-of-usual-name",
          4711,
          0.25,
          0.05,
          number,
          3,
          "completed",
          null,
          null,
          null
        };
        for (int i = 0; i < values.length; i++) {
          statement.setObject(i + 1, values[i]);
        }
        statement.addBatch();
        if (number % 10 == 0 || number == count) {
          statement.executeBatch();
          connection.commit();
        }
      }
    }
  }
}

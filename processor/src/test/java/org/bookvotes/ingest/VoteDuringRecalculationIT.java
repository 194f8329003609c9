package org.bookvotes.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.bookvotes.contracts.Vote;
import org.bookvotes.postgres.Database;
import org.bookvotes.testing.HeldBooks;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestDispatcher;
import org.bookvotes.testing.TestDispatcher.Options;
import org.bookvotes.workers.SlotSessions;
import org.bookvotes.workers.WorkerOutcome;
import org.bookvotes.workers.WorkerSlot;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Votes and recalculations that meet at one book, in either order. */
class VoteDuringRecalculationIT {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private TestDatabase database;
  private Database pool;
  private TestDispatcher replica;
  private BallotBox ballots;

  @BeforeEach
  void open() throws SQLException {
    database = Servers.newDatabase();
    database.insertBooks(3);
    pool = database.open(2);
    replica = new TestDispatcher(Options.of(database, 1));
    ballots = new BallotBox(pool.transactions(), new TopicPartition("votes", 0));
    ballots.cast(Vote.UP, List.of(1L, 2L, 3L));
  }

  @AfterEach
  void close() {
    replica.close();
    pool.close();
    database.close();
  }

  @Test
  void aVoteThatTheRecalculationWaitsForIsInTheRatingOrLeavesItsBookStale() throws Exception {
    CompletableFuture<WorkerOutcome> run;
    try (HeldBooks voting = HeldBooks.hold(database, 3L)) {
      run = startRun();
      HeldBooks.awaitWaitingWorkers(database, 1);
      // The worker has taken the batch and waits for the lock of book 3.
      voting.execute("SET lock_timeout = '10s'");
      voting.execute("UPDATE books SET votes_down = votes_down + 1 WHERE book_id = 3");
      voting.execute("INSERT INTO bookvotes.stale_batches (book_ids) VALUES ('{3}')");
      voting.commit();
    }
    assertThat(run.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
        .isInstanceOf(WorkerOutcome.Completed.class);
    assertThat(wrongAndNotMarked()).isEmpty();

    recalculate();
    assertThat(marked()).isEmpty();
    assertThat(wrongAndNotMarked()).isEmpty();
    assertThat(database.queryDouble("SELECT rating - rating(1, 1) FROM books WHERE book_id = 3"))
        .isZero();
  }

  @Test
  void aVoteThatWaitsForTheRecalculationLeavesItsBookStaleAgain() throws Exception {
    CompletableFuture<WorkerOutcome> run;
    CompletableFuture<Void> vote;
    try (HeldBooks held = HeldBooks.hold(database, 3L)) {
      run = startRun();
      // Wherever it began, the worker holds book 2 by now and waits for book 3.
      HeldBooks.awaitWaitingWorkers(database, 1);
      vote = startVote(2L, Vote.DOWN);
      awaitWaitingVote();
      assertThat(vote).isNotDone();
      held.commit();
    }
    assertThat(run.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
        .isInstanceOf(WorkerOutcome.Completed.class);
    vote.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);

    assertThat(wrongAndNotMarked()).isEmpty();
    recalculate();
    assertThat(marked()).isEmpty();
    assertThat(wrongAndNotMarked()).isEmpty();
    assertThat(database.queryDouble("SELECT rating - rating(1, 1) FROM books WHERE book_id = 2"))
        .isZero();
  }

  private CompletableFuture<WorkerOutcome> startRun() {
    return CompletableFuture.supplyAsync(
        () -> {
          try (WorkerSlot slot = replica.slots().tryAcquire(1).orElseThrow()) {
            SlotSessions.setLockTimeout(slot, PATIENCE);
            return replica.run(slot);
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        },
        Thread::startVirtualThread);
  }

  private void recalculate() throws Exception {
    assertThat(startRun().get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
        .isInstanceOf(WorkerOutcome.Completed.class);
  }

  private CompletableFuture<Void> startVote(long bookId, Vote vote) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            ballots.cast(vote, List.of(bookId));
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        },
        Thread::startVirtualThread);
  }

  private void awaitWaitingVote() {
    await("a vote that waits for a lock")
        .atMost(PATIENCE)
        .until(
            () ->
                database.queryLong(
                        """
                        SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND application_name = 'bookvotes'
                          AND backend_type = 'client backend' AND wait_event_type = 'Lock'
                        """)
                    == 1);
  }

  private List<List<@Nullable Object>> marked() {
    return database.queryRows("SELECT book_id FROM bookvotes.stale_books");
  }

  private List<List<@Nullable Object>> wrongAndNotMarked() {
    return database.queryRows(
        """
        SELECT book_id, rating, votes_up, votes_down FROM books b
        WHERE rating <> rating(votes_up, votes_down)
          AND NOT EXISTS (SELECT FROM bookvotes.stale_books m WHERE m.book_id = b.book_id)
        """);
  }
}

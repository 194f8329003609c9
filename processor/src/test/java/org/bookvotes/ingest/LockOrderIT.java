package org.bookvotes.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.apache.kafka.common.TopicPartition;
import org.bookvotes.contracts.Vote;
import org.bookvotes.dispatch.StaleBacklog;
import org.bookvotes.dispatch.VacuumPolicy;
import org.bookvotes.observability.ProcessorListener.Run;
import org.bookvotes.postgres.Database;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestDispatcher;
import org.bookvotes.testing.TestDispatcher.Options;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Everybody who locks books or marks, at the same time and in each other's way. PostgreSQL counts
 * the deadlocks of a database.
 */
class LockOrderIT {

  private static final int BOOKS = 60;
  private static final int WRITERS = 3;
  private static final int BATCHES_PER_WRITER = 250;
  private static final int VOTES_PER_BATCH = 25;

  @Test
  void nobodyDeadlocks() throws Exception {
    try (TestDatabase database = Servers.newDatabase();
        Database pool = database.open(WRITERS + 2)) {
      database.execute("ALTER DATABASE " + database.name() + " SET deadlock_timeout = '20ms'");
      database.insertBooks(BOOKS);
      // The order in the heap is not that of the ids: who locks as rows come along is found out.
      database.execute("UPDATE books SET title = title WHERE book_id % 3 = 1");
      database.execute("UPDATE books SET title = title WHERE book_id < 20");

      AtomicLong up = new AtomicLong();
      AtomicLong down = new AtomicLong();
      Options options =
          Options.of(database, 4)
              .batchSize(1)
              .vacuumPolicy(new VacuumPolicy(20, 0, Duration.ZERO, Duration.ofSeconds(1)));
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
          TestDispatcher one = new TestDispatcher(options).start();
          TestDispatcher other = new TestDispatcher(options.batchSize(7)).start()) {
        CountDownLatch writing = new CountDownLatch(WRITERS);
        List<Future<?>> tasks = new ArrayList<>();
        for (int writer = 0; writer < WRITERS; writer++) {
          int number = writer;
          tasks.add(threads.submit(() -> write(pool, number, up, down, writing)));
        }
        tasks.add(threads.submit(() -> whileWriting(writing, () -> markAllStale(pool))));
        for (String call :
            List.of(
                "CALL update_rating(13)",
                "CALL bookvotes.recalculate(1000, '1 second', '{1}')",
                "CALL bookvotes.recalculate(11, '1 second', '{1}')")) {
          tasks.add(threads.submit(() -> whileWriting(writing, () -> execute(database, call))));
        }
        for (Future<?> task : tasks) {
          task.get(60, TimeUnit.SECONDS);
        }
        await("nothing stale")
            .atMost(Duration.ofSeconds(30))
            .until(
                () ->
                    database.queryLong(
                            "SELECT (SELECT count(*) FROM bookvotes.stale_books)"
                                + " + (SELECT count(*) FROM bookvotes.stale_ranges)")
                        == 0);
        List<Run> runs = new ArrayList<>(one.events().runs());
        runs.addAll(other.events().runs());
        assertThat(runs).extracting(Run::outcome).containsOnly("completed");
        assertThat(runs).extracting(Run::command).contains("recalculate", "vacuum");
      }

      assertThat(
              database.queryLong(
                  "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"))
          .isZero();
      assertThat(database.queryRows("SELECT sum(votes_up), sum(votes_down) FROM books"))
          .containsExactly(List.of(up.get(), down.get()));
      assertThat(up.get() + down.get())
          .isEqualTo((long) WRITERS * BATCHES_PER_WRITER * VOTES_PER_BATCH);
      assertThat(
              database.queryLong(
                  "SELECT count(*) FROM books WHERE rating <> rating(votes_up, votes_down)"))
          .isZero();
    }
  }

  /** Votes for books in random order, from two partitions of this writer's own. */
  private static @Nullable Void write(
      Database pool, int number, AtomicLong up, AtomicLong down, CountDownLatch writing)
      throws SQLException {
    try {
      Random random = new Random(number);
      BallotBox ballots =
          new BallotBox(
              pool.transactions(),
              new TopicPartition("votes", number),
              new TopicPartition("votes", WRITERS + number));
      for (int batch = 0; batch < BATCHES_PER_WRITER; batch++) {
        List<Long> books =
            LongStream.generate(() -> 1 + random.nextLong(BOOKS))
                .limit(VOTES_PER_BATCH)
                .boxed()
                .toList();
        Vote vote = random.nextInt(4) == 0 ? Vote.DOWN : Vote.UP;
        ballots.cast(vote, books);
        (vote == Vote.UP ? up : down).addAndGet(VOTES_PER_BATCH);
      }
    } finally {
      writing.countDown();
    }
    return null;
  }

  private static @Nullable Void whileWriting(CountDownLatch writing, Callable<@Nullable Void> work)
      throws Exception {
    while (writing.getCount() > 0) {
      work.call();
    }
    return null;
  }

  private static @Nullable Void markAllStale(Database pool) throws SQLException {
    StaleBacklog backlog = new StaleBacklog(pool.transactions());
    long after = 0;
    while (true) {
      StaleBacklog.MarkedRange range = backlog.markRange(Duration.ZERO, after, 17);
      if (range.finished()) {
        return null;
      }
      after = range.lastId();
    }
  }

  private static @Nullable Void execute(TestDatabase database, String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
    return null;
  }
}

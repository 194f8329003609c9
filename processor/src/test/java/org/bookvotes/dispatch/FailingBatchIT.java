package org.bookvotes.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestDispatcher;
import org.bookvotes.testing.TestDispatcher.Options;
import org.bookvotes.workers.WorkerOutcome;
import org.bookvotes.workers.WorkerSlot;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A book that cannot be recalculated, because the bookstore's own table does not let it. */
class FailingBatchIT {

  private static final int BOOKS = 20;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private TestDatabase database;

  @BeforeEach
  void create() {
    database = Servers.newDatabase();
    database.insertBooks(BOOKS);
    database.execute("UPDATE books SET votes_up = book_id");
    database.execute("INSERT INTO bookvotes.stale_marks (book_id) SELECT book_id FROM books");
    database.execute(
        "ALTER TABLE books ADD CONSTRAINT no_good_book CHECK (book_id <> 7 OR rating < 0.5)");
  }

  @AfterEach
  void drop() {
    database.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 1000})
  void aBookThatFailsHoldsUpNobodyElse(int batchSize) throws SQLException {
    try (TestDispatcher replica = new TestDispatcher(Options.of(database, 1).batchSize(batchSize));
        WorkerSlot slot = replica.slots().tryAcquire(1).orElseThrow()) {
      WorkerOutcome outcome = replica.run(slot);

      assertThat(outcome).isInstanceOf(WorkerOutcome.Failed.class);
      WorkerOutcome.Failed failed = (WorkerOutcome.Failed) outcome;
      assertThat(failed.sqlState()).isEqualTo("23514");
      assertThat(failed.message()).contains("1 books failed", "book 7", "no_good_book");
      assertThat(failed.recalculated().books()).isEqualTo(BOOKS - 1);
      assertThat(
              database.queryRows(
                  """
                  SELECT book_id, failures, sqlstate, error LIKE '%no_good_book%', retry_at IS NOT NULL
                  FROM bookvotes.stale_books
                  """))
          .containsExactly(List.of(7L, 1, "23514", true, true));
      assertThat(wrong()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 1000})
  void aBookThatWouldFailOnlyAtTheCommitHoldsUpNobodyElse(int batchSize) throws SQLException {
    database.execute(
        """
        ALTER TABLE books DROP CONSTRAINT no_good_book;
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN RAISE EXCEPTION USING ERRCODE = ''check_violation'', MESSAGE = ''no_good_book''; END';
        CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON books DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW WHEN (NEW.book_id = 7) EXECUTE FUNCTION refuse()
        """);
    try (TestDispatcher replica = new TestDispatcher(Options.of(database, 1).batchSize(batchSize));
        WorkerSlot slot = replica.slots().tryAcquire(1).orElseThrow()) {
      assertThat(replica.run(slot))
          .isInstanceOfSatisfying(
              WorkerOutcome.Failed.class,
              failed -> {
                assertThat(failed.sqlState()).isEqualTo("23514");
                assertThat(failed.message()).contains("1 books failed", "book 7", "no_good_book");
                assertThat(failed.recalculated().books()).isEqualTo(BOOKS - 1);
              });
      assertThat(database.queryRows("SELECT book_id, sqlstate FROM bookvotes.stale_books"))
          .containsExactly(List.of(7L, "23514"));
      assertThat(wrong()).isEqualTo(1);
    }
  }

  @Test
  void itIsTriedAgainByItselfAndRecoversWhenTheCauseIsGone() {
    try (TestDispatcher replica = new TestDispatcher(Options.of(database, 1)).start()) {
      await()
          .atMost(PATIENCE)
          .until(() -> replica.events().runs("recalculate", "failed").size() >= 2);
      assertThat(replica.events().runs("recalculate", "failed"))
          .allSatisfy(run -> assertThat(run.sqlState()).isEqualTo("23514"));
      assertThat(wrong()).isEqualTo(1);

      database.execute("ALTER TABLE books DROP CONSTRAINT no_good_book");
      database.execute("UPDATE bookvotes.stale_marks SET retry_at = now()");
      await()
          .atMost(PATIENCE)
          .until(() -> database.queryLong("SELECT count(*) FROM bookvotes.stale_books") == 0);
      assertThat(wrong()).isZero();
    }
  }

  @Test
  void thePauseGrowsWithEveryFailure() throws SQLException {
    try (TestDispatcher replica = new TestDispatcher(Options.of(database, 1));
        WorkerSlot slot = replica.slots().tryAcquire(1).orElseThrow()) {
      for (int failure = 1; failure <= 11; failure++) {
        database.execute("UPDATE bookvotes.stale_marks SET retry_at = NULL");
        long before = clockMillis();
        assertThat(replica.run(slot)).isInstanceOf(WorkerOutcome.Failed.class);
        long pauseMillis = Math.min(60_000, 1000L << (failure - 1));
        assertThat(
                database.queryLong(
                    "SELECT (extract(epoch FROM retry_at) * 1000)::bigint FROM bookvotes.stale_books"))
            .isBetween(before + pauseMillis - 1, clockMillis() + pauseMillis + 1);
        assertThat(failures()).isEqualTo(failure);
      }
    }
  }

  @Test
  void aBookThatPausesIsLeftAloneUntilSomebodyAsksForItByHand() throws SQLException {
    try (TestDispatcher replica = new TestDispatcher(Options.of(database, 1));
        WorkerSlot slot = replica.slots().tryAcquire(1).orElseThrow()) {
      replica.run(slot);
      database.execute("UPDATE bookvotes.stale_marks SET retry_at = now() + interval '1 hour'");
      database.execute(
          "INSERT INTO bookvotes.stale_marks (book_id) VALUES (7) ON CONFLICT (book_id) DO NOTHING");
      assertThat(replica.run(slot)).isInstanceOf(WorkerOutcome.Completed.class);
      assertThat(failures()).isEqualTo(1);

      database.execute("ALTER TABLE books DROP CONSTRAINT no_good_book");
      database.execute("CALL bookvotes.mark_stale('0', 1000, 0)");
      assertThat(replica.run(slot)).isInstanceOf(WorkerOutcome.Completed.class);
      assertThat(wrong()).isZero();
    }
  }

  private long clockMillis() {
    return database.queryLong("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint");
  }

  private long failures() {
    return database.queryLong("SELECT failures FROM bookvotes.stale_books WHERE book_id = 7");
  }

  private long wrong() {
    return database.queryLong(
        "SELECT count(*) FROM books WHERE rating <> rating(votes_up, votes_down)");
  }
}

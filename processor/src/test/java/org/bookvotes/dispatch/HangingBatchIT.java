package org.bookvotes.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestDispatcher;
import org.bookvotes.testing.TestDispatcher.Options;
import org.bookvotes.workers.WorkerCommand;
import org.bookvotes.workers.WorkerOutcome;
import org.bookvotes.workers.WorkerSlot;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A book whose recalculation never ends, because a trigger of the bookstore does not. */
class HangingBatchIT {

  private static final int BOOKS = 20;
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration LIMIT = Duration.ofMillis(600);
  private static final WorkerCommand.Recalculate IMPATIENT =
      new WorkerCommand.Recalculate(1000, Duration.ofMillis(200), LIMIT);

  private TestDatabase database;

  @BeforeEach
  void create() {
    database = Servers.newDatabase();
    database.insertBooks(BOOKS);
    database.execute("UPDATE books SET votes_up = book_id");
    database.execute(
        """
        CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_sleep(3600); RETURN NEW; END';
        CREATE TRIGGER hang BEFORE UPDATE ON books FOR EACH ROW WHEN (NEW.book_id = 7) EXECUTE FUNCTION hang()
        """);
  }

  @AfterEach
  void drop() {
    database.close();
  }

  private void markStale(long first, long last) {
    database.execute(
        "INSERT INTO bookvotes.stale_marks (book_id) SELECT generate_series(?, ?)", first, last);
  }

  @Test
  void itsSlotComesBackAndAllOtherBooksBecomeFresh() {
    markStale(1, BOOKS);
    try (TestDispatcher replica =
        new TestDispatcher(Options.of(database, 1).recalculate(IMPATIENT)).start()) {
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  database
                      .queryRows("SELECT book_id, sqlstate FROM bookvotes.stale_books")
                      .equals(List.of(List.of(7L, "57014"))));
      assertThat(wrong()).isEqualTo(1);
      assertThat(replica.events().runs("recalculate", "failed"))
          .isNotEmpty()
          .allSatisfy(run -> assertThat(run.sqlState()).isEqualTo("57014"));

      // By itself, once the cause is gone.
      database.execute("DROP TRIGGER hang ON books");
      await()
          .atMost(PATIENCE)
          .until(() -> database.queryLong("SELECT count(*) FROM bookvotes.stale_books") == 0);
      assertThat(wrong()).isZero();
    }
  }

  @Test
  void suspectsAreTriedOneAtATimeAndTheOneThatHangsIsLeftAloneForLong() throws SQLException {
    // Found by an earlier run that could not tell which of them it was.
    markStale(1, 10);
    database.execute("UPDATE bookvotes.stale_marks SET failures = 1, sqlstate = '57014'");
    try (TestDispatcher replica =
            new TestDispatcher(Options.of(database, 1).recalculate(IMPATIENT));
        WorkerSlot slot = replica.slots().tryAcquire(1).orElseThrow()) {
      // Where the walk begins is left to chance, and its time budget is short.
      AtomicReference<String> before = new AtomicReference<>("");
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                before.set(database.queryString("SELECT clock_timestamp()::text"));
                return fails(replica, slot);
              });
      // Ten times what the limit leaves after the time budget at least, however slow all this was.
      assertThat(
              database.queryLong(
                  "SELECT extract(epoch FROM retry_at - ?::timestamptz) * 1000 FROM bookvotes.stale_books"
                      + " WHERE book_id = 7",
                  before.get()))
          .isGreaterThan(10 * LIMIT.minus(IMPATIENT.timeBudget()).toMillis());

      // The others' turn has come, or comes now; none of them pauses.
      await().atMost(PATIENCE).until(() -> !fails(replica, slot) && stale() == 1);
      assertThat(wrong()).isEqualTo(1 + BOOKS - 10);
    }
  }

  @Test
  void aSuspectDoesNotKeepTheOthersFromBeingOneBatch() {
    database.execute("DROP TRIGGER hang ON books");
    // Walks begin at random places.
    for (int walk = 0; walk < 20; walk++) {
      markStale(1, BOOKS);
      database.execute(
          "UPDATE bookvotes.stale_marks SET failures = 1, sqlstate = '57014' WHERE book_id = 10");
      List<@Nullable Object> report =
          database
              .queryRows("CALL bookvotes.recalculate(" + BOOKS + ", '1 min', '{1}')")
              .getFirst();
      assertThat(report.getFirst()).as("books").isEqualTo((long) BOOKS);
      // Those before the suspect, itself, the next one for itself, and all others; one of these in
      // two parts, before and behind the place.
      assertThat((int) Objects.requireNonNull(report.get(1))).as("batches").isLessThanOrEqualTo(5);
      assertThat(stale()).isZero();
    }
    assertThat(wrong()).isZero();
  }

  @Test
  void aBookThatFailsBesideOneThatHangsIsFoundToo() throws SQLException {
    database.execute(
        "ALTER TABLE books ADD CONSTRAINT no_good_book CHECK (book_id <> 6 OR rating < 0.4)");
    // A walk over two marks begins with the first.
    markStale(6, 7);
    try (TestDispatcher replica =
            new TestDispatcher(Options.of(database, 1).recalculate(IMPATIENT));
        WorkerSlot slot = replica.slots().tryAcquire(1).orElseThrow()) {
      assertThat(replica.run(slot)).isInstanceOf(WorkerOutcome.Failed.class);
    }
    assertThat(
            database.queryRows(
                "SELECT book_id, sqlstate FROM bookvotes.stale_books ORDER BY book_id"))
        .containsExactly(List.of(6L, "23514"), List.of(7L, "57014"));
  }

  @Test
  void oneThatHangsInADeferredTriggerIsFoundToo() throws SQLException {
    database.execute(
        """
        DROP TRIGGER hang ON books;
        CREATE CONSTRAINT TRIGGER hang AFTER UPDATE ON books DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW WHEN (NEW.book_id = 7) EXECUTE FUNCTION hang()
        """);
    markStale(6, 7);
    try (TestDispatcher replica =
            new TestDispatcher(Options.of(database, 1).recalculate(IMPATIENT));
        WorkerSlot slot = replica.slots().tryAcquire(1).orElseThrow()) {
      assertThat(replica.run(slot)).isInstanceOf(WorkerOutcome.Failed.class);
    }
    assertThat(
            database.queryRows(
                "SELECT book_id, sqlstate FROM bookvotes.stale_books ORDER BY book_id"))
        .containsExactly(List.of(6L, "57014"), List.of(7L, "57014"));
  }

  private static boolean fails(TestDispatcher replica, WorkerSlot slot) {
    return switch (replica.run(slot)) {
      case WorkerOutcome.Failed failed -> {
        assertThat(failed.sqlState()).isEqualTo("57014");
        yield true;
      }
      case WorkerOutcome.Completed completed -> false;
      case WorkerOutcome.FellBack fellBack -> throw new AssertionError(fellBack);
      case WorkerOutcome.Exhausted exhausted -> throw new AssertionError(exhausted);
      case WorkerOutcome.Lost lost -> throw new AssertionError(lost);
    };
  }

  private long stale() {
    return database.queryLong("SELECT count(*) FROM bookvotes.stale_books");
  }

  private long wrong() {
    return database.queryLong(
        "SELECT count(*) FROM books WHERE rating <> rating(votes_up, votes_down)");
  }
}

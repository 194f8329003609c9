package org.bookvotes.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bookvotes.testing.HeldBooks;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Books that are recalculated because they are in a range, not because of a mark of their own. */
class StaleRangesIT {

  private static final int BOOKS = 23;
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final WorkerCommand.Recalculate NO_TIME =
      new WorkerCommand.Recalculate(4, Duration.ofNanos(1000));
  private static final WorkerCommand.Recalculate IMPATIENT =
      new WorkerCommand.Recalculate(1000, Duration.ofMillis(200), Duration.ofMillis(600));

  private TestDatabase database;

  @BeforeEach
  void create() {
    database = Servers.newDatabase();
    database.insertBooks(BOOKS);
    database.execute("UPDATE books SET votes_up = book_id");
  }

  @AfterEach
  void drop() {
    database.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 1000})
  void allBooksOfAllRangesAreRecalculatedOnceEach(int batchSize) throws SQLException {
    database.execute(
        """
        CREATE TABLE updates (book_id bigint);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO updates VALUES (NEW.book_id); RETURN NULL; END';
        CREATE TRIGGER note AFTER UPDATE ON books FOR EACH ROW EXECUTE FUNCTION note()
        """);
    markRange(0, 11);
    markRange(11, 3);
    markRange(14, 1000);
    assertThat(ranges()).isEqualTo(3);

    assertThat(run(Options.of(database, 1).batchSize(batchSize)))
        .isInstanceOfSatisfying(
            WorkerOutcome.Completed.class,
            completed -> {
              assertThat(completed.recalculated().books()).isEqualTo(BOOKS);
              assertThat(Arrays.stream(completed.recalculated().freshnessCounts()).sum())
                  .isEqualTo(BOOKS);
            });
    assertThat(wrong()).isZero();
    assertThat(ranges()).isZero();
    assertThat(marks()).isEmpty();
    assertThat(database.queryRows("SELECT count(*), count(DISTINCT book_id) FROM updates"))
        .containsExactly(List.of((long) BOOKS, (long) BOOKS));
  }

  @Test
  void theHeapDoesNotGrowAndNoDeadRowsAreLeft() throws SQLException {
    database.execute("TRUNCATE books");
    database.execute(
        "INSERT INTO books SELECT id, 'Book ' || id, 'Author', id, 1, 0, now() FROM generate_series(1, 50000) id");
    database.execute("VACUUM (ANALYZE) books");
    database.execute("CREATE EXTENSION pgstattuple");
    long heapBytes = database.queryLong("SELECT pg_relation_size('books')");
    markRange(0, 50_000);

    assertThat(run(Options.of(database, 1).batchSize(1000)))
        .isInstanceOf(WorkerOutcome.Completed.class);

    assertThat(wrong()).isZero();
    assertThat(database.queryLong("SELECT pg_relation_size('books')"))
        .isLessThan(heapBytes + heapBytes / 10);
    // The last batches may have been too young when their pages were read.
    assertThat(database.queryLong("SELECT dead_tuple_count FROM pgstattuple('books')"))
        .isLessThan(5000);
  }

  @Test
  void marksOfVotesGoFirstAndARangeGetsOnWithoutTime() throws SQLException {
    markRange(0, 1000);
    database.execute("INSERT INTO bookvotes.stale_marks (book_id) VALUES (17)");
    Options noTime = Options.of(database, 1).recalculate(NO_TIME);

    assertThat(run(noTime)).isInstanceOf(WorkerOutcome.Completed.class);
    assertThat(marks()).isEmpty();
    assertThat(wrong()).isEqualTo(BOOKS - 1);

    for (int runs = 1; ranges() > 0; runs++) {
      assertThat(runs).isLessThan(BOOKS);
      long before = wrong();
      assertThat(run(noTime)).isInstanceOf(WorkerOutcome.Completed.class);
      assertThat(wrong()).isLessThan(Math.max(before, 1));
    }
    assertThat(wrong()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 1000})
  void aBookThatFailsGetsAMarkAndHoldsUpNobodyElse(int batchSize) throws SQLException {
    database.execute(
        "ALTER TABLE books ADD CONSTRAINT no_good_book CHECK (book_id <> 7 OR rating < 0.5)");
    markRange(0, 1000);

    assertThat(run(Options.of(database, 1).batchSize(batchSize)))
        .isInstanceOfSatisfying(
            WorkerOutcome.Failed.class,
            failed -> {
              assertThat(failed.sqlState()).isEqualTo("23514");
              assertThat(failed.recalculated().books()).isEqualTo(BOOKS - 1);
            });
    assertThat(marks()).containsExactly(List.of(7L, "23514"));
    assertThat(ranges()).isZero();
    assertThat(wrong()).isEqualTo(1);

    // Whoever asks for all books asks for this one, too, and at once.
    database.execute("ALTER TABLE books DROP CONSTRAINT no_good_book");
    markRange(0, 1000);
    assertThat(run(Options.of(database, 1))).isInstanceOf(WorkerOutcome.Completed.class);
    assertThat(marks()).isEmpty();
    assertThat(wrong()).isZero();
  }

  @Test
  void aBookThatSomebodyHoldsGetsAMarkAndHoldsUpNobodyElse() throws SQLException {
    markRange(0, 1000);
    try (HeldBooks held = HeldBooks.hold(database, 7L)) {
      assertThat(run(Options.of(database, 1))).isInstanceOf(WorkerOutcome.Failed.class);
      held.commit();
    }
    assertThat(marks()).containsExactly(List.of(7L, "55P03"));
    assertThat(ranges()).isZero();
    assertThat(wrong()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ACCESS EXCLUSIVE", "SHARE"})
  void aTableThatSomebodyHoldsEndsTheRunAndMarksNobody(String mode) throws Exception {
    markRange(0, 1000);
    try (HeldBooks held = HeldBooks.hold(database)) {
      held.execute("LOCK TABLE books IN " + mode + " MODE");
      assertThat(run(Options.of(database, 1)))
          .isInstanceOfSatisfying(
              WorkerOutcome.Failed.class,
              failed -> assertThat(failed.sqlState()).isEqualTo("55P03"));
    }
    assertThat(marks()).isEmpty();
    assertThat(ranges()).isEqualTo(1);
  }

  @Test
  void aBookThatHangsIsFoundAndItsRangeGetsDone() {
    hangAt(7);
    markRange(0, 1000);
    try (TestDispatcher replica =
        new TestDispatcher(Options.of(database, 1).recalculate(IMPATIENT))) {
      replica.start();
      await()
          .atMost(PATIENCE)
          .until(() -> ranges() == 0 && marks().equals(List.of(List.of(7L, "57014"))));
      assertThat(wrong()).isEqualTo(1);
    }
  }

  @Test
  void whoeverGoesOnWithARangeDoesOnlyWhatIsLeftOfIt() throws Exception {
    // The last pass: 5, 10, 15, 20.
    hangAt(15);
    markRange(0, 1000);
    CompletableFuture<WorkerOutcome> killed =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return run(Options.of(database, 1));
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            },
            Thread::startVirtualThread);
    await().atMost(PATIENCE).until(() -> wrong() == 4);
    database.queryRows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE datname = current_database() AND backend_type = 'pg_background'");
    assertThat(killed.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
        .isNotInstanceOf(WorkerOutcome.Completed.class);
    assertThat(ranges()).isEqualTo(1);
    assertThat(marks()).isEmpty();
    database.execute("DROP TRIGGER hang ON books");

    assertThat(run(Options.of(database, 1)))
        .isInstanceOfSatisfying(
            WorkerOutcome.Completed.class,
            completed -> assertThat(completed.recalculated().books()).isEqualTo(4));
    assertThat(wrong()).isZero();
    assertThat(ranges()).isZero();
  }

  @Test
  void aRangeThatSomebodyElseHasInHandIsLeftToHim() throws SQLException {
    markRange(0, 10);
    markRange(10, 1000);
    try (HeldBooks other = HeldBooks.hold(database)) {
      other.execute("SELECT FROM bookvotes.stale_ranges WHERE first_id = 1 FOR UPDATE");
      assertThat(run(Options.of(database, 1))).isInstanceOf(WorkerOutcome.Completed.class);
      assertThat(wrong()).isEqualTo(10);
    }
    assertThat(ranges()).isEqualTo(1);
  }

  private WorkerOutcome run(Options options) throws SQLException {
    try (TestDispatcher replica = new TestDispatcher(options);
        WorkerSlot slot = replica.slots().tryAcquire(1).orElseThrow()) {
      return replica.run(slot);
    }
  }

  private void markRange(long afterId, int count) {
    database.queryRows("CALL bookvotes.mark_stale('0', ?, ?)", count, afterId);
  }

  private void hangAt(int bookId) {
    database.execute(
        """
        CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_sleep(3600); RETURN NEW; END';
        CREATE TRIGGER hang BEFORE UPDATE ON books FOR EACH ROW WHEN (NEW.book_id = %d) EXECUTE FUNCTION hang()
        """
            .formatted(bookId));
  }

  private long ranges() {
    return database.queryLong("SELECT count(*) FROM bookvotes.stale_ranges");
  }

  private List<List<@Nullable Object>> marks() {
    return database.queryRows(
        "SELECT book_id, sqlstate FROM bookvotes.stale_books ORDER BY book_id");
  }

  private long wrong() {
    return database.queryLong(
        "SELECT count(*) FROM books WHERE rating <> rating(votes_up, votes_down)");
  }
}

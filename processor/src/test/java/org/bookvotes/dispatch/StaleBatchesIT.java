package org.bookvotes.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
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

/** Books that are recalculated because a batch of votes has made them stale. */
class StaleBatchesIT {

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
    database.execute(
        """
        CREATE TABLE updates (book_id bigint);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN INSERT INTO updates VALUES (NEW.book_id); RETURN NULL; END';
        CREATE TRIGGER note AFTER UPDATE ON books FOR EACH ROW EXECUTE FUNCTION note()
        """);
  }

  @AfterEach
  void drop() {
    database.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 1000})
  void aBookOfManyBatchesIsRecalculatedOnce(int batchSize) throws SQLException {
    batch("ARRAY(SELECT n FROM generate_series(1, 23) n ORDER BY random())");
    batch("'{23, 3, 1, 3}'");
    batch("'{1}'");

    assertThat(run(Options.of(database, 1).batchSize(batchSize)))
        .isInstanceOfSatisfying(
            WorkerOutcome.Completed.class,
            completed -> {
              assertThat(completed.recalculated().books()).isEqualTo(BOOKS);
              assertThat(Arrays.stream(completed.recalculated().freshnessCounts()).sum())
                  .isEqualTo(BOOKS);
            });
    assertThat(wrong()).isZero();
    assertThat(stale()).isZero();
    assertThat(updates()).isEqualTo(BOOKS);
  }

  @Test
  void aBookThatDoesNotExistAnyMoreIsForgotten() throws SQLException {
    batch("'{1, 99}'");
    batch("'{}'");
    batch("'{NULL}'");
    assertThat(run(Options.of(database, 1))).isInstanceOf(WorkerOutcome.Completed.class);
    assertThat(stale()).isZero();
    assertThat(updates()).isEqualTo(1);
  }

  @Test
  void whatIsLeftWhenTheTimeIsOverIsNotDoneAgain() throws SQLException {
    batchOfAll();
    batch("'{3, 5}'");
    Options noTime = Options.of(database, 1).recalculate(NO_TIME);
    for (int runs = 1; runs <= 6; runs++) {
      assertThat(stale()).isPositive();
      assertThat(run(noTime)).isInstanceOf(WorkerOutcome.Completed.class);
    }
    assertThat(stale()).isZero();
    assertThat(wrong()).isZero();
    assertThat(updates()).isEqualTo(BOOKS);
  }

  @Test
  void votesGoFirstThenMarksThenRanges() throws SQLException {
    batch("'{1}'");
    database.execute("INSERT INTO bookvotes.stale_marks (book_id) VALUES (2)");
    database.queryRows("CALL bookvotes.mark_stale('0', 1000, 0)");
    Options noTime = Options.of(database, 1).recalculate(NO_TIME);
    assertThat(run(noTime)).isInstanceOf(WorkerOutcome.Completed.class);
    assertThat(staleBooks()).containsExactly(2L);
    assertThat(run(noTime)).isInstanceOf(WorkerOutcome.Completed.class);
    assertThat(staleBooks()).isEmpty();
    assertThat(wrong()).isEqualTo(BOOKS - 2);
    assertThat(run(Options.of(database, 1))).isInstanceOf(WorkerOutcome.Completed.class);
    assertThat(wrong()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 7, 1000})
  void aBookThatFailsGetsAMarkAndHoldsUpNobodyElse(int batchSize) throws SQLException {
    database.execute(
        "ALTER TABLE books ADD CONSTRAINT no_good_book CHECK (book_id <> 7 OR rating < 0.5)");
    batchOfAll();
    assertThat(run(Options.of(database, 1).batchSize(batchSize)))
        .isInstanceOfSatisfying(
            WorkerOutcome.Failed.class,
            failed -> {
              assertThat(failed.sqlState()).isEqualTo("23514");
              assertThat(failed.recalculated().books()).isEqualTo(BOOKS - 1);
            });
    assertThat(marks()).containsExactly(List.of(7L, "23514"));
    assertThat(stale()).isEqualTo(1);
    assertThat(wrong()).isEqualTo(1);

    // Further votes for it do not make others fail with it, nor end its pause.
    database.execute("UPDATE bookvotes.stale_marks SET retry_at = 'infinity'");
    batchOfAll();
    assertThat(run(Options.of(database, 1))).isInstanceOf(WorkerOutcome.Completed.class);
    assertThat(staleBooks()).containsExactly(7L);
  }

  @Test
  void aMarkThatSomebodyHasInHandDoesNotStandForVotesThatHeHasNotSeen() throws SQLException {
    database.execute("INSERT INTO bookvotes.stale_marks (book_id) VALUES (3)");
    try (HeldBooks other = HeldBooks.hold(database)) {
      // Another worker which has rated the book already, before the votes that come now.
      other.execute("SELECT FROM bookvotes.stale_marks WHERE book_id = 3 FOR UPDATE");
      batchOfAll();
      assertThat(run(Options.of(database, 1))).isInstanceOf(WorkerOutcome.Completed.class);
      other.execute("DELETE FROM bookvotes.stale_marks WHERE book_id = 3");
      other.commit();
    }
    assertThat(stale()).isZero();
    assertThat(wrong()).isZero();
  }

  @Test
  void aFailedBookWhoseMarkSomebodyIsAboutToDeleteGetsANewOne() throws Exception {
    database.execute(
        "ALTER TABLE books ADD CONSTRAINT no_good_book CHECK (book_id <> 7 OR rating < 0.5)");
    database.execute("INSERT INTO bookvotes.stale_marks (book_id) VALUES (7)");
    CompletableFuture<WorkerOutcome> run;
    try (HeldBooks other = HeldBooks.hold(database)) {
      other.execute("SELECT FROM bookvotes.stale_marks WHERE book_id = 7 FOR UPDATE");
      batchOfAll();
      run = startRun();
      HeldBooks.awaitWaitingWorkers(database, 1);
      other.execute("DELETE FROM bookvotes.stale_marks WHERE book_id = 7");
      other.commit();
    }
    assertThat(run.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
        .isInstanceOf(WorkerOutcome.Failed.class);
    assertThat(marks()).containsExactly(List.of(7L, "23514"));
    assertThat(wrong()).isEqualTo(1);
  }

  @Test
  void aFailedBookWhoseMarkSomebodyKeepsStaysABatch() throws SQLException {
    database.execute(
        "ALTER TABLE books ADD CONSTRAINT no_good_book CHECK (book_id <> 7 OR rating < 0.5)");
    database.execute("INSERT INTO bookvotes.stale_marks (book_id) VALUES (7)");
    batchOfAll();
    try (HeldBooks other = HeldBooks.hold(database)) {
      other.execute("SELECT FROM bookvotes.stale_marks WHERE book_id = 7 FOR UPDATE");
      assertThat(run(Options.of(database, 1))).isInstanceOf(WorkerOutcome.Completed.class);
      assertThat(database.queryRows("SELECT book_ids::text FROM bookvotes.stale_batches"))
          .containsExactly(List.of("{7}"));
    }
    assertThat(wrong()).isEqualTo(1);
  }

  @Test
  void aBookThatSomebodyHoldsGetsAMarkAndHoldsUpNobodyElse() throws SQLException {
    batchOfAll();
    try (HeldBooks held = HeldBooks.hold(database, 7L)) {
      assertThat(run(Options.of(database, 1))).isInstanceOf(WorkerOutcome.Failed.class);
      held.commit();
    }
    assertThat(marks()).containsExactly(List.of(7L, "55P03"));
    assertThat(wrong()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ACCESS EXCLUSIVE", "SHARE"})
  void aTableThatSomebodyHoldsEndsTheRunAndMarksNobody(String mode) throws Exception {
    batchOfAll();
    try (HeldBooks held = HeldBooks.hold(database)) {
      held.execute("LOCK TABLE books IN " + mode + " MODE");
      assertThat(run(Options.of(database, 1)))
          .isInstanceOfSatisfying(
              WorkerOutcome.Failed.class,
              failed -> assertThat(failed.sqlState()).isEqualTo("55P03"));
    }
    assertThat(marks()).isEmpty();
    assertThat(stale()).isEqualTo(BOOKS);
  }

  @Test
  void aBookThatHangsIsFoundAndTheOthersGetDone() {
    database.execute(
        """
        CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_sleep(3600); RETURN NEW; END';
        CREATE TRIGGER hang BEFORE UPDATE ON books FOR EACH ROW WHEN (NEW.book_id = 7) EXECUTE FUNCTION hang()
        """);
    batchOfAll();
    try (TestDispatcher replica =
        new TestDispatcher(Options.of(database, 1).recalculate(IMPATIENT))) {
      replica.start();
      await()
          .atMost(PATIENCE)
          .until(() -> stale() == 1 && marks().equals(List.of(List.of(7L, "57014"))));
      assertThat(wrong()).isEqualTo(1);
    }
  }

  @Test
  void aBatchThatSomebodyElseHasInHandIsLeftToHim() throws SQLException {
    batch("'{1, 2}'");
    batch("'{3}'");
    try (HeldBooks other = HeldBooks.hold(database)) {
      other.execute("SELECT FROM bookvotes.stale_batches WHERE books = 2 FOR UPDATE");
      assertThat(run(Options.of(database, 1))).isInstanceOf(WorkerOutcome.Completed.class);
    }
    assertThat(staleBooks()).containsExactly(1L, 2L);
    assertThat(updates()).isEqualTo(1);
  }

  @Test
  void whoeverInsertsABookHasItRecalculated() throws SQLException {
    database.execute("INSERT INTO bookvotes.stale_books (book_id) VALUES (5), (6)");
    database.execute(
        "INSERT INTO bookvotes.stale_books (book_id) VALUES (6) ON CONFLICT DO NOTHING");
    database.execute("INSERT INTO bookvotes.stale_marks (book_id) VALUES (6), (8)");
    assertThat(staleBooks()).containsExactly(5L, 6L, 8L);
    assertThat(run(Options.of(database, 1))).isInstanceOf(WorkerOutcome.Completed.class);
    assertThat(staleBooks()).isEmpty();
    assertThat(wrong()).isEqualTo(BOOKS - 3);
  }

  private WorkerOutcome run(Options options) throws SQLException {
    try (TestDispatcher replica = new TestDispatcher(options);
        WorkerSlot slot = replica.slots().tryAcquire(1).orElseThrow()) {
      return replica.run(slot);
    }
  }

  private CompletableFuture<WorkerOutcome> startRun() {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return run(Options.of(database, 1));
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        },
        Thread::startVirtualThread);
  }

  private void batchOfAll() {
    batch("ARRAY(SELECT book_id FROM books)");
  }

  private void batch(String bookIds) {
    database.execute("INSERT INTO bookvotes.stale_batches (book_ids) VALUES (" + bookIds + ")");
  }

  private List<Long> staleBooks() {
    return database.queryRows("SELECT book_id FROM bookvotes.stale_books ORDER BY 1").stream()
        .map(row -> (Long) Objects.requireNonNull(row.getFirst()))
        .toList();
  }

  private List<List<@Nullable Object>> marks() {
    return database.queryRows(
        "SELECT book_id, sqlstate FROM bookvotes.stale_marks ORDER BY book_id");
  }

  private long stale() {
    return database.queryLong("SELECT count(*) FROM bookvotes.stale_books");
  }

  private long updates() {
    return database.queryLong("SELECT count(*) FROM updates");
  }

  private long wrong() {
    return database.queryLong(
        "SELECT count(*) FROM books WHERE rating <> rating(votes_up, votes_down)");
  }
}

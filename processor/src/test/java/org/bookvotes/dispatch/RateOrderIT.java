package org.bookvotes.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.bookvotes.testing.HeldBooks;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * bookvotes.rate() locks in ascending order, however the books lie and whatever indexes there are.
 * LockOrderIT would notice only where chance helps.
 */
class RateOrderIT {

  private static final int BOOKS = 60;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final String ODD_INDEXES =
      "CREATE INDEX ON books (title, book_id); CREATE UNIQUE INDEX ON books (votes_up, book_id)";

  @ParameterizedTest
  @ValueSource(
      strings = {
        ODD_INDEXES,
        "ANALYZE books",
        """
        DROP TABLE books;
        CREATE TABLE books (book_id bigint PRIMARY KEY, title text, authors text, votes_up int, votes_down int,
                            rating double precision, rating_at timestamptz) PARTITION BY HASH (book_id);
        CREATE TABLE books_0 PARTITION OF books FOR VALUES WITH (MODULUS 3, REMAINDER 0);
        CREATE TABLE books_1 PARTITION OF books FOR VALUES WITH (MODULUS 3, REMAINDER 1);
        CREATE TABLE books_2 PARTITION OF books FOR VALUES WITH (MODULUS 3, REMAINDER 2)
        """
      })
  void whoWaitsForABookHoldsThoseBeforeItAndNoneBehind(String change) throws Exception {
    try (TestDatabase database = Servers.newDatabase()) {
      database.execute(change);
      // Descending in the heap.
      database.execute(
          "INSERT INTO books (book_id, title, votes_up, votes_down)"
              + " SELECT id, 'Book ' || (id * 7) % 61, 61 - id, 0 FROM generate_series(?, 1, -1) id",
          BOOKS);
      CompletableFuture<Void> rating;
      try (HeldBooks held = HeldBooks.hold(database, 31L)) {
        rating =
            CompletableFuture.runAsync(
                () ->
                    database.queryRows(
                        "SELECT bookvotes.rate(ARRAY(SELECT generate_series(?, 1, -1)::bigint))",
                        BOOKS),
                Thread::startVirtualThread);
        await()
            .atMost(PATIENCE)
            .until(
                () ->
                    database.queryLong(
                            "SELECT count(*) FROM pg_stat_activity"
                                + " WHERE datname = current_database() AND wait_event_type = 'Lock'")
                        == 1);
        assertThat(free(database))
            .isEqualTo(LongStream.rangeClosed(32, BOOKS).mapToObj(RateOrderIT::row).toList());
        held.execute("UPDATE books SET votes_down = 9 WHERE book_id = 31");
        held.commit();
      }
      rating.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      // The votes that it waited for, too.
      assertThat(
              database.queryLong(
                  "SELECT count(*) FROM books WHERE rating IS DISTINCT FROM rating(votes_up, votes_down)"))
          .isZero();
    }
  }

  private static List<List<@Nullable Object>> free(TestDatabase database) {
    return database.queryRows(
        "SELECT book_id FROM books ORDER BY book_id FOR NO KEY UPDATE SKIP LOCKED");
  }

  private static List<@Nullable Object> row(long bookId) {
    return List.of(bookId);
  }
}

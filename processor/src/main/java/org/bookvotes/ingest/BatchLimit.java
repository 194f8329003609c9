package org.bookvotes.ingest;

import java.time.Duration;

/**
 * How large a batch gets while it waits. How many books one transaction changes at most: as many as
 * can be written in about {@link #LONGEST}, whatever the server is like. More votes in one
 * transaction are fewer row updates; but nobody else gets at the books meanwhile, and a statement
 * may not take for ever. Thread-safe.
 */
final class BatchLimit {

  static final Duration LONGEST = Duration.ofMillis(500);
  static final int FEWEST = 500;
  static final int MOST = 200_000;

  private static final int FIRST = 8_000;

  // Sums are ints.
  private static final int MOST_VOTES = 10_000_000;
  // What cannot be counted is kept until it is on the dead-letter topic.
  private static final long MOST_BAD_BYTES = 4 << 20;

  private volatile int books = FIRST;

  /** Whether nothing more should be added to {@code batch}. */
  boolean isReached(VoteBatch batch) {
    return batch.sums().bookCount() >= books
        || batch.voteCount() >= MOST_VOTES
        || batch.badBytes() >= MOST_BAD_BYTES;
  }

  /** For how many books. */
  int books() {
    return books;
  }

  /** A batch was written. Called by one thread. */
  void written(int bookCount, Duration took) {
    if (took.compareTo(LONGEST) > 0) {
      books = Math.max(FEWEST, Math.min(books, bookCount) / 2);
    } else if (bookCount >= books && took.compareTo(LONGEST.dividedBy(2)) < 0) {
      books = Math.min(MOST, 2 * books);
    }
  }

  /** A batch could not be written, perhaps because that took too long. Called by one thread. */
  void failed() {
    books = Math.max(FEWEST, books / 2);
  }
}

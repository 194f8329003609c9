package org.bookvotes.chaos;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/**
 * Looks 20 times a second how far votes and ratings have come in the database. Server and harness
 * share a clock, as they share a machine. Thread-safe.
 */
final class Progress implements AutoCloseable {

  private static final Duration INTERVAL = Duration.ofMillis(50);

  private static final String LOOK = Sql.of("progress.sql");

  /** The size of a table's heap. */
  record Heap(long bytes, long mostBytes) {}

  /**
   * What one look saw.
   *
   * @param at when the look began
   * @param partitions that the database has an offset of
   * @param slowest when the partition that was written longest ago was written
   * @param fastest when the last batch was written
   * @param rated when the last rating was refreshed
   * @param oldest when the oldest stale mark was put, null if none is left
   */
  record Look(
      Instant at,
      long partitions,
      @Nullable Instant slowest,
      @Nullable Instant fastest,
      @Nullable Instant rated,
      @Nullable Instant oldest) {}

  private final Stack stack;
  private final Ticker ticker;
  // Owned by the ticker's thread.
  private @Nullable Connection connection;

  // Guarded by this; notifies at each look.
  private Look last = new Look(Instant.EPOCH, 0, null, null, null, null);
  private Instant pauseSince = Instant.EPOCH;
  private Instant lastRated = Instant.EPOCH;
  private Duration longestPause = Duration.ZERO;
  private long mostBooksBytes;
  private long mostMarksBytes;
  private long booksBytes;
  private long marksBytes;

  Progress(Stack stack) {
    this.stack = stack;
    this.ticker = Ticker.withPause("progress", INTERVAL, this::look);
  }

  private void look() {
    try {
      if (connection == null) {
        connection = stack.connect();
        try (Statement statement = connection.createStatement()) {
          statement.execute("SET statement_timeout = '2s'");
        }
      }
      Instant at = Instant.now();
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(LOOK)) {
        row.next();
        note(
            new Look(
                at,
                row.getLong("partitions"),
                instant(row, "slowest"),
                instant(row, "fastest"),
                instant(row, "rated"),
                instant(row, "oldest")),
            row.getLong("books_bytes"),
            row.getLong("marks_bytes"));
      }
    } catch (SQLException e) {
      disconnect();
    }
  }

  private synchronized void note(Look look, long books, long marks) {
    last = look;
    if (look.rated() != null && look.rated().isAfter(lastRated)) {
      notePause(look.rated());
      lastRated = look.rated();
    }
    booksBytes = books;
    marksBytes = marks;
    mostBooksBytes = Math.max(mostBooksBytes, books);
    mostMarksBytes = Math.max(mostMarksBytes, marks);
    notifyAll();
  }

  private void notePause(Instant until) {
    Instant from = lastRated.isAfter(pauseSince) ? lastRated : pauseSince;
    Duration pause = Duration.between(from, until);
    longestPause = pause.compareTo(longestPause) > 0 ? pause : longestPause;
  }

  /** From now on pauses between refreshed ratings are measured. */
  synchronized void startPauses() {
    pauseSince = Instant.now();
    longestPause = Duration.ZERO;
  }

  /** The longest time without a refreshed rating since {@link #startPauses}. */
  synchronized Duration longestPause() {
    notePause(Instant.now());
    return longestPause;
  }

  private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }

  private void disconnect() {
    try {
      if (connection != null) {
        connection.close();
      }
    } catch (SQLException e) {
      // It was broken already.
    }
    connection = null;
  }

  /**
   * Waits for a look that began after {@code time}.
   *
   * @return that look, or the last one before if none came within {@code timeout}
   */
  synchronized Look awaitAfter(Instant time, Duration timeout) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + timeout.toNanos();
    while (!last.at().isAfter(time)) {
      long leftMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
      if (leftMillis <= 0) {
        break;
      }
      wait(leftMillis);
    }
    return last;
  }

  /** The heap of books. */
  synchronized Heap books() {
    return new Heap(booksBytes, mostBooksBytes);
  }

  /** The files of stale_batches and stale_marks. */
  synchronized Heap marks() {
    return new Heap(marksBytes, mostMarksBytes);
  }

  @Override
  public void close() {
    ticker.close();
    disconnect();
  }
}

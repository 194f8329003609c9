package org.bookvotes.app;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.bookvotes.app.VoteSender.OffsetRange;
import org.bookvotes.postgres.BookCatalog;
import org.bookvotes.postgres.BookCatalog.StaleBooks;

/**
 * Waits until votes that were sent are counted and no rating is stale. Used by one thread.
 *
 * <p>A vote is counted when the offset kept in the database has passed it, whoever else votes at
 * the same time.
 */
final class FreshnessWait {

  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(20);

  /**
   * When it was done, each measured from the start that was given.
   *
   * @param counted when the last vote was counted
   * @param fresh when no book was stale any more
   */
  record Done(Duration counted, Duration fresh) {}

  /** It was not done in time. */
  static final class TimedOutException extends Exception {
    TimedOutException(String message) {
      super(message);
    }
  }

  private final BookCatalog catalog;
  private final String topic;
  private final Duration timeout;
  private final ProgressLine progress;

  FreshnessWait(BookCatalog catalog, String topic, Duration timeout, ProgressLine progress) {
    this.catalog = catalog;
    this.topic = topic;
    this.timeout = timeout;
    this.progress = progress;
  }

  /**
   * Waits.
   *
   * @param sent where the votes are, by partition
   * @param startNanos {@link System#nanoTime} at which the first vote was sent
   * @throws TimedOutException if it takes longer than the timeout, from now on
   */
  Done await(Map<Integer, OffsetRange> sent, long startNanos) throws Exception {
    long deadlineNanos = System.nanoTime() + timeout.toNanos();
    long toCount = sent.values().stream().mapToLong(r -> r.last() - r.first() + 1).sum();
    Duration counted = null;
    while (true) {
      long askedNanos = System.nanoTime();
      long passed = counted == null ? passed(sent, catalog.nextOffsets(topic)) : toCount;
      Duration now = Duration.ofNanos(System.nanoTime() - startNanos);
      if (counted == null && passed == toCount) {
        counted = now;
      }
      // Asked after the votes were seen to be counted: their marks are there, or gone for good.
      StaleBooks stale = catalog.staleBooks();
      if (counted != null && stale.count() == 0) {
        return new Done(counted, Duration.ofNanos(System.nanoTime() - startNanos));
      }
      if (System.nanoTime() >= deadlineNanos) {
        throw new TimedOutException(late(passed, toCount, stale));
      }
      progress.show(
          () ->
              String.format(
                  Locale.ROOT, "counted %,d of %,d, %,d stale", passed, toCount, stale.count()));
      // Looking must not be what keeps the database busy: at most a tenth of the time.
      long tookNanos = System.nanoTime() - askedNanos;
      Thread.sleep(Duration.ofNanos(Math.max(SHORTEST_PAUSE.toNanos(), 9 * tookNanos)));
    }
  }

  private static long passed(Map<Integer, OffsetRange> sent, Map<Integer, Long> nextOffsets) {
    return sent.entrySet().stream()
        .mapToLong(
            entry -> {
              OffsetRange range = entry.getValue();
              long next = nextOffsets.getOrDefault(entry.getKey(), 0L);
              return Math.clamp(next - range.first(), 0, range.last() - range.first() + 1);
            })
        .sum();
  }

  private String late(long passed, long toCount, StaleBooks stale) {
    String message =
        String.format(
            Locale.ROOT,
            "after %s only %,d of %,d votes are counted and %,d books are stale",
            timeout,
            passed,
            toCount,
            stale.count());
    if (stale.failing() > 0) {
      return message
          + String.format(
              Locale.ROOT,
              "; the recalculation of %,d fails, of one because of: %s",
              stale.failing(),
              stale.error());
    }
    return message + "; is a processor running? 'bookvotes status' and 'bookvotes doctor' tell";
  }
}

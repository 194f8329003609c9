package org.bookvotes.observability;

import java.util.Arrays;

/** The histogram of the time from a mark to the fresh rating. Thread-safe. */
public final class Freshness {

  private static final double[] BOUNDS_SECONDS = {
    0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 30, 60, 120, 300, 900, 3600
  };

  private final long[] counts = new long[BOUNDS_SECONDS.length + 1];

  /** Ascending upper bounds of the buckets; one more bucket lies beyond the last. */
  public static double[] boundsSeconds() {
    return BOUNDS_SECONDS.clone();
  }

  /** The freshness of {@code counts} books, per bucket. */
  public static Freshness of(long[] counts) {
    Freshness freshness = new Freshness();
    freshness.add(counts);
    return freshness;
  }

  /** Adds books per bucket. */
  synchronized void add(long[] more) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += more[i];
    }
  }

  /** Books counted. */
  synchronized long count() {
    return Arrays.stream(counts).sum();
  }

  /**
   * The time within which the share {@code quantile} of the books became fresh, by linear
   * interpolation in its bucket, as Prometheus' histogram_quantile() does it. NaN without books;
   * the last bound if it lies beyond.
   *
   * @param quantile from 0 to 1
   * @return seconds
   */
  public synchronized double quantileSeconds(double quantile) {
    long all = Arrays.stream(counts).sum();
    if (all == 0) {
      return Double.NaN;
    }
    double rank = quantile * all;
    long below = 0;
    for (int i = 0; i < BOUNDS_SECONDS.length; i++) {
      if (counts[i] > 0 && below + counts[i] >= rank) {
        double lower = i == 0 ? 0 : BOUNDS_SECONDS[i - 1];
        return lower + (BOUNDS_SECONDS[i] - lower) * (rank - below) / counts[i];
      }
      below += counts[i];
    }
    return BOUNDS_SECONDS[BOUNDS_SECONDS.length - 1];
  }
}

package org.bookvotes.bench;

import java.util.Arrays;

/** Of measured values: what share of them is not above. Immutable. */
final class Percentiles {

  private final double[] sorted;

  /**
   * @param values at least one, in any order
   */
  Percentiles(double[] values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("no values");
    }
    sorted = values.clone();
    Arrays.sort(sorted);
  }

  /**
   * The least of the values that so many per cent of them do not exceed (nearest rank).
   *
   * @param percent greater than 0, at most 100
   */
  double at(double percent) {
    int rank = (int) Math.ceil(percent / 100 * sorted.length);
    return sorted[Math.max(0, rank - 1)];
  }

  double max() {
    return sorted[sorted.length - 1];
  }
}

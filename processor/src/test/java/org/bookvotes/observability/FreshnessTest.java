package org.bookvotes.observability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class FreshnessTest {

  private final Freshness freshness = new Freshness();

  private static long[] counts(double bound, long count) {
    double[] bounds = Freshness.boundsSeconds();
    long[] counts = new long[bounds.length + 1];
    for (int i = 0; i < bounds.length; i++) {
      if (bounds[i] == bound) {
        counts[i] = count;
        return counts;
      }
    }
    throw new IllegalArgumentException("no bound " + bound);
  }

  @Test
  void hasNoQuantileWithoutBooks() {
    assertThat(freshness.quantileSeconds(0.5)).isNaN();
  }

  @Test
  void interpolatesWithinTheBucket() {
    freshness.add(counts(1, 100)); // between 0.75 and 1 s
    assertThat(freshness.quantileSeconds(0.5)).isEqualTo(0.875, within(1e-9));
    assertThat(freshness.count()).isEqualTo(100);
  }

  @Test
  void findsTheTailAcrossBuckets() {
    freshness.add(counts(0.1, 98));
    freshness.add(counts(10, 2)); // between 7.5 and 10 s
    assertThat(freshness.quantileSeconds(0.98)).isEqualTo(0.1, within(1e-9));
    assertThat(freshness.quantileSeconds(0.99)).isEqualTo(8.75, within(1e-9));
  }

  @Test
  void saysTheLastBoundBeyondIt() {
    long[] counts = new long[Freshness.boundsSeconds().length + 1];
    counts[counts.length - 1] = 5;
    freshness.add(counts);
    assertThat(freshness.quantileSeconds(0.5)).isEqualTo(3600);
  }

  @Test
  void hasAscendingBounds() {
    assertThat(Freshness.boundsSeconds()).isSorted().doesNotHaveDuplicates();
  }
}

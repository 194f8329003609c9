package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UrnTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 1000})
  void givesEachBallOnce(int kindCount) {
    SplittableRandom random = new SplittableRandom(kindCount);
    long[] counts = random.longs(kindCount, 0, 20).toArray();
    Urn urn = new Urn(counts);

    long[] drawn = new long[kindCount];
    while (urn.left() > 0) {
      drawn[urn.draw(random)]++;
    }

    assertThat(drawn).isEqualTo(counts);
    assertThatThrownBy(() -> urn.draw(random)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void givesEveryOrderWithTheSameProbability() {
    SplittableRandom random = new SplittableRandom(42);
    int rounds = 60_000;
    Map<String, Integer> orders = new HashMap<>();
    for (int round = 0; round < rounds; round++) {
      Urn urn = new Urn(new long[] {2, 0, 1, 1});
      StringBuilder order = new StringBuilder();
      while (urn.left() > 0) {
        order.append(urn.draw(random));
      }
      orders.merge(order.toString(), 1, Integer::sum);
    }

    // 4! orders of the balls, of which two of a kind look the same: 12. Five standard deviations.
    double expected = rounds / 12.0;
    assertThat(orders).hasSize(12);
    assertThat(orders.values())
        .allSatisfy(
            n -> assertThat((double) n).isCloseTo(expected, within(5 * Math.sqrt(expected))));
  }
}

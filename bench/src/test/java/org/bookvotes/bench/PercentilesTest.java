package org.bookvotes.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PercentilesTest {

  @Test
  void takesTheValueThatSoManyDoNotExceed() {
    // 200 down to 1: order must not matter.
    Percentiles percentiles =
        new Percentiles(IntStream.range(0, 200).mapToDouble(i -> 200 - i).toArray());
    assertThat(percentiles.at(50)).isEqualTo(100);
    assertThat(percentiles.at(99)).isEqualTo(198);
    assertThat(percentiles.at(100)).isEqualTo(200);
    assertThat(percentiles.max()).isEqualTo(200);
  }

  @Test
  void aShareBetweenTwoRanksTakesTheUpperOne() {
    assertThat(new Percentiles(new double[] {1, 2, 4}).at(50)).isEqualTo(2);
  }

  @Test
  void oneValueIsEveryPercentile() {
    Percentiles percentiles = new Percentiles(new double[] {3});
    assertThat(percentiles.at(1)).isEqualTo(3);
    assertThat(percentiles.at(99)).isEqualTo(3);
  }

  @Test
  void refusesToBeWithoutValues() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Percentiles(new double[0]));
  }
}

package org.bookvotes.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class FigureTest {

  private static final Metric TIME = new Metric("time", "s");

  private static Figure figure(Double... values) {
    return new Figure(TIME, List.of(values));
  }

  @Test
  void medianOfAnOddNumberIsTheMiddleOneByValue() {
    assertThat(figure(9.0, 1.0, 4.0).median()).isEqualTo(4.0);
  }

  @Test
  void medianOfAnEvenNumberIsTheMeanOfTheMiddleTwo() {
    assertThat(figure(9.0, 1.0, 4.0, 2.0).median()).isEqualTo(3.0);
  }

  @Test
  void medianOfOneRoundIsThatRound() {
    assertThat(figure(7.0).median()).isEqualTo(7.0);
  }

  @Test
  void overDividesRoundByRound() {
    // The quotient of the medians would be 20 / 4 = 5.
    Figure ratio = figure(10.0, 20.0, 60.0).over(figure(5.0, 2.0, 4.0));
    assertThat(ratio.values()).containsExactly(2.0, 10.0, 15.0);
    assertThat(ratio.median()).isEqualTo(10.0);
    assertThat(ratio.metric().unit()).isEqualTo("×");
  }

  @Test
  void overRefusesAnotherNumberOfRounds() {
    assertThatIllegalArgumentException().isThrownBy(() -> figure(1.0).over(figure(1.0, 2.0)));
  }

  @Test
  void refusesToBeWithoutValues() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Figure(TIME, List.of()))
        .withMessageContaining("time");
  }

  @Test
  void textHasMedianAndSpread() {
    assertThat(figure(1.5, 1.25, 2.0).text()).isEqualTo("1.50 (1.25–2.00) s");
    assertThat(figure(1.5).text()).isEqualTo("1.50 s");
    assertThat(new Figure(new Metric("rate", ""), List.of(1234567.0)).text())
        .isEqualTo("1,234,567");
  }

  @Test
  void numbersHaveThreeDigitsThatCount() {
    assertThat(Figure.number(0)).isEqualTo("0");
    assertThat(Figure.number(0.1234)).isEqualTo("0.123");
    assertThat(Figure.number(1.234)).isEqualTo("1.23");
    assertThat(Figure.number(12.34)).isEqualTo("12.3");
    assertThat(Figure.number(123.4)).isEqualTo("123");
  }

  @Test
  void goalIsJudgedByTheMedian() {
    Figure ratios = figure(2.0, 4.0, 5.0);
    assertThat(Goal.atLeast(4, "ratio", ratios).met()).isTrue();
    assertThat(Goal.atLeast(4.1, "ratio", ratios).met()).isFalse();
    assertThat(Goal.atMost(4, "ratio", ratios).met()).isTrue();
    assertThat(Goal.atMost(3.9, "ratio", ratios).met()).isFalse();
  }
}

package org.bookvotes.workers;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LaunchRetryTest {

  /** Draws always the least or always the greatest value it may. */
  private record Extreme(boolean greatest) implements RandomGenerator {
    @Override
    public long nextLong() {
      throw new UnsupportedOperationException();
    }

    @Override
    public long nextLong(long bound) {
      return greatest ? bound - 1 : 0;
    }
  }

  private static final RandomGenerator LEAST = new Extreme(false);
  private static final RandomGenerator GREATEST = new Extreme(true);

  private final LaunchRetry retry = new LaunchRetry(10, Duration.ofMillis(100));

  @ParameterizedTest
  @CsvSource({
    "1, 50, 100",
    "2, 100, 200",
    "3, 200, 400",
    "4, 400, 800",
    "5, 500, 1000",
    "6, 500, 1000",
    "1000000, 500, 1000"
  })
  void doublesUpToASecondAndTakesAtMostHalfOff(int refusal, long leastMillis, long mostMillis) {
    assertThat(retry.delayAfter(refusal, LEAST)).isEqualTo(Duration.ofMillis(leastMillis));
    assertThat(retry.delayAfter(refusal, GREATEST)).isEqualTo(Duration.ofMillis(mostMillis));
  }

  @Test
  void jitterSpreadsThePauses() {
    Random random = new Random(7);
    TreeSet<Duration> pauses = new TreeSet<>();
    for (int i = 0; i < 1000; i++) {
      pauses.add(retry.delayAfter(1, random));
    }
    assertThat(pauses).hasSizeGreaterThan(900);
    assertThat(pauses.getFirst()).isBetween(Duration.ofMillis(50), Duration.ofMillis(55));
    assertThat(pauses.getLast()).isBetween(Duration.ofMillis(95), Duration.ofMillis(100));
  }

  @Test
  void aFirstPauseOfASecondStaysASecond() {
    LaunchRetry slow = new LaunchRetry(3, LaunchRetry.LONGEST_DELAY);
    assertThat(slow.delayAfter(1, GREATEST)).isEqualTo(LaunchRetry.LONGEST_DELAY);
    assertThat(slow.delayAfter(30, GREATEST)).isEqualTo(LaunchRetry.LONGEST_DELAY);
  }

  @Test
  void theShortestFirstPauseIsNeverNothing() {
    LaunchRetry fast = new LaunchRetry(3, Duration.ofNanos(2));
    assertThat(fast.delayAfter(1, LEAST)).isPositive();
  }
}

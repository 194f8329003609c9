package org.bookvotes.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SurveyRhythmTest {

  private static final Duration TICK = Duration.ofSeconds(1);

  // nanoTime may be anything, and may overflow.
  private long nowNanos = Long.MAX_VALUE - Duration.ofSeconds(3).toNanos();
  private final SurveyRhythm rhythm = new SurveyRhythm(TICK, nowNanos);

  @Test
  void theFirstIsDueAtOnce() {
    assertThat(rhythm.isDue(true, nowNanos)).isTrue();
    assertThat(rhythm.isDue(false, nowNanos)).isTrue();
  }

  @Test
  void withSomethingToDoItComesOnceATick() {
    assertThat(surveysIn(Duration.ofSeconds(60), false)).isEqualTo(61);
  }

  @Test
  void itComesToRest() {
    assertThat(surveysIn(Duration.ofSeconds(60), true)).isEqualTo(1 + 60 / 5);
  }

  @Test
  void whatHappensAtRestIsSeenAfterATickAtMost() {
    surveysIn(Duration.ofSeconds(10), true);
    rhythm.done(true, nowNanos);
    nowNanos += TICK.toNanos();
    assertThat(rhythm.isDue(true, nowNanos)).isFalse();
    assertThat(rhythm.isDue(false, nowNanos)).isTrue();
  }

  @Test
  void afterWorkItLooksOnceMoreAfterATick() {
    rhythm.done(false, nowNanos);
    nowNanos += TICK.toNanos();
    assertThat(rhythm.isDue(true, nowNanos)).isTrue();
  }

  /** Counts surveys in {@code length}, both ends included, as a dispatcher that ticks. */
  private int surveysIn(Duration length, boolean atRest) {
    int surveys = 0;
    long endNanos = nowNanos + length.toNanos();
    for (; endNanos - nowNanos >= 0; nowNanos += TICK.toNanos()) {
      if (rhythm.isDue(atRest, nowNanos)) {
        surveys++;
        rhythm.done(atRest, nowNanos);
      }
    }
    return surveys;
  }
}

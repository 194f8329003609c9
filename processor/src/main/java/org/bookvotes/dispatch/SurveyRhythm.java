package org.bookvotes.dispatch;

import java.time.Duration;

/**
 * When slots, pool and dead rows are to be looked at: once a tick while there is something to do,
 * and once in {@link #REST} while there is not. Used by one thread.
 */
final class SurveyRhythm {

  /** Between two surveys that find nothing to do. */
  static final Duration REST = Duration.ofSeconds(5);

  private final Duration tick;
  private long surveyedNanos;
  private boolean surveyedAtRest;

  /**
   * The first survey is due at once.
   *
   * @param tick between two surveys while there is something to do
   * @param nowNanos the time, as of {@link System#nanoTime}
   */
  SurveyRhythm(Duration tick, long nowNanos) {
    this.tick = tick;
    this.surveyedNanos = nowNanos - REST.toNanos();
  }

  /** Whether it is time for a survey, {@code atRest} if there is nothing to do. */
  boolean isDue(boolean atRest, long nowNanos) {
    // What has just ended may have left something: the first survey at rest comes after a tick too.
    Duration interval = atRest && surveyedAtRest ? REST : tick;
    return nowNanos - surveyedNanos >= interval.toNanos();
  }

  /** A survey was made, {@code atRest} if there was nothing to do. */
  void done(boolean atRest, long nowNanos) {
    surveyedNanos = nowNanos;
    surveyedAtRest = atRest;
  }
}

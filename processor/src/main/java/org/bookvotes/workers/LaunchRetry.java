package org.bookvotes.workers;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How often and after which pauses a refused launch is tried again: the pause doubles up to {@link
 * #LONGEST_DELAY}, and a random half of it is taken off so that replicas do not knock in step.
 * Immutable, thread-safe.
 *
 * @param attempts how often a launch is tried, the first included
 * @param firstDelay pause after the first refusal
 */
public record LaunchRetry(int attempts, Duration firstDelay) {

  /** No pause is longer. */
  public static final Duration LONGEST_DELAY = Duration.ofSeconds(1);

  /**
   * The pause after refusal number {@code refusal}, counted from 1: between half and all of {@code
   * firstDelay × 2^(refusal-1)}, at most {@link #LONGEST_DELAY}.
   */
  public Duration delayAfter(int refusal, RandomGenerator random) {
    int doublings = Math.min(refusal - 1, 20);
    long fullNanos = Math.min(firstDelay.toNanos() << doublings, LONGEST_DELAY.toNanos());
    if (fullNanos <= 0) {
      fullNanos = LONGEST_DELAY.toNanos();
    }
    return Duration.ofNanos(fullNanos / 2 + random.nextLong(fullNanos / 2 + 1));
  }
}

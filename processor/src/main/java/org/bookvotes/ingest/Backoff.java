package org.bookvotes.ingest;

import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Growing pauses after failures: 0.1 s, doubling up to 5 s, of which a random part of up to half is
 * left out. Used by one thread; never sleeps itself.
 */
final class Backoff {

  private static final long FIRST_NANOS = Duration.ofMillis(100).toNanos();
  private static final long LONGEST_NANOS = Duration.ofSeconds(5).toNanos();
  private static final int MOST_DOUBLINGS = 10;

  private final LongSupplier clockNanos;
  private final RandomGenerator random;
  private int failures;
  private long dueNanos;

  Backoff() {
    this(System::nanoTime, RandomGenerator.getDefault());
  }

  /**
   * @param clockNanos as {@link System#nanoTime}: only differences mean something
   */
  Backoff(LongSupplier clockNanos, RandomGenerator random) {
    this.clockNanos = clockNanos;
    this.random = random;
    this.dueNanos = clockNanos.getAsLong();
  }

  /** Another failure: the pause doubles. */
  void failed() {
    long full = Math.min(FIRST_NANOS << Math.min(failures, MOST_DOUBLINGS), LONGEST_NANOS);
    failures++;
    dueNanos = clockNanos.getAsLong() + full / 2 + random.nextLong(full / 2 + 1);
  }

  void succeeded() {
    failures = 0;
    dueNanos = clockNanos.getAsLong();
  }

  /** How long to pause still, zero if the next try is due. */
  Duration remaining() {
    return Duration.ofNanos(Math.max(0, dueNanos - clockNanos.getAsLong()));
  }

  /** Failures since the last success. */
  int failures() {
    return failures;
  }
}

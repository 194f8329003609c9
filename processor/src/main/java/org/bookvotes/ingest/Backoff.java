package org.bookvotes.ingest;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Growing, jittered pauses after failures, from 0.1 s to 10 s. Used by one thread; never sleeps
 * itself.
 */
final class Backoff {

  private static final long FIRST_NANOS = Duration.ofMillis(100).toNanos();
  private static final long LONGEST_NANOS = Duration.ofSeconds(10).toNanos();

  private int failures;
  private long dueNanos = System.nanoTime();

  /** Another failure: the pause doubles. */
  void failed() {
    long full = Math.min(FIRST_NANOS << Math.min(failures, 10), LONGEST_NANOS);
    failures++;
    dueNanos = System.nanoTime() + full / 2 + ThreadLocalRandom.current().nextLong(full / 2 + 1);
  }

  void succeeded() {
    failures = 0;
    dueNanos = System.nanoTime();
  }

  /** How long to pause still, zero if the next try is due. */
  Duration remaining() {
    return Duration.ofNanos(Math.max(0, dueNanos - System.nanoTime()));
  }

  /** Failures since the last success. */
  int failures() {
    return failures;
  }
}

package org.bookvotes.dispatch;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Waits by the clock or until woken; wake-ups that come while nobody waits count as one.
 * Thread-safe.
 */
public final class Waiter {

  private final Semaphore wakes = new Semaphore(0);

  /** Ends the present wait, or the next one at once. */
  public void wake() {
    wakes.release();
  }

  /**
   * Waits until woken, at most {@code timeout}.
   *
   * @return whether it was woken
   */
  public boolean await(Duration timeout) throws InterruptedException {
    boolean woken = wakes.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS);
    wakes.drainPermits();
    return woken;
  }
}

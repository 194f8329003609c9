package org.bookvotes.workers;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Tells the threads of a processor that it stops; goes off once. Thread-safe. */
public final class StopSignal {

  private final CountDownLatch latch = new CountDownLatch(1);

  /** From now on the processor stops. */
  public void send() {
    latch.countDown();
  }

  public boolean isSent() {
    return latch.getCount() == 0;
  }

  /**
   * Waits for the signal.
   *
   * @return whether it was sent; false after {@code timeout}
   */
  public boolean await(Duration timeout) throws InterruptedException {
    return latch.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }
}

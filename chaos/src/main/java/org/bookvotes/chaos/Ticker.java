package org.bookvotes.chaos;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Does something at a steady rate on a thread of its own. Started and closed by another. */
final class Ticker implements AutoCloseable {

  private final ScheduledExecutorService clock;
  private final Future<?> ticking;

  /**
   * @param name of the thread
   * @param task what to do; an exception ends the ticking and is thrown by {@link #close}
   */
  Ticker(String name, Duration period, Runnable task) {
    clock =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name(name).daemon().factory());
    ticking = clock.scheduleAtFixedRate(task, 0, period.toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * Waits for the task that is running now; there is no further one.
   *
   * @throws IllegalStateException if the task has failed
   */
  @Override
  public void close() {
    clock.close();
    if (ticking.state() == Future.State.FAILED) {
      throw new IllegalStateException("the harness failed", ticking.exceptionNow());
    }
  }
}

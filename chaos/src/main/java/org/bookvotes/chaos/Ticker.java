package org.bookvotes.chaos;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Does something again and again on a thread of its own. Started and closed by another. */
final class Ticker implements AutoCloseable {

  private static final Duration END_TIMEOUT = Duration.ofSeconds(30);

  private final ScheduledExecutorService clock;
  private final Future<?> ticking;

  private Ticker(ScheduledExecutorService clock, Future<?> ticking) {
    this.clock = clock;
    this.ticking = ticking;
  }

  /**
   * At a steady rate: what was missed is made up for.
   *
   * @param name of the thread
   * @param task an exception ends the ticking and is thrown by {@link #close}
   */
  static Ticker atRate(String name, Duration period, Runnable task) {
    ScheduledExecutorService clock = clock(name);
    return new Ticker(
        clock, clock.scheduleAtFixedRate(task, 0, period.toNanos(), TimeUnit.NANOSECONDS));
  }

  /** With a pause after each time: what was missed is missed. */
  static Ticker withPause(String name, Duration pause, Runnable task) {
    ScheduledExecutorService clock = clock(name);
    return new Ticker(
        clock, clock.scheduleWithFixedDelay(task, 0, pause.toNanos(), TimeUnit.NANOSECONDS));
  }

  private static ScheduledExecutorService clock(String name) {
    return Executors.newSingleThreadScheduledExecutor(
        Thread.ofPlatform().name(name).daemon().factory());
  }

  /**
   * Waits for the task that is running now; there is no further one.
   *
   * @throws IllegalStateException if the task has failed, or does not end
   */
  @Override
  public void close() {
    clock.shutdown();
    try {
      if (!clock.awaitTermination(END_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
        clock.shutdownNow();
        throw new IllegalStateException("a task of the harness does not end");
      }
    } catch (InterruptedException e) {
      clock.shutdownNow();
      Thread.currentThread().interrupt();
    }
    if (ticking.state() == Future.State.FAILED) {
      throw new IllegalStateException("a task of the harness has failed", ticking.exceptionNow());
    }
  }
}

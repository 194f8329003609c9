package org.bookvotes.workers;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.bookvotes.observability.ProcessorListener;
import org.bookvotes.postgres.SqlState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this replica has been refused workers for so long that recalculation shall go on without
 * them: it is <i>degraded</i> then. It is so from the first refusal that comes {@code
 * fallbackAfter} after the first of an unbroken row, until a launch succeeds. Thread-safe.
 */
public final class WorkerShortage {

  /**
   * Refusals further apart than this belong to two shortages, and who has not been refused for so
   * long is not degraded: it has nothing to launch, or others do its work.
   */
  static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(1);

  private static final Logger LOG = LoggerFactory.getLogger(WorkerShortage.class);

  private final Duration fallbackAfter;
  private final ProcessorListener listener;
  private final LongSupplier nanoTime;
  // All below is guarded by this.
  private boolean refusedLately;
  private long firstRefusalNanos;
  private long lastRefusalNanos;
  private boolean degraded;

  /**
   * @param fallbackAfter how long launches must have been refused; zero: a replica is never
   *     degraded
   * @param listener told when it begins and when it ends
   */
  public WorkerShortage(Duration fallbackAfter, ProcessorListener listener) {
    this(fallbackAfter, listener, System::nanoTime);
  }

  /**
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  WorkerShortage(Duration fallbackAfter, ProcessorListener listener, LongSupplier nanoTime) {
    this.fallbackAfter = fallbackAfter;
    this.listener = listener;
    this.nanoTime = nanoTime;
  }

  /**
   * A launch was refused for want of resources.
   *
   * @param sqlState of the refusal
   * @return whether this replica is degraded now
   */
  synchronized boolean refused(String sqlState) {
    forgetOld();
    long now = nanoTime.getAsLong();
    if (!refusedLately) {
      refusedLately = true;
      firstRefusalNanos = now;
    }
    lastRefusalNanos = now;
    if (!degraded
        && !fallbackAfter.isZero()
        && now - firstRefusalNanos >= fallbackAfter.toNanos()) {
      degraded = true;
      LOG.warn(
          "no worker was to be had for {} (BOOKVOTES_FALLBACK_AFTER; the server answers {}): a small batch at a"
              + " time is recalculated without one. Raise max_worker_processes or end what uses the"
              + " workers up; the first launch that succeeds ends this",
          fallbackAfter,
          sqlState);
      listener.degraded(true);
    }
    return degraded;
  }

  /** A launch has succeeded. */
  synchronized void launched() {
    end("a worker was to be had");
  }

  /** Whether this replica is degraded. */
  public synchronized boolean isDegraded() {
    forgetOld();
    return degraded;
  }

  private void forgetOld() {
    if (refusedLately && nanoTime.getAsLong() - lastRefusalNanos > FORGOTTEN_AFTER.toNanos()) {
      end("no launch was refused for " + FORGOTTEN_AFTER);
    }
  }

  private void end(String reason) {
    refusedLately = false;
    if (degraded) {
      degraded = false;
      LOG.info("{}: stale books are recalculated by workers again", reason);
      listener.degraded(false);
    }
  }

  /** Whether {@code sqlState} says that waiting for a worker may help. */
  static boolean isShortage(String sqlState) {
    return SqlState.INSUFFICIENT_RESOURCES.matches(sqlState)
        && !SqlState.CONFIGURATION_LIMIT_EXCEEDED.matches(sqlState);
  }
}

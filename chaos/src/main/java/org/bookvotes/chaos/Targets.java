package org.bookvotes.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Keeps two faults from having the same target: one that is down cannot be cut off. Thread-safe.
 */
final class Targets {

  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final Map<String, Semaphore> locks = new HashMap<>();

  /** What one fault has taken; given back all at once. Used by the fault's thread. */
  final class Lease implements AutoCloseable {
    private final List<Semaphore> taken = new ArrayList<>();

    /**
     * Waits until the target is free, and takes it.
     *
     * @throws Strike.MissedException if nobody gives it back
     */
    void take(String target) throws InterruptedException, Strike.MissedException {
      Semaphore lock = lock(target);
      if (!lock.tryAcquire(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new Strike.MissedException(target + " is another fault's for " + PATIENCE);
      }
      taken.add(lock);
    }

    @Override
    public void close() {
      taken.forEach(Semaphore::release);
      taken.clear();
    }
  }

  /** For one fault. */
  Lease lease() {
    return new Lease();
  }

  private synchronized Semaphore lock(String target) {
    return locks.computeIfAbsent(target, name -> new Semaphore(1));
  }
}

package org.bookvotes.chaos;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps two faults from having the same target: one that is down cannot be cut off. Thread-safe; a
 * target is given back by the thread that took it.
 */
final class Targets {

  private final Map<String, ReentrantLock> locks = new HashMap<>();

  /** Waits until the target is free, and takes it. */
  void take(String target) throws InterruptedException {
    lock(target).lockInterruptibly();
  }

  /** Takes the target if it is free. */
  boolean tryTake(String target) {
    return lock(target).tryLock();
  }

  void giveBack(String target) {
    lock(target).unlock();
  }

  private synchronized ReentrantLock lock(String target) {
    return locks.computeIfAbsent(target, name -> new ReentrantLock());
  }
}

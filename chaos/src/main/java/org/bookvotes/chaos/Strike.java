package org.bookvotes.chaos;

import java.time.Duration;
import java.time.Instant;

/**
 * A fault that has struck.
 *
 * @param what was struck, for people
 * @param at when
 * @param lasts how long it should last
 * @param end undoes it; called once
 */
record Strike(String what, Instant at, Duration lasts, End end) {

  /** How a fault ends. */
  @FunctionalInterface
  interface End {
    /**
     * Undoes the fault, also if it throws.
     *
     * @return more of what happened meanwhile, for people; empty if there is nothing to add
     * @throws MissedException if it turns out that nothing was struck
     */
    String undo() throws Exception;
  }

  /** A fault that is over as soon as it has struck. */
  static Strike over(String what, Instant at) {
    return new Strike(what, at, Duration.ZERO, () -> "");
  }

  /** There is nothing that it could strike now; it may be tried again. */
  static final class MissedException extends Exception {
    MissedException(String message) {
      super(message);
    }
  }
}

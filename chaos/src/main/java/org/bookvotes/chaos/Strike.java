package org.bookvotes.chaos;

import java.time.Duration;

/**
 * A fault that has struck.
 *
 * @param what was struck, for people
 * @param lasts how long it should last
 * @param end undoes it; called once
 */
record Strike(String what, Duration lasts, End end) {

  /** How a fault ends. */
  @FunctionalInterface
  interface End {
    /**
     * Undoes the fault.
     *
     * @return more of what happened meanwhile, for people; empty if there is nothing to add
     */
    String undo() throws Exception;
  }

  /** A fault that is over as soon as it has struck. */
  static Strike over(String what) {
    return new Strike(what, Duration.ZERO, () -> "");
  }

  /** There is nothing that it could strike now; it may be tried again. */
  static final class MissedException extends Exception {
    MissedException(String message) {
      super(message);
    }
  }
}

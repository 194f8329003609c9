package org.bookvotes.chaos;

import java.util.random.RandomGenerator;

/** Lets faults of some kinds strike. */
@FunctionalInterface
interface Injector {

  /**
   * Strikes, and returns when it has struck.
   *
   * @param random draws target and variant
   * @throws Strike.MissedException if there is nothing to strike now; nothing is left behind
   */
  Strike strike(Fault fault, RandomGenerator random) throws Exception;
}

package org.bookvotes.chaos;

import java.util.random.RandomGenerator;

/** Lets faults of some kinds strike. */
@FunctionalInterface
interface Injector {

  /**
   * Strikes, and returns when it has struck.
   *
   * @param random draws target and variant
   * @param lease takes what no other fault may touch meanwhile; the caller gives it back
   * @throws Strike.MissedException if there is nothing to strike now; nothing is left behind
   */
  Strike strike(Fault fault, RandomGenerator random, Targets.Lease lease) throws Exception;
}

package org.bookvotes.bench;

import java.util.Map;

/**
 * One way to do the work.
 *
 * @param name as the tables have it
 */
record Contestant(String name, Attempt attempt) {

  /** Does the work once, from the same beginning each time. */
  @FunctionalInterface
  interface Attempt {
    /** What was measured; the same metrics each time. */
    Map<Metric, Double> run() throws Exception;
  }
}

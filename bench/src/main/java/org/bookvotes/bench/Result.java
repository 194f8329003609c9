package org.bookvotes.bench;

import java.util.List;
import java.util.Map;

/**
 * What a benchmark found.
 *
 * @param name of the benchmark
 * @param scale of the work; only at 1 the goals mean something
 * @param settings of the work, the servers and the contestants, for who wants to repeat it
 * @param tables what was measured
 * @param plots may be empty
 * @param notes what has to be said beside the figures
 */
record Result(
    String name,
    String title,
    double scale,
    Map<String, String> settings,
    List<Table> tables,
    List<Goal> goals,
    List<Plot> plots,
    List<String> notes) {

  /**
   * Contestants on the same work.
   *
   * @param title may be empty if there is only one table
   */
  record Table(String title, List<Row> rows) {}
}

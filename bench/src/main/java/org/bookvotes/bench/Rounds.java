package org.bookvotes.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Lets contestants run in turn: A B C A B C, so that a slow minute strikes all of them. */
final class Rounds {

  private Rounds() {}

  /**
   * Runs each contestant so often.
   *
   * @return a row for each, in their order
   */
  static List<Row> inTurn(int rounds, List<Contestant> contestants, Log log) throws Exception {
    Map<Contestant, Map<Metric, List<Double>>> measured = new LinkedHashMap<>();
    contestants.forEach(contestant -> measured.put(contestant, new LinkedHashMap<>()));
    for (int round = 1; round <= rounds; round++) {
      for (Contestant contestant : contestants) {
        Map<Metric, Double> values = contestant.attempt().run();
        StringBuilder told = new StringBuilder();
        values.forEach(
            (metric, value) -> {
              measured
                  .getOrDefault(contestant, Map.of())
                  .computeIfAbsent(metric, m -> new ArrayList<>())
                  .add(value);
              told.append(", ")
                  .append(metric.name())
                  .append(' ')
                  .append(Figure.number(value))
                  .append(metric.unit().isEmpty() ? "" : " " + metric.unit());
            });
        log.say("  round " + round + " of " + rounds + ", " + contestant.name() + told);
      }
    }
    List<Row> rows = new ArrayList<>();
    measured.forEach((contestant, values) -> rows.add(Row.of(contestant.name(), values)));
    return rows;
  }
}

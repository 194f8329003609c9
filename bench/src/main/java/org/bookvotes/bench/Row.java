package org.bookvotes.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What one contestant came to.
 *
 * @param figures in the order in which they are to be shown
 */
record Row(String contestant, List<Figure> figures) {

  static Row of(String contestant, Map<Metric, List<Double>> values) {
    List<Figure> figures = new ArrayList<>();
    values.forEach((metric, all) -> figures.add(new Figure(metric, all)));
    return new Row(contestant, figures);
  }

  /** The figure of a metric that this contestant has. */
  Figure figure(Metric metric) {
    return figures.stream()
        .filter(figure -> figure.metric().equals(metric))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(contestant + " has no " + metric.name()));
  }
}

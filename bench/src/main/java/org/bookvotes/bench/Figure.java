package org.bookvotes.bench;

import java.util.List;
import java.util.Locale;

/**
 * What one metric came to in each round. Immutable.
 *
 * @param values in the order of the rounds, at least one
 */
record Figure(Metric metric, List<Double> values) {

  Figure {
    if (values.isEmpty()) {
      throw new IllegalArgumentException(metric.name() + " was never measured");
    }
    values = List.copyOf(values);
  }

  /** Of an even number the mean of the two in the middle. */
  double median() {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  double min() {
    return values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
  }

  double max() {
    return values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
  }

  /**
   * This divided by {@code other}, round by round: what disturbs the machine for longer than a
   * round disturbs both.
   */
  Figure over(Figure other) {
    if (other.values.size() != values.size()) {
      throw new IllegalArgumentException("not the same number of rounds");
    }
    List<Double> ratios = new java.util.ArrayList<>();
    for (int round = 0; round < values.size(); round++) {
      ratios.add(values.get(round) / other.values.get(round));
    }
    return new Figure(new Metric(metric.name(), "×"), ratios);
  }

  /** Median with spread, such as {@code 1.25 (1.20–1.31) s}. */
  String text() {
    String unit = metric.unit().isEmpty() ? "" : " " + metric.unit();
    return values.size() == 1
        ? number(median()) + unit
        : number(median()) + " (" + number(min()) + "–" + number(max()) + ")" + unit;
  }

  /** Three digits that count; thousands are separated. */
  static String number(double value) {
    double size = Math.abs(value);
    String format =
        size >= 100 || value == 0 ? "%,.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f";
    return String.format(Locale.ROOT, format, value);
  }
}

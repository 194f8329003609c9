package org.bookvotes.bench;

import java.util.Locale;

/**
 * What was to be reached and what was.
 *
 * @param text such as {@code at least 3 × Debezium's JDBC sink}
 * @param measured the figure, with its spread
 * @param met whether its median reaches the bound
 */
record Goal(String text, String measured, boolean met) {

  static Goal atLeast(double bound, String what, Figure figure) {
    return new Goal(
        String.format(Locale.ROOT, "%s ≥ %s", what, bound(bound, figure)),
        figure.text(),
        figure.median() >= bound);
  }

  static Goal atMost(double bound, String what, Figure figure) {
    return new Goal(
        String.format(Locale.ROOT, "%s ≤ %s", what, bound(bound, figure)),
        figure.text(),
        figure.median() <= bound);
  }

  private static String bound(double bound, Figure figure) {
    String unit = figure.metric().unit();
    return Figure.number(bound) + (unit.isEmpty() ? "" : " " + unit);
  }
}

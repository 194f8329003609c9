package org.bookvotes.bench;

import java.util.List;

/**
 * A line chart of what was seen over time.
 *
 * @param name of the file, without ending
 * @param unit of the values, such as {@code MB}
 * @param series one or more lines
 */
record Plot(String name, String title, String unit, List<Series> series) {

  /** One line, its points in the order of time. */
  record Series(String name, List<Point> points) {}

  /**
   * One look.
   *
   * @param seconds since the beginning
   */
  record Point(double seconds, double value) {}
}

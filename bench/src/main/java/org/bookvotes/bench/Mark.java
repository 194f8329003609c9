package org.bookvotes.bench;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * How far a consumer had come at some time.
 *
 * @param at when the last of them was done with: its transaction's commit, if there is one
 * @param events from the beginning of the topic on
 */
record Mark(Instant at, long events) {

  private static final String PREFIX = "mark ";

  /** Nothing done yet. */
  static final Mark NONE = new Mark(Instant.EPOCH, 0);

  /** Prints for {@link #last} how far this program has come. */
  static void tell(VoteTotals totals) {
    System.out.println(
        PREFIX + ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()) + " " + totals);
  }

  /** The last one that a program has printed. */
  static Mark last(String output) {
    String line = lastLine(output);
    if (line.isEmpty()) {
      return NONE;
    }
    long micros = Long.parseLong(line.substring(0, line.indexOf(' ')));
    return new Mark(Instant.EPOCH.plus(micros, ChronoUnit.MICROS), totals(output).events());
  }

  /** What the events come to that a program has printed last. */
  static VoteTotals totals(String output) {
    String line = lastLine(output);
    return line.isEmpty()
        ? VoteTotals.NONE
        : VoteTotals.parse(line.substring(line.indexOf(' ') + 1));
  }

  private static String lastLine(String output) {
    // A line that is being written now has no end yet.
    List<String> lines =
        output
            .substring(0, output.lastIndexOf('\n') + 1)
            .lines()
            .filter(line -> line.startsWith(PREFIX))
            .toList();
    return lines.isEmpty() ? "" : lines.getLast().substring(PREFIX.length());
  }
}

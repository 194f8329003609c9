package org.bookvotes.chaos;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How figures are printed. */
final class Text {

  private Text() {}

  /** Such as {@code 1.25 s}; a dash for a time that did not come. */
  static String seconds(@Nullable Duration duration) {
    return duration == null
        ? "-"
        : String.format(Locale.ROOT, "%.2f s", duration.toMillis() / 1000.0);
  }

  /** Such as {@code 1,250,000}. */
  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** Such as {@code 3.4 MB}. */
  static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }

  /** A Markdown table, its columns aligned for people who read it as it is. */
  static String table(List<String> head, List<List<String>> rows) {
    int[] widths = new int[head.size()];
    for (int column = 0; column < widths.length; column++) {
      widths[column] = head.get(column).length();
      for (List<String> row : rows) {
        widths[column] = Math.max(widths[column], row.get(column).length());
      }
    }
    StringBuilder table = new StringBuilder();
    append(table, head, widths, ' ');
    append(table, head.stream().map(cell -> "").toList(), widths, '-');
    rows.forEach(row -> append(table, row, widths, ' '));
    return table.toString();
  }

  private static void append(StringBuilder table, List<String> cells, int[] widths, char filler) {
    table.append('|');
    for (int column = 0; column < widths.length; column++) {
      String cell = cells.get(column);
      table
          .append(filler == '-' ? '-' : ' ')
          .append(cell)
          .append(String.valueOf(filler).repeat(widths[column] - cell.length()))
          .append(filler == '-' ? '-' : ' ')
          .append('|');
    }
    table.append('\n');
  }
}

package org.bookvotes.app;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Scanner;
import java.util.function.Supplier;

/**
 * Lines that are drawn over and over in the same place of a terminal, below what was there before.
 * Nothing flickers, as nothing is erased before it is overwritten. Used by one thread.
 */
final class TerminalScreen implements AutoCloseable {

  /** Rows and columns of a terminal. */
  record Size(int rows, int columns) {
    // As a terminal that does not tell.
    static final Size USUAL = new Size(24, 80);
  }

  private static final String ERASE_LINE_END = "\u001b[K";
  private static final String ERASE_BELOW = "\u001b[J";
  // A line that is longer than we think shall be cut and not push the others down.
  private static final String BEGIN = "\u001b[?25l\u001b[?7l";
  private static final String END = "\u001b[?7h\u001b[?25h";

  private final PrintWriter out;
  private final Supplier<Size> size;
  private int drawn;
  private boolean begun;

  TerminalScreen(PrintWriter out) {
    this(out, TerminalScreen::askSize);
  }

  TerminalScreen(PrintWriter out, Supplier<Size> size) {
    this.out = out;
    this.size = size;
  }

  /**
   * Draws {@code lines} in the place of those before, as many and as much of each as there is room
   * for.
   */
  void draw(List<String> lines) {
    Size room = size.get();
    StringBuilder drawing = new StringBuilder();
    if (!begun) {
      drawing.append(BEGIN);
      begun = true;
    }
    if (drawn > 0) {
      drawing.append("\u001b[").append(drawn).append('A'); // Up to the first line.
    }
    // The cursor stands below the last line.
    int fits = Math.max(1, room.rows() - 1);
    drawn = Math.min(lines.size(), fits);
    for (int i = 0; i < drawn; i++) {
      boolean isCut = i == fits - 1 && lines.size() > fits;
      String line = isCut ? "… " + (lines.size() - fits + 1) + " more lines" : lines.get(i);
      drawing.append(cut(line, room.columns())).append(ERASE_LINE_END).append('\n');
    }
    out.print(drawing.append(ERASE_BELOW));
    out.flush();
  }

  private static String cut(String line, int columns) {
    return line.codePointCount(0, line.length()) <= columns
        ? line
        : line.substring(0, line.offsetByCodePoints(0, Math.max(0, columns - 1))) + "…";
  }

  /** Leaves the last drawing and the terminal as it was. */
  @Override
  public void close() {
    if (begun) {
      out.print(END);
      out.flush();
      begun = false;
    }
  }

  /** It may change at any time. */
  private static Size askSize() {
    try {
      Process stty = new ProcessBuilder("stty", "size").redirectInput(new File("/dev/tty")).start();
      try (Scanner answer = new Scanner(stty.getInputStream(), StandardCharsets.US_ASCII)) {
        if (answer.hasNextInt()) {
          int rows = answer.nextInt();
          if (rows > 0 && answer.hasNextInt()) {
            int columns = answer.nextInt();
            return columns > 0 ? new Size(rows, columns) : Size.USUAL;
          }
        }
        return Size.USUAL;
      }
    } catch (IOException e) {
      return Size.USUAL; // No stty, no /dev/tty: the drawing may be cut, that is all.
    }
  }
}

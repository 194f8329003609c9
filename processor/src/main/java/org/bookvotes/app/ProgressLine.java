package org.bookvotes.app;

import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Progress of long work: one line that is redrawn each second on a terminal, and elsewhere a line
 * every five seconds. Used by one thread.
 */
final class ProgressLine implements AutoCloseable {

  private static final Duration REDRAW_INTERVAL = Duration.ofSeconds(1);
  private static final Duration PLAIN_INTERVAL = Duration.ofSeconds(5);

  // Back to the first column, and erase the line to its end.
  private static final String REDRAW = "\r\u001b[K";

  private final PrintWriter out;
  private final boolean terminal;
  private final long intervalNanos;
  private long shownNanos = System.nanoTime();
  private boolean open;

  ProgressLine(PrintWriter out) {
    this(out, isTerminal(), isTerminal() ? REDRAW_INTERVAL : PLAIN_INTERVAL);
  }

  ProgressLine(PrintWriter out, boolean terminal, Duration interval) {
    this.out = out;
    this.terminal = terminal;
    this.intervalNanos = interval.toNanos();
  }

  /** Whether a person sits at the other end. */
  @SuppressWarnings("SystemConsoleNull") // NullAway knows that it may be null.
  static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  /** Shows {@code text} if it is time to. */
  void show(Supplier<String> text) {
    long now = System.nanoTime();
    if (now - shownNanos < intervalNanos) {
      return;
    }
    shownNanos = now;
    if (terminal) {
      out.print(REDRAW + text.get());
      open = true;
    } else {
      out.println(text.get());
    }
    out.flush();
  }

  /** Makes room for what comes next. */
  @Override
  public void close() {
    if (open) {
      out.print(REDRAW);
      out.flush();
      open = false;
    }
  }
}

package org.bookvotes.bench;

import java.io.PrintStream;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Tells people what happens, with the time. Thread-safe. */
final class Log {

  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

  private final PrintStream out;

  Log(PrintStream out) {
    this.out = out;
  }

  /** One line. */
  void say(String line) {
    out.println(LocalTime.now(ZoneId.systemDefault()).format(CLOCK) + " " + line);
  }
}

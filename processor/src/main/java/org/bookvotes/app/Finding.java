package org.bookvotes.app;

import java.util.ArrayList;
import java.util.List;

/**
 * What was found about one thing that a start needs. Immutable.
 *
 * @param subject what was looked at
 * @param found what it is like
 * @param fixes what mends it, in order; none if it is fine
 */
record Finding(Level level, String subject, String found, List<Fix> fixes) {

  /** How bad it is. */
  enum Level {
    /** As it should be. */
    OK("ok  "),
    /** A start works, but not as well as it could. */
    WARN("warn"),
    /** A start does not work, or loses something. */
    FAIL("FAIL");

    private final String label;

    Level(String label) {
      this.label = label;
    }

    /** Four characters. */
    String label() {
      return label;
    }
  }

  /**
   * Commands to paste.
   *
   * @param where where to paste them, and anything that a person must know or choose
   * @param commands one a line
   */
  record Fix(String where, List<String> commands) {

    static Fix shell(String... commands) {
      return new Fix("in a shell", List.of(commands));
    }

    /** SQL for who may do it: a superuser, or the owner of what it is about. */
    static Fix sql(List<String> commands) {
      return new Fix("in psql, in this database, as a superuser", commands);
    }

    static Fix sql(String... commands) {
      return sql(List.of(commands));
    }
  }

  static Finding ok(String subject, String found) {
    return new Finding(Level.OK, subject, found, List.of());
  }

  static Finding warn(String subject, String found, Fix... fixes) {
    return new Finding(Level.WARN, subject, found, List.of(fixes));
  }

  static Finding fail(String subject, String found, Fix... fixes) {
    return new Finding(Level.FAIL, subject, found, List.of(fixes));
  }

  /** As it is printed: one line, and below it the commands, each on a line of its own. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(level.label() + "  " + subject + ": " + found);
    for (Fix fix : fixes) {
      lines.add("      fix, " + fix.where() + ":");
      fix.commands().forEach(command -> lines.add("        " + command));
    }
    return lines;
  }
}

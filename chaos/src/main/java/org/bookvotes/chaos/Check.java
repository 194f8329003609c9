package org.bookvotes.chaos;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * One thing that the oracle looked at.
 *
 * @param name of what must hold
 * @param demanded what must be
 * @param seen what is
 */
record Check(String name, String demanded, String seen, boolean passed) {

  static Check of(String name, boolean passed, String demanded, String seen) {
    return new Check(name, demanded, seen, passed);
  }

  /**
   * There must be none of these.
   *
   * @param note to be told besides, may be empty
   */
  static Check none(String name, List<String> findings, String note) {
    String seen = findings.isEmpty() ? "0" : findings.size() + ", such as " + findings.getFirst();
    return of(name, findings.isEmpty(), "0", note.isEmpty() ? seen : seen + " (" + note + ")");
  }

  /** Checks; what cannot be checked has failed. */
  static List<Check> all(String name, Callable<List<Check>> checks) throws InterruptedException {
    try {
      return checks.call();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      List<Check> failed = new ArrayList<>();
      failed.add(of(name, false, "an answer", e.toString()));
      return failed;
    }
  }
}

package org.bookvotes.chaos;

/**
 * One thing that the oracle looked at.
 *
 * @param name of the promise
 * @param demanded what must be
 * @param seen what is
 */
record Check(String name, String demanded, String seen, boolean passed) {

  static Check of(String name, boolean passed, String demanded, String seen) {
    return new Check(name, demanded, seen, passed);
  }
}

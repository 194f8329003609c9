package org.bookvotes.bench;

import java.nio.file.Path;
import java.time.Duration;

/** One comparison or measurement. Used by one thread. */
interface Benchmark {

  /** One word, as the command line and the file of the result have it. */
  String name();

  /** What is measured, in one line. */
  String title();

  /**
   * Measures.
   *
   * @throws Exception if it could not be measured; there is no result then
   */
  Result run(Options options) throws Exception;

  /**
   * What can be chosen.
   *
   * @param rounds how often each contestant runs
   * @param scale of the work: 1 is what the goals speak of, less is for trying the benchmark itself
   * @param root of the repository, with the packaged processor
   * @param log told what happens
   */
  record Options(int rounds, double scale, Path root, Log log) {

    /** {@code full} as much as the scale says, at least one. */
    int scaled(int full) {
      return Math.max(1, (int) Math.round(full * scale));
    }

    /** {@code full} as long as the scale says, at least a second. */
    Duration scaled(Duration full) {
      Duration scaled = Duration.ofNanos((long) (full.toNanos() * scale));
      return scaled.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(1) : scaled;
    }
  }
}

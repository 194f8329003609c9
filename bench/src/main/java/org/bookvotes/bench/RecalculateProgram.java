package org.bookvotes.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code bookvotes recalculate --all}: the product's own way, a process from its start to its end.
 */
final class RecalculateProgram {

  static final Metric MARKING = new Metric("of it marking", "s");
  static final Metric RECALCULATING = new Metric("of it recalculating", "s");

  /** Both by the book: what grows with the table, without the start of a Java process. */
  static final Metric WORK_A_BOOK = new Metric("marking and recalculating a book", "µs");

  private static final Pattern MARKED = Pattern.compile("\\(marked in ([0-9.]+) s\\)");
  private static final Pattern DONE = Pattern.compile("done in ([0-9.]+) s");
  private static final Duration TIMEOUT = Duration.ofMinutes(30);

  private final PostgresServer server;
  private final Path jar;

  RecalculateProgram(PostgresServer server, Path root) {
    this.server = server;
    this.jar = root.resolve("processor/target/bookvotes.jar");
  }

  /** Recalculates all books. */
  Map<Metric, Double> run(int books, int workers, int batchSize) throws Exception {
    Map<String, String> environment = new HashMap<>(server.environment());
    environment.put("BOOKVOTES_WORKER_SLOTS", String.valueOf(workers));
    environment.put("BOOKVOTES_BATCH_SIZE", String.valueOf(batchSize));
    try (Program program =
        Program.java(
            "bookvotes recalculate",
            environment,
            List.of("-jar", jar.toString(), "recalculate", "--all"))) {
      program.awaitEnd(TIMEOUT);
      double marking = told(program.output(), MARKED);
      double recalculating = told(program.output(), DONE);
      Map<Metric, Double> measured = new LinkedHashMap<>();
      measured.put(MARKING, marking);
      measured.put(RECALCULATING, recalculating);
      measured.put(WORK_A_BOOK, (marking + recalculating) / books * 1e6);
      return measured;
    }
  }

  private static double told(String output, Pattern pattern) {
    Matcher matcher = pattern.matcher(output);
    if (!matcher.find()) {
      throw new IllegalStateException("the output has no " + pattern + ":\n" + output);
    }
    return Double.parseDouble(matcher.group(1));
  }
}

package org.bookvotes.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bookvotes.ingest.CoalescingBenchmark;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** What one thread decodes, encodes and sums of votes, without Kafka and database. Uses JMH. */
final class Codec implements Benchmark {

  private static final Metric RATE = new Metric("million votes a second", "");
  private static final int ITERATIONS = 5;
  private static final Duration ITERATION = Duration.ofSeconds(2);

  @Override
  public String name() {
    return "codec";
  }

  @Override
  public String title() {
    return "Decoding, encoding and summing votes in one thread";
  }

  @Override
  public Result run(Options options) throws Exception {
    TimeValue time = TimeValue.milliseconds((long) (ITERATION.toMillis() * options.scale()) + 1);
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include(CodecBenchmark.class.getName())
                    .include(CoalescingBenchmark.class.getName())
                    .forks(options.rounds())
                    .jvmArgs(IngestPeers.JVM.toArray(String[]::new))
                    // JMH 1.37 is older than the warning about it.
                    .jvmArgsAppend("--sun-misc-unsafe-memory-access=allow")
                    .warmupIterations(ITERATIONS)
                    .warmupTime(time)
                    .measurementIterations(ITERATIONS)
                    .measurementTime(time)
                    .verbosity(VerboseMode.SILENT)
                    .shouldFailOnError(true)
                    .build())
            .run();
    List<Row> rows = new ArrayList<>();
    results.stream()
        .sorted(Comparator.comparing((RunResult result) -> result.getParams().getBenchmark()))
        .forEach(result -> rows.add(row(result)));
    if (rows.size() != 3) {
      throw new IllegalStateException("decode, encode and coalesce expected, measured: " + rows);
    }
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(
        "JMH 1.37",
        ITERATIONS + " iterations of " + time + " after as many to warm up, in each of the forks");
    settings.put("JVM", String.join(" ", IngestPeers.JVM));
    return new Result(
        name(),
        title(),
        options.scale(),
        settings,
        List.of(new Result.Table("", rows)),
        List.of(),
        List.of(),
        List.of(
            "A round is a JVM of its own (a fork), its figure the mean of its iterations.",
            "Decode and encode go over 10,000 different events. Coalesce sums batches of 10,000 votes"
                + " over 100,000 books by Zipf's law, as one transaction of ingest does before it writes."));
  }

  private static Row row(RunResult result) {
    String name = result.getParams().getBenchmark();
    List<Double> forks = new ArrayList<>();
    for (BenchmarkResult fork : result.getBenchmarkResults()) {
      forks.add(fork.getPrimaryResult().getScore() / 1e6);
    }
    return Row.of(name.substring(name.lastIndexOf('.') + 1), Map.of(RATE, forks));
  }
}

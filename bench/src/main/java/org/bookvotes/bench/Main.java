package org.bookvotes.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command that {@code make bench} runs. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Measures Bookvotes beside what people would use instead, and writes the results.")
final class Main implements Callable<Integer> {

  private static final List<Benchmark> BENCHMARKS =
      List.of(
          new Ingest(),
          new Recalculation(),
          new Sparse(),
          new Launch(),
          new Freshness(),
          new Soak(),
          new Footprint(),
          new Codec());

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "BENCHMARK",
      arity = "0..*",
      description = "What to measure. Default: all. --list tells them.")
  private List<String> names = List.of();

  @Option(names = "--list", description = "Tells the benchmarks and ends.")
  private boolean list;

  @Option(
      names = "--rounds",
      defaultValue = "5",
      description = "How often each contestant runs. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--scale",
      defaultValue = "1",
      description =
          "Less than 1: less work, to try the benchmark itself. Default: ${DEFAULT-VALUE}.")
  private double scale;

  @Option(
      names = "--results",
      description =
          "Directory of the results. Default: bench/results, for a trial bench/target/results.")
  private Path results = Path.of("");

  @Option(
      names = "--root",
      defaultValue = ".",
      description = "The repository. Default: the working directory.")
  private Path root = Path.of("");

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Main()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    if (list) {
      BENCHMARKS.forEach(
          benchmark -> System.out.printf("%-14s %s%n", benchmark.name(), benchmark.title()));
      return 0;
    }
    if (results.toString().isEmpty()) {
      results = root.resolve(scale == 1 ? "bench/results" : "bench/target/results");
    }
    Log log = new Log(System.out);
    ResultFiles files = new ResultFiles(results);
    for (Benchmark benchmark : chosen()) {
      log.say(benchmark.name() + ": " + benchmark.title());
      Result result =
          benchmark.run(
              new Benchmark.Options(rounds, scale, root.toAbsolutePath().normalize(), log));
      files.write(result, rounds);
      for (Goal goal : result.goals()) {
        log.say("  " + goal.text() + ": " + goal.measured() + (goal.met() ? ", met" : ", missed"));
      }
    }
    log.say("results: " + results.resolve("README.md"));
    return 0;
  }

  private List<Benchmark> chosen() {
    if (names.isEmpty()) {
      return BENCHMARKS;
    }
    List<Benchmark> chosen = new ArrayList<>();
    for (String name : names) {
      chosen.add(
          BENCHMARKS.stream()
              .filter(benchmark -> benchmark.name().equals(name))
              .findFirst()
              .orElseThrow(
                  () ->
                      new ParameterException(
                          spec.commandLine(), name + " is no benchmark; --list tells them")));
    }
    return chosen;
  }
}

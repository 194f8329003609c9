package org.bookvotes.chaos;

import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command that {@code make chaos} runs. */
@Command(
    name = "chaos",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Lets faults strike the whole system under load, lets it come to rest, and checks that nothing was lost."
            + " Exits with 1 if something was.")
final class Main implements Callable<Integer> {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--seed",
      description = "Draws schedule and load; the same seed repeats them. Default: a random one.")
  private @Nullable Long seed;

  @Option(
      names = "--faults",
      split = ",",
      paramLabel = "FAULT",
      description =
          "Only these kinds of faults, separated by commas. Default: all. --list tells them.")
  private List<String> faults = List.of();

  @Option(names = "--list", description = "Tells the kinds of faults and ends.")
  private boolean list;

  @Option(
      names = "--alone",
      defaultValue = "3",
      description =
          "How often each kind strikes alone, to measure the time to recover. Default: ${DEFAULT-VALUE}.")
  private int alone;

  @Option(
      names = "--together",
      defaultValue = "7",
      description = "How often each kind strikes while others do. Default: ${DEFAULT-VALUE}.")
  private int together;

  @Option(
      names = "--longest",
      defaultValue = "PT5M",
      description = "No fault is held longer, unless it would be none. Default: ${DEFAULT-VALUE}.")
  private Duration longest = Duration.ofMinutes(5);

  @Option(
      names = "--rate",
      defaultValue = "1000",
      description = "Votes a second. Default: ${DEFAULT-VALUE}.")
  private int rate;

  @Option(
      names = "--books",
      defaultValue = "3000",
      description = "Books voted for. Default: ${DEFAULT-VALUE}.")
  private int books;

  @Option(
      names = "--image",
      description = "Image of the processor. Default: built from processor/target.")
  private @Nullable String image;

  @Option(
      names = "--root",
      defaultValue = ".",
      description = "The repository. Default: the working directory.")
  private Path root = Path.of("");

  @Option(
      names = "--report",
      description = "Directory for report and logs. Default: chaos/target/runs/SEED.")
  private @Nullable Path report;

  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new Main())
            .setExecutionExceptionHandler(
                (e, command, parsed) -> {
                  e.printStackTrace();
                  return 3;
                })
            .execute(arguments));
  }

  private FaultKind kind(String title) {
    try {
      return FaultKind.of(title);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage() + "; --list tells them", e);
    }
  }

  @Override
  public Integer call() throws Exception {
    if (list) {
      for (FaultKind kind : FaultKind.values()) {
        System.out.printf("%-22s %s%n", kind.title(), kind.description());
      }
      return 0;
    }
    long drawn = seed == null ? ThreadLocalRandom.current().nextLong(1, 1_000_000) : seed;
    Set<FaultKind> kinds = EnumSet.allOf(FaultKind.class);
    if (!faults.isEmpty()) {
      kinds = EnumSet.noneOf(FaultKind.class);
      for (String title : faults) {
        kinds.add(kind(title));
      }
    }
    Path target = report == null ? root.resolve("chaos/target/runs/" + drawn) : report;
    System.out.println("building images");
    if (image == null) {
      Images.build(root);
    } else {
      Images.buildNet(root);
    }
    Run.Plan plan =
        new Run.Plan(
            drawn,
            kinds,
            alone,
            together,
            longest,
            rate,
            books,
            "bookvotes-chaos",
            image == null ? Images.PROCESSOR : image,
            root.resolve("chaos"),
            target);
    Report result = new Run(plan, System.out).execute();
    System.out.println("report and logs: " + target.toAbsolutePath());
    return result.passed() ? 0 : 1;
  }
}

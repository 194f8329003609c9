package org.bookvotes.app;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.SqlState;
import org.bookvotes.workers.LaunchComparison;
import org.bookvotes.workers.LaunchComparison.Way;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

@Command(
    name = "launch",
    mixinStandardHelpOptions = true,
    description = {
      "Times how long it takes to have SELECT 1 run again and again: plainly in one session, by a worker of pg_background"
          + " each, and by a session of dblink each. Beside it are the figures of the course that this project started from,"
          + " for 1,000 runs on its machine.",
      "Needs a migrated database. A way that the database does not have, or that its user may not go, is left out, and the"
          + " reason is told.",
      ""
    })
final class LaunchBenchCommand extends SettingsCommand {

  private static final int COURSE_RUNS = 1000;
  private static final Map<Way, Duration> COURSE =
      new EnumMap<>(
          Map.of(
              Way.PLAIN,
              Duration.ofNanos(5_500_000),
              Way.PG_BACKGROUND,
              Duration.ofSeconds(4),
              Way.DBLINK,
              Duration.ofMillis(6400)));

  @Option(
      names = "--runs",
      paramLabel = "<n>",
      defaultValue = "1000",
      description = "Runs of each way in a round. Default: 1000.")
  private int runs;

  @Option(
      names = "--rounds",
      paramLabel = "<n>",
      defaultValue = "3",
      description = "Rounds; the ways take turns, and medians are printed. Default: 3.")
  private int rounds;

  /** One way to run the statement, as far as it is open. */
  private static final class Lane {
    private final Way way;
    private final List<Duration> times = new ArrayList<>();
    private String engine = "";
    private @Nullable String closed;

    Lane(Way way) {
      this.way = way;
    }

    String name() {
      return way.name().toLowerCase(Locale.ROOT);
    }

    /** Of an even number of rounds, the longer of the two in the middle. */
    Duration median() {
      return times.stream().sorted().toList().get(times.size() / 2);
    }
  }

  @Override
  Set<Setting> settings() {
    return DATABASE;
  }

  @Override
  int run(ProcessorConfig config) throws Exception {
    if (runs < 1 || rounds < 1) {
      throw new ParameterException(
          spec().commandLine(), "--runs and --rounds: a whole number from 1 on");
    }
    List<Lane> lanes = new ArrayList<>();
    for (Way way : Way.values()) {
      lanes.add(new Lane(way));
    }
    try (Database database = openDatabase(config, 1);
        LaunchComparison comparison = new LaunchComparison(database)) {
      for (Lane lane : lanes) {
        attempt(lane, () -> lane.engine = comparison.prepare(lane.way));
      }
      for (int round = 1; round <= rounds; round++) {
        for (Lane lane : lanes) {
          err().printf("round %d of %d: %s%n", round, rounds, lane.name());
          err().flush();
          attempt(lane, () -> lane.times.add(comparison.time(lane.engine, runs)));
        }
      }
    }
    print(lanes);
    return 0;
  }

  private interface Step {
    void run() throws SQLException;
  }

  /** Takes a step, unless the way is closed; an error of the server's closes it. */
  private static void attempt(Lane lane, Step step) throws SQLException {
    if (lane.closed != null) {
      return;
    }
    try {
      step.run();
    } catch (SQLException e) {
      if (lane.way == Way.PLAIN || SqlState.OPERATOR_INTERVENTION.matches(e)) {
        throw e;
      }
      lane.closed =
          Printable.of(String.valueOf(e.getMessage()).replaceAll("\\s*\\R\\s*", "; "), 300)
              + " ("
              + SqlState.of(e)
              + "); 'bookvotes doctor --worker-engine "
              + lane.name()
              + "' tells what is missing";
    }
  }

  private void print(List<Lane> lanes) {
    out()
        .printf(
            Locale.ROOT,
            "%,d times SELECT 1, the median of %d; the course's figures are of %,d times%n%n",
            runs,
            rounds,
            COURSE_RUNS);
    out().printf("%-14s %25s   %25s%n", "", "this server", "the course");
    out().printf("%-14s %12s %12s   %12s %12s%n", "", "total", "each", "total", "each");
    for (Lane lane : lanes) {
      Duration course = COURSE.getOrDefault(lane.way, Duration.ZERO);
      boolean open = lane.closed == null;
      out()
          .printf(
              "%-14s %12s %12s   %12s %12s%n",
              lane.name(),
              open ? text(lane.median(), 1) : "-",
              open ? text(lane.median(), runs) : "-",
              text(course, 1),
              text(course, COURSE_RUNS));
    }
    out().println();
    for (Lane lane : lanes) {
      if (lane.closed != null) {
        out().printf("%s was left out: %s%n", lane.name(), lane.closed);
      } else if (!lane.engine.isEmpty() && !lane.engine.equals(lane.name())) {
        out()
            .printf(
                "%s has the functions of version %s%n",
                lane.name(), lane.engine.replace(lane.name() + " ", ""));
      }
    }
    out().flush();
  }

  /** A part of {@code total}, in three digits. */
  private static String text(Duration total, int parts) {
    double nanos = total.toNanos() / (double) parts;
    if (nanos >= 1e9) {
      return String.format(Locale.ROOT, "%.3g s", nanos / 1e9);
    }
    return nanos >= 1e6
        ? String.format(Locale.ROOT, "%.3g ms", nanos / 1e6)
        : String.format(Locale.ROOT, "%.3g µs", nanos / 1e3);
  }
}

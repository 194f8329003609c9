package org.bookvotes.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.bookvotes.postgres.Database;
import org.bookvotes.workers.WorkersView.EndedRun;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = {
      "Shows the backlog, the worker slots, the server's pool of workers and the last runs of all replicas.",
      ""
    })
final class StatusCommand extends SettingsCommand {

  private static final int MOST_RUNS = 1000;
  private static final int MOST_MESSAGE_CHARS = 200;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Option(names = "--watch", description = "Print again every second, until interrupted.")
  private boolean watch;

  @Option(
      names = "--runs",
      paramLabel = "<count>",
      defaultValue = "10",
      description =
          "How many of the last runs to show, 0 to "
              + MOST_RUNS
              + "; by default ${DEFAULT-VALUE}. The table bookvotes.worker_runs has more.")
  private int runCount;

  @Option(
      names = "--replica",
      paramLabel = "<url>",
      description =
          "Also show what this replica has done, from its management port: http://localhost:8080")
  private @Nullable URI replica;

  private record Replica(ClusterStatus cluster, @Nullable JsonNode replica) {}

  @Override
  Set<Setting> settings() {
    Set<Setting> settings = EnumSet.copyOf(DATABASE);
    settings.add(Setting.WORKER_SLOTS);
    settings.add(Setting.VOTES_TOPIC);
    return settings;
  }

  @Override
  int run(ProcessorConfig config) throws Exception {
    if (runCount < 0 || runCount > MOST_RUNS) {
      throw new ParameterException(
          spec().commandLine(), "--runs is " + runCount + ", allowed is 0 to " + MOST_RUNS);
    }
    try (Database database = openDatabase(config, 1)) {
      CountDownLatch never = new CountDownLatch(1);
      do {
        Replica status =
            new Replica(
                ClusterStatus.read(
                    database.transactions(), config.workerSlots(), config.votesTopic(), runCount),
                askReplica());
        if (json) {
          out().println(StatusReport.JSON.writeValueAsString(status));
        } else {
          if (watch && ProgressLine.isTerminal()) {
            out().print("\u001b[H\u001b[2J");
          }
          print(status.cluster());
          if (status.replica() != null) {
            print(status.replica());
          }
        }
        out().flush();
      } while (watch && !never.await(1, TimeUnit.SECONDS));
      return 0;
    }
  }

  private @Nullable JsonNode askReplica() throws IOException, InterruptedException {
    if (replica == null) {
      return null;
    }
    try (HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build()) {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(replica.resolve("/api/status"))
                  .timeout(Duration.ofSeconds(10))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new IOException(
            replica + " answered " + answer.statusCode() + ": " + answer.body().strip());
      }
      return StatusReport.JSON.readTree(answer.body()).get("replica");
    } catch (java.net.ConnectException e) {
      throw new IOException("no replica answers at " + replica + ", check --replica", e);
    }
  }

  private void print(ClusterStatus status) {
    out()
        .printf(
            Locale.ROOT,
            "stale books       %,d (oldest %.1f s)%n",
            status.staleBooks(),
            status.oldestStaleSeconds());
    ClusterStatus.Pool pool = status.pool();
    out()
        .printf(
            Locale.ROOT,
            "server's workers  %d of %d free, %d ours, %d others%n",
            pool.free(),
            pool.size(),
            pool.ours(),
            pool.others());
    for (ClusterStatus.Slot slot : status.slots()) {
      String running =
          slot.command() == null
              ? ""
              : String.format(
                  Locale.ROOT,
                  "%s, worker %d, %.1f s",
                  slot.command(),
                  slot.pid(),
                  slot.runsSeconds());
      out().printf(Locale.ROOT, "slot %-3d          %-8s %s%n", slot.slot(), slot.state(), running);
    }
    for (EndedRun run : status.lastRuns()) {
      out().printf("run               %s%n", text(run));
    }
  }

  /** One line; times in UTC. */
  private static String text(EndedRun run) {
    StringBuilder text = new StringBuilder();
    text.append(run.finishedAt().truncatedTo(ChronoUnit.SECONDS))
        .append(
            String.format(
                Locale.ROOT,
                "  slot %-3d %s%s %s in %.2f s",
                run.slot(),
                run.command(),
                run.table() == null ? "" : " " + run.table(),
                run.outcome(),
                Duration.between(run.startedAt(), run.finishedAt()).toNanos() / 1e9));
    if (run.batches() > 0) {
      text.append(
          String.format(Locale.ROOT, ", %,d books in batches: %,d", run.books(), run.batches()));
    }
    if (run.removedRows() != null) {
      text.append(String.format(Locale.ROOT, ", dead rows removed: %,d", run.removedRows()));
    }
    text.append(run.pid() == null ? "" : ", worker " + run.pid())
        .append(", replica ")
        .append(Printable.of(run.replica(), MOST_MESSAGE_CHARS));
    if (run.message() != null) {
      text.append(run.sqlState() == null ? ": " : ": " + run.sqlState() + " ")
          .append(Printable.of(run.message(), MOST_MESSAGE_CHARS));
    }
    return text.toString();
  }

  private void print(JsonNode status) {
    JsonNode freshness = status.path("freshness");
    out()
        .printf(
            Locale.ROOT,
            "votes counted     %,d up, %,d down, %,.0f a second%n",
            status.path("votesUp").asLong(),
            status.path("votesDown").asLong(),
            status.path("votesPerSecond").asDouble());
    out()
        .printf(
            Locale.ROOT,
            "recalculated      %,d books, %,d of them without a worker%s%n",
            status.path("recalculatedBooks").asLong(),
            status.path("fallbackBooks").asLong(),
            status.path("degraded").asBoolean()
                ? "; degraded: the server has had no worker for long"
                : "");
    if (freshness.path("p50Seconds").isNumber()) {
      out()
          .printf(
              Locale.ROOT,
              "freshness         p50 %.2f s, p99 %.2f s%n",
              freshness.path("p50Seconds").asDouble(),
              freshness.path("p99Seconds").asDouble());
    }
    out().printf("launches          %s%n", flat(status.path("launches")));
    out().printf("launch retries    %s%n", flat(status.path("launchRetries")));
    out()
        .printf(
            Locale.ROOT,
            "vacuums           %,d rows removed, blocked: %s%n",
            status.path("vacuumRemovedRows").asLong(),
            flat(status.path("blockedVacuums")));
    out().printf("dead letters      %s%n", flat(status.path("deadLetters")));
  }

  /** {@code {"a": {"b": 1}}} as {@code a b 1}. */
  private static String flat(JsonNode node) {
    if (node.isEmpty()) {
      return "none";
    }
    return node.toString().replaceAll("[{}\"]", "").replace(":", " ").replace(",", ", ");
  }
}

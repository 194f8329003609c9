package org.bookvotes.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.bookvotes.postgres.Database;
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
  private static final ObjectWriter JSON_LINE =
      StatusReport.JSON.writer().without(SerializationFeature.INDENT_OUTPUT);

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Option(
      names = "--watch",
      description = {
        "Show it again every second, until interrupted: drawn in place on a terminal, elsewhere a",
        "line of the most important a second. With --json a line of JSON a second."
      })
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

  private record Status(ClusterStatus cluster, @Nullable JsonNode replica) {}

  @Override
  Set<Setting> settings() {
    Set<Setting> settings = EnumSet.copyOf(DATABASE);
    settings.add(Setting.WORKER_SLOTS);
    return settings;
  }

  @Override
  int run(ProcessorConfig config) throws Exception {
    if (runCount < 0 || runCount > MOST_RUNS) {
      throw new ParameterException(
          spec().commandLine(), "--runs is " + runCount + ", allowed is 0 to " + MOST_RUNS);
    }
    try (Database database = openDatabase(config, 1)) {
      Status status = read(database, config);
      if (!watch) {
        out()
            .println(
                json
                    ? StatusReport.JSON.writeValueAsString(status)
                    : String.join("\n", lines(status)));
        out().flush();
        return 0;
      }
      watch(status, database, config);
      return 0;
    }
  }

  private Status read(Database database, ProcessorConfig config) throws Exception {
    return new Status(
        ClusterStatus.read(database.transactions(), config.workerSlots(), runCount), askReplica());
  }

  private static List<String> lines(Status status) {
    List<String> lines = new ArrayList<>(StatusText.lines(status.cluster()));
    if (status.replica() != null) {
      lines.addAll(StatusText.lines(status.replica()));
    }
    return lines;
  }

  /** Until interrupted, also while the database is away: who watches wants to see it come back. */
  private void watch(Status first, Database database, ProcessorConfig config) throws Exception {
    boolean terminal = !json && ProgressLine.isTerminal();
    try (TerminalScreen screen = new TerminalScreen(out())) {
      // Ctrl-C ends it: the terminal shall be as it was.
      Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(screen::close));
      CountDownLatch never = new CountDownLatch(1);
      Status status = first;
      while (true) {
        if (terminal) {
          List<String> lines = new ArrayList<>(List.of("at                " + now(), ""));
          lines.addAll(lines(status));
          screen.draw(lines);
        } else {
          print(
              json
                  ? JSON_LINE.writeValueAsString(status)
                  : now() + " " + StatusText.summary(status.cluster()));
        }
        Status next = null;
        while (next == null) {
          never.await(1, TimeUnit.SECONDS);
          try {
            next = read(database, config);
          } catch (SQLException | IOException e) {
            String message = Printable.of(String.valueOf(e.getMessage()), MOST_MESSAGE_CHARS);
            if (terminal) {
              screen.draw(
                  List.of("at                " + now(), "", "no answer         " + message));
            } else {
              print(
                  json
                      ? JSON_LINE.writeValueAsString(Map.of("error", message))
                      : now() + " no answer: " + message);
            }
          }
        }
        status = next;
      }
    }
  }

  private void print(String line) {
    out().println(line);
    out().flush();
  }

  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS);
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
}

package org.bookvotes.app;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bookvotes.app.Finding.Fix;
import org.bookvotes.app.Finding.Level;
import picocli.CommandLine.Command;

@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Checks everything that a start needs: the database, its extension, workers, connections, schema and rights;"
          + " Kafka, its topics and rights.",
      "Changes nothing. One line for each thing looked at, and below what is wrong the commands that mend it.",
      "Use the settings that 'run' will get, and run it where 'run' will run.",
      ""
    },
    footer = {
      "",
      "  ok    as it should be",
      "  warn  a start works, but not as well as it could",
      "  FAIL  a start does not work, or loses something",
      "",
      "Exit codes: 0 nothing failed, 1 something failed, 2 wrong usage or settings."
    })
final class DoctorCommand extends SettingsCommand {

  private final Map<Level, Integer> counts = new EnumMap<>(Level.class);

  @Override
  Set<Setting> settings() {
    Set<Setting> settings = EnumSet.copyOf(KAFKA);
    settings.addAll(DATABASE);
    settings.add(Setting.WORKER_ENGINE);
    settings.add(Setting.WORKER_SLOTS);
    settings.add(Setting.HTTP_PORT);
    return settings;
  }

  @Override
  int run(ProcessorConfig config) throws Exception {
    look("database", new DatabaseDiagnosis(config, this::print)::run);
    look("kafka", new KafkaDiagnosis(config, clientFile(config), this::print)::run);
    print(httpPort(config.httpPort()));

    int failed = counts.getOrDefault(Level.FAIL, 0);
    out().println();
    out()
        .printf(
            "%d ok, %d to improve, %d failed: a start %s%n",
            counts.getOrDefault(Level.OK, 0),
            counts.getOrDefault(Level.WARN, 0),
            failed,
            failed == 0 ? "works" : "does not work");
    out().flush();
    return failed == 0 ? 0 : 1;
  }

  private interface Look {
    void run() throws Exception;
  }

  /** What fails unforeseen is a finding too: the rest is still looked at. */
  private void look(String subject, Look look) throws InterruptedException {
    try {
      look.run();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      print(Finding.fail(subject, "cannot be looked at: " + e));
    }
  }

  /** The file with the Kafka client's settings for a shell, empty for none. */
  private String clientFile(ProcessorConfig config) {
    String flag =
        SettingsOptions.given(spec().commandLine().getParseResult()).get(Setting.KAFKA_PROPERTIES);
    if (flag != null) {
      return TopicCommands.quoted(flag);
    }
    return config.kafkaProperties().isEmpty()
        ? ""
        : "\"$" + Setting.KAFKA_PROPERTIES.variable() + "\"";
  }

  private void print(Finding finding) {
    counts.merge(finding.level(), 1, Integer::sum);
    finding.lines().forEach(out()::println);
    out().flush();
  }

  private static Finding httpPort(int port) {
    try (ServerSocket socket = new ServerSocket(port)) {
      return Finding.ok("http port", socket.getLocalPort() + " is free");
    } catch (IOException e) {
      return Finding.warn(
          "http port",
          port + " is taken, by a replica that is running already or by something else",
          new Fix(
              "in a shell, to take any free one",
              List.of("export " + Setting.HTTP_PORT.variable() + "=0")));
    }
  }
}

package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bookvotes.deploy.Kustomization;
import org.bookvotes.deploy.Manifest;
import org.bookvotes.observability.ManagementServer;
import org.bookvotes.workers.RunJournal;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the manifests say of the processor is true of it. */
class DeployedSettingsTest {

  /** For the connections that are closed at last; the pool waits for those that do not end. */
  private static final Duration CLOSING_CONNECTIONS = Duration.ofSeconds(15);

  @TempDir Path files;

  static List<Kustomization> overlays() {
    return Kustomization.shipped();
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void everyVariableIsASetting(Kustomization overlay) {
    Set<String> known =
        Stream.concat(
                Arrays.stream(Setting.values()).map(Setting::variable),
                // Read by the JVM itself.
                Stream.of("JAVA_TOOL_OPTIONS"))
            .collect(Collectors.toSet());

    assertThat(known).containsAll(variables(overlay, "bookvotes").keySet());
    assertThat(known).containsAll(variables(overlay, "migrate").keySet());
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void theProcessorStartsWithThem(Kustomization overlay) throws IOException {
    ProcessorConfig config = config(overlay, "bookvotes");

    assertThat(config.databaseUser()).isEqualTo("username of bookvotes-database");
    assertThat(config.databasePassword()).isEqualTo("a secret");
    assertThat(config.httpPort())
        .isEqualTo(
            overlay.deployment().container("bookvotes").at("/ports/0/containerPort").asInt());
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void theMigrationGoesToTheSameDatabaseAsItsOwner(Kustomization overlay) throws IOException {
    ProcessorConfig migration = config(overlay, "migrate");

    assertThat(migration.databaseUrl()).isEqualTo(config(overlay, "bookvotes").databaseUrl());
    assertThat(migration.databaseUser()).isEqualTo("username of bookvotes-database-owner");
    assertThat(migration.databasePassword()).isEqualTo("a secret");
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void aStopHasTheTimeThatItMayTake(Kustomization overlay) throws IOException {
    Duration longest =
        config(overlay, "bookvotes")
            .workerTimeBudget()
            .plus(Processor.STOP_MARGIN)
            .plus(Dispatching.ABANDON_TIMEOUT)
            .plus(RunJournal.CLOSE_TIMEOUT)
            .plus(ManagementServer.CLOSE_TIMEOUT)
            .plus(CLOSING_CONNECTIONS);

    assertThat(
            Duration.ofSeconds(
                overlay.deployment().podSpec().path("terminationGracePeriodSeconds").asInt()))
        .isGreaterThanOrEqualTo(longest);
  }

  /** The settings of a container, with files in place of those that would be mounted. */
  private ProcessorConfig config(Kustomization overlay, String container) throws IOException {
    Map<String, String> variables = new HashMap<>(variables(overlay, container));
    for (Setting file : List.of(Setting.DATABASE_PASSWORD_FILE, Setting.KAFKA_PROPERTIES)) {
      String path = variables.get(file.variable());
      if (path != null) {
        assertThat(overlay.deployment().container(container).path("volumeMounts"))
            .as("%s is mounted", path)
            .anyMatch(mount -> path.startsWith(mount.path("mountPath").asText() + "/"));
        Path copy = files.resolve(file.name());
        Files.writeString(copy, file == Setting.KAFKA_PROPERTIES ? "" : "a secret\n");
        variables.put(file.variable(), copy.toString());
      }
    }
    return ProcessorConfig.read(Map.of(), variables);
  }

  /** The environment variables of a container. */
  private static Map<String, String> variables(Kustomization overlay, String name) {
    Map<String, String> variables = new HashMap<>();
    JsonNode container = overlay.deployment().container(name);
    if (container.has("envFrom")) {
      overlay
          .settings()
          .at("/data")
          .properties()
          .forEach(e -> variables.put(e.getKey(), e.getValue().asText()));
    }
    container
        .path("env")
        .forEach(
            variable -> variables.put(variable.path("name").asText(), value(overlay, variable)));
    return variables;
  }

  private static String value(Kustomization overlay, JsonNode variable) {
    JsonNode secret = variable.at("/valueFrom/secretKeyRef");
    JsonNode setting = variable.at("/valueFrom/configMapKeyRef");
    if (!secret.isMissingNode()) {
      return secret.path("key").asText() + " of " + secret.path("name").asText();
    }
    if (!setting.isMissingNode()) {
      Manifest settings = overlay.settings();
      assertThat(setting.path("name").asText()).isEqualTo(settings.name());
      return settings.at("/data").path(setting.path("key").asText()).asText();
    }
    return variable.path("value").asText();
  }
}

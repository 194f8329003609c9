package org.bookvotes.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of {@code docs/kubernetes.md} work, and fit the manifests. */
class DocumentationTest {

  private static final Pattern YAML = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);

  @TempDir Path directory;

  @Test
  void anOverlayOfOnesOwnChangesWhatItSaysAndNothingElse() throws IOException {
    Kustomization own = build(example("# kustomization.yaml"));

    assertThat(own.manifests())
        .allSatisfy(
            manifest -> {
              assertThat(StrictSchemas.problems(manifest)).as("%s", manifest).isEmpty();
              assertThat(manifest.at("/metadata/namespace").asText()).isEqualTo("votes");
            });
    assertThat(own.deployment().containers())
        .hasSize(2)
        .allSatisfy(
            container ->
                assertThat(container.path("image").asText())
                    .matches("registry.example.com/votes/bookvotes@sha256:[0-9a-f]{64}"));
    assertThat(own.settings().at("/data/BOOKVOTES_WORKER_SLOTS").asText()).isEqualTo("6");
    assertThat(own.settings().at("/data/BOOKVOTES_VOTES_TOPIC").asText()).isEqualTo("book-votes");
    assertThat(own.only("ScaledObject").at("/spec/triggers/0/metadata/bootstrapServers"))
        .isEqualTo(own.settings().at("/data/BOOKVOTES_KAFKA_BOOTSTRAP_SERVERS"));
    assertThat(own.deployment().podSpec().path("terminationGracePeriodSeconds").asInt())
        .isEqualTo(65);
    assertThat(own.deployment().podSpec().path("terminationGracePeriodSeconds").asInt() - 45)
        .as("as much longer as the time budget")
        .isEqualTo(30 - 10);
    assertThat(policy(own, "bookvotes").at("/spec/egress/2/to/0/ipBlock/cidr").asText())
        .isEqualTo("192.0.2.10/32");
    assertThat(policy(own, "bookvotes-metrics").at("/spec/ingress")).hasSize(1);
  }

  @Test
  void aReplicaThatNeedNotMigrateHasNothingOfTheOwner() throws IOException {
    Kustomization elsewhere =
        build("resources: [../bookvotes/deploy/k8s/base]\n" + example("$patch: delete"));

    assertThat(elsewhere.deployment().containers()).hasSize(1);
    assertThat(elsewhere.deployment().tree().toString()).doesNotContain("owner");
    assertThat(elsewhere.manifests())
        .allSatisfy(manifest -> assertThat(StrictSchemas.problems(manifest)).isEmpty());
  }

  @Test
  void kafkaAndPostgresqlHaveRoomForAllReplicas() throws IOException {
    Manifest topic = Kustomization.parse(example("kind: KafkaTopic")).getFirst();
    JsonNode parameters =
        Kustomization.parse(example("kind: Cluster")).getFirst().at("/spec/postgresql/parameters");
    Kustomization production = Kustomization.production();
    int replicas = production.only("ScaledObject").at("/spec/maxReplicaCount").asInt();
    int slots = production.settings().at("/data/BOOKVOTES_WORKER_SLOTS").asInt();

    assertThat(topic.name())
        .isEqualTo(production.settings().at("/data/BOOKVOTES_VOTES_TOPIC").asText());
    assertThat(topic.at("/spec/partitions").asInt()).isEqualTo(replicas);
    // One more replica during an update, and those who migrate.
    assertThat(parameters.path("max_connections").asInt())
        .isGreaterThan((replicas + 1) * (slots + 7) + 3 * replicas);
    assertThat(parameters.path("max_worker_processes").asInt()).isGreaterThan(slots);
  }

  private static Manifest policy(Kustomization kustomization, String name) {
    return kustomization.ofKind("NetworkPolicy").stream()
        .filter(policy -> policy.name().equals(name))
        .findAny()
        .orElseThrow();
  }

  /** Builds a {@code kustomization.yaml} that lies beside a copy of this repository. */
  private Kustomization build(String text) throws IOException {
    Path repository =
        directory.toRealPath().relativize(Kustomization.DEPLOY.getParent().toRealPath());
    Files.writeString(
        directory.resolve("kustomization.yaml"),
        text.replace("../bookvotes", repository.toString()));
    return Kustomization.build(directory);
  }

  /** The example that has {@code part} in it. */
  private static String example(String part) throws IOException {
    List<String> examples =
        YAML.matcher(Files.readString(Kustomization.DEPLOY.resolve("../docs/kubernetes.md")))
            .results()
            .map(match -> match.group(1))
            .filter(example -> example.contains(part))
            .toList();
    assertThat(examples).as("examples with %s", part).hasSize(1);
    return examples.getFirst();
  }
}

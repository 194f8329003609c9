package org.bookvotes.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a security review looks for. The first tests are the Pod Security Standard "restricted", as
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/ lists it.
 */
class PolicyTest {

  private static final List<String> NEVER =
      List.of(
          "hostNetwork", "hostPID", "hostIPC", "hostPort", "hostPath", "privileged", "procMount");

  static List<Kustomization> overlays() {
    return Kustomization.shipped();
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void podsTakeNothingOfTheirHost(Kustomization overlay) {
    assertThat(Manifest.all(overlay.deployment().tree()))
        .noneMatch(node -> NEVER.stream().anyMatch(node::has))
        .noneMatch(node -> node.at("/capabilities/add").isArray());
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void podsAreNotRootAndCannotBecomeIt(Kustomization overlay) {
    JsonNode pod = overlay.deployment().podSpec().path("securityContext");
    assertThat(pod.path("runAsNonRoot").asBoolean()).isTrue();
    assertThat(pod.path("runAsUser").asInt()).isPositive();
    assertThat(pod.path("runAsGroup").asInt()).isPositive();
    assertThat(pod.at("/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
    assertThat(overlay.deployment().containers())
        .isNotEmpty()
        .allSatisfy(
            container -> {
              JsonNode own = container.path("securityContext");
              assertThat(own.path("allowPrivilegeEscalation").asText()).isEqualTo("false");
              assertThat(own.at("/capabilities/drop/0").asText()).isEqualTo("ALL");
              assertThat(own.path("readOnlyRootFilesystem").asText()).isEqualTo("true");
              assertThat(own.has("runAsUser") || own.has("runAsNonRoot"))
                  .as("overrides its pod")
                  .isFalse();
            });
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void volumesAreFilesOfTheClusterAndABoundedDirectory(Kustomization overlay) {
    assertThat(overlay.deployment().podSpec().path("volumes"))
        .isNotEmpty()
        .allSatisfy(
            volume -> {
              assertThat(Set.of("secret", "configMap", "emptyDir"))
                  .as("%s", volume)
                  .anyMatch(volume::has);
              assertThat(volume.size()).as("%s", volume).isEqualTo(2);
              if (volume.has("emptyDir")) {
                assertThat(volume.at("/emptyDir/sizeLimit").asText()).isNotEmpty();
              }
            });
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void nobodyGetsATokenOrARight(Kustomization overlay) {
    assertThat(overlay.deployment().podSpec().path("automountServiceAccountToken").asText())
        .isEqualTo("false");
    assertThat(overlay.deployment().podSpec().path("serviceAccountName").asText())
        .isEqualTo(overlay.only("ServiceAccount").name());
    assertThat(overlay.only("ServiceAccount").at("/automountServiceAccountToken").asText())
        .isEqualTo("false");
    assertThat(overlay.manifests()).noneMatch(manifest -> manifest.kind().contains("Role"));
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void imagesAreOfAVersion(Kustomization overlay) {
    assertThat(overlay.deployment().containers())
        .extracting(container -> container.path("image").asText())
        .allSatisfy(image -> assertThat(image).matches(".+(:[^:/@]+|@sha256:[0-9a-f]{64})"))
        .noneMatch(image -> image.endsWith(":latest"));
    assertThat(overlay.deployment().containers())
        .extracting(container -> container.path("image").asText())
        .as("the migration is that of the replica")
        .containsOnly(overlay.deployment().container("bookvotes").path("image").asText());
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void resourcesAreBounded(Kustomization overlay) {
    assertThat(overlay.deployment().containers())
        .extracting(container -> container.path("resources"))
        .allSatisfy(
            resources -> {
              assertThat(resources.at("/requests/cpu").asText()).isNotEmpty();
              assertThat(resources.at("/limits/cpu").asText()).isNotEmpty();
              assertThat(resources.at("/limits/memory").asText())
                  .as("memory that was not asked for may not be there")
                  .isNotEmpty()
                  .isEqualTo(resources.at("/requests/memory").asText());
            });
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void secretsAreOnlyReferredTo(Kustomization overlay) {
    assertThat(overlay.ofKind("Secret")).isEmpty();
    Stream<String> values =
        Stream.concat(
                overlay.ofKind("ConfigMap").stream().flatMap(map -> Manifest.all(map.at("/data"))),
                overlay.deployment().containers().stream().flatMap(Manifest::all))
            .filter(JsonNode::isTextual)
            .map(JsonNode::asText);
    assertThat(values)
        .noneMatch(value -> value.contains("PRIVATE KEY"))
        .noneMatch(value -> value.matches("(?is).*(password|secret)\\s*=\\s*[^$\\s].*"))
        .noneMatch(value -> value.matches("(?i).*//[^/]*:[^/]*@.*"));
    assertThat(overlay.deployment().containers().stream().flatMap(c -> c.path("env").valueStream()))
        .filteredOn(variable -> variable.has("value"))
        .extracting(variable -> variable.path("name").asText())
        .containsOnly("BOOKVOTES_DATABASE_PASSWORD_FILE", "JAVA_TOOL_OPTIONS");
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void onlyTheMigrationHasTheOwnersPassword(Kustomization overlay) {
    Manifest deployment = overlay.deployment();

    assertThat(secretsOf(deployment, "bookvotes"))
        .contains("bookvotes-database")
        .doesNotContain("bookvotes-database-owner");
    assertThat(secretsOf(deployment, "migrate"))
        .contains("bookvotes-database-owner")
        .doesNotContain("bookvotes-database", "bookvotes-kafka-user");
  }

  /** The names of the Secrets that a container sees, as variables or files. */
  private static List<String> secretsOf(Manifest deployment, String name) {
    JsonNode container = deployment.container(name);
    Stream<String> variables =
        Manifest.all(container)
            .map(node -> node.at("/secretKeyRef/name"))
            .filter(JsonNode::isTextual)
            .map(JsonNode::asText);
    List<String> mounted = container.path("volumeMounts").findValuesAsText("name");
    Stream<String> files =
        deployment
            .podSpec()
            .path("volumes")
            .valueStream()
            .filter(volume -> mounted.contains(volume.path("name").asText()))
            .map(volume -> volume.at("/secret/secretName"))
            .filter(JsonNode::isTextual)
            .map(JsonNode::asText);
    return Stream.concat(variables, files).toList();
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void everythingThatIsNotNeededIsDenied(Kustomization overlay) {
    JsonNode labels = overlay.deployment().at("/spec/template/metadata/labels");
    assertThat(overlay.ofKind("NetworkPolicy"))
        .allSatisfy(
            policy -> {
              assertThat(matches(policy.at("/spec/podSelector/matchLabels"), labels)).isTrue();
              assertThat(policy.at("/spec/podSelector/matchLabels")).isNotEmpty();
              assertThat(policy.at("/spec/ingress")).allSatisfy(rule -> assertNarrow(rule, "from"));
              assertThat(policy.at("/spec/egress")).allSatisfy(rule -> assertNarrow(rule, "to"));
            });
    assertThat(overlay.ofKind("NetworkPolicy"))
        .as("a policy that closes both directions")
        .anySatisfy(
            policy ->
                assertThat(policy.at("/spec/policyTypes"))
                    .extracting(JsonNode::asText)
                    .containsExactlyInAnyOrder("Ingress", "Egress"));
  }

  /** A rule without peers, or with an empty selector of pods, is open to everybody. */
  private static void assertNarrow(JsonNode rule, String peers) {
    assertThat(rule.path("ports")).as("ports of %s", rule).isNotEmpty();
    assertThat(rule.path(peers))
        .as("peers of %s", rule)
        .isNotEmpty()
        .allSatisfy(peer -> assertThat(peer.at("/podSelector/matchLabels")).isNotEmpty());
  }

  /** Whether a selector's labels are all among those of an object. */
  static boolean matches(JsonNode selector, JsonNode labels) {
    return selector
        .propertyStream()
        .allMatch(label -> label.getValue().equals(labels.get(label.getKey())));
  }
}

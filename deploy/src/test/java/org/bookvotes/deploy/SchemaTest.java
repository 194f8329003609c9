package org.bookvotes.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every object of every overlay is what the cluster knows under its kind. */
class SchemaTest {

  static List<Kustomization> overlays() {
    return Kustomization.shipped();
  }

  /** One object of each kind. */
  static Stream<Manifest> kinds() {
    Map<String, Manifest> kinds =
        Kustomization.production().manifests().stream()
            .collect(Collectors.toMap(Manifest::kind, manifest -> manifest, (one, other) -> one));
    return kinds.values().stream();
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void eachObjectIsOfItsKind(Kustomization overlay) {
    assertThat(overlay.manifests())
        .isNotEmpty()
        .allSatisfy(
            manifest -> assertThat(StrictSchemas.problems(manifest)).as("%s", manifest).isEmpty());
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void allGoesToOneNamespace(Kustomization overlay) {
    assertThat(overlay.manifests())
        .allSatisfy(
            manifest ->
                assertThat(manifest.at("/metadata/namespace").asText()).isEqualTo("bookvotes"));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void anUnknownFieldFails(Manifest manifest) {
    assertFails(manifest, tree -> tree.put("replica", 2));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void anUnknownFieldOfTheSpecificationFails(Manifest manifest) {
    if (manifest.tree().has("spec")) {
      assertFails(manifest, tree -> ((ObjectNode) tree.get("spec")).put("replica", 2));
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void aValueOfAnotherTypeFails(Manifest manifest) {
    assertFails(manifest, tree -> ((ObjectNode) tree.get("metadata")).put("labels", "bookvotes"));
  }

  @Test
  void anUnknownFieldDeepInsideFails() {
    Kustomization production = Kustomization.production();
    assertFails(
        production.deployment(),
        tree ->
            ((ObjectNode) tree.at("/spec/template/spec/containers/0/livenessProbe"))
                .put("path", "/"));
    assertFails(
        production.only("ScaledObject"),
        tree -> ((ObjectNode) tree.at("/spec/triggers/0/authenticationRef")).put("secret", "x"));
    assertFails(
        production.only("ScaledObject"),
        tree -> ((ObjectNode) tree.at("/spec/triggers/0/metadata")).put("lagThreshold", 500_000));
    assertFails(
        production.only("PodMonitor"),
        tree -> ((ObjectNode) tree.at("/spec/podMetricsEndpoints/0")).put("intervall", "15s"));
    assertFails(
        production.only("PrometheusRule"),
        tree -> ((ObjectNode) tree.at("/spec/groups/0/rules/0")).put("severity", "page"));
  }

  @Test
  void anObjectWithoutASchemaFails() throws IOException {
    Manifest unknown =
        Kustomization.parse("apiVersion: v2\nkind: Pod\nmetadata: {name: odd}").getFirst();

    assertThat(StrictSchemas.problems(unknown)).isNotEmpty();
  }

  private static void assertFails(
      Manifest manifest, java.util.function.Consumer<ObjectNode> change) {
    JsonNode changed = manifest.tree().deepCopy();
    change.accept((ObjectNode) changed);
    assertThat(StrictSchemas.problems(new Manifest(changed))).isNotEmpty();
  }
}

package org.bookvotes.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Updates, drains and changes leave somebody who counts. */
class AvailabilityTest {

  static List<Kustomization> overlays() {
    return Kustomization.shipped();
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void anUpdateBringsTheNewReplicaBeforeTheOldOneGoes(Kustomization overlay) {
    JsonNode update = overlay.deployment().at("/spec/strategy/rollingUpdate");

    assertThat(update.path("maxUnavailable").asInt(-1)).isZero();
    assertThat(update.path("maxSurge").asInt()).isPositive();
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void migratesBeforeTheReplicaStarts(Kustomization overlay) {
    assertThat(overlay.deployment().at("/spec/template/spec/initContainers/0/args/0").asText())
        .isEqualTo("migrate");
    assertThat(overlay.deployment().container("bookvotes").at("/args/0").asText()).isEqualTo("run");
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void drainsTakeOneAtATimeAndUnreadyOnesAtOnce(Kustomization overlay) {
    Manifest budget = overlay.only("PodDisruptionBudget");

    assertThat(budget.at("/spec/maxUnavailable").asInt()).isEqualTo(1);
    assertThat(budget.at("/spec/unhealthyPodEvictionPolicy").asText()).isEqualTo("AlwaysAllow");
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void everySelectorFindsThePods(Kustomization overlay) {
    JsonNode labels = overlay.deployment().at("/spec/template/metadata/labels");
    Stream<JsonNode> selectors =
        Stream.concat(
            Stream.of("Deployment", "PodDisruptionBudget", "PodMonitor")
                .flatMap(kind -> overlay.ofKind(kind).stream())
                .map(manifest -> manifest.at("/spec/selector/matchLabels")),
            overlay
                .deployment()
                .podSpec()
                .path("topologySpreadConstraints")
                .valueStream()
                .map(constraint -> constraint.at("/labelSelector/matchLabels")));

    assertThat(selectors)
        .hasSizeGreaterThanOrEqualTo(4)
        .allSatisfy(
            selector -> {
              assertThat(selector).isNotEmpty();
              assertThat(PolicyTest.matches(selector, labels)).isTrue();
            });
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void aChangeOfSettingsRollsThePods(Kustomization overlay) {
    assertThat(overlay.settings().name())
        .as("ends in a digest of the contents")
        .matches("bookvotes-[a-z0-9]{10}");
  }

  @Test
  void prometheusNamesTheJobAsAlertsAndDashboardsDo() {
    Kustomization production = Kustomization.production();
    String label = production.only("PodMonitor").at("/spec/jobLabel").asText();

    assertThat(production.deployment().at("/spec/template/metadata/labels").path(label).asText())
        .isEqualTo("bookvotes");
    assertThat(production.only("PrometheusRule").tree().toString())
        .contains("{job=\\\"bookvotes\\\"}");
  }
}

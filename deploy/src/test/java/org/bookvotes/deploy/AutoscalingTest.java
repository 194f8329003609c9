package org.bookvotes.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Replicas follow the lag of the votes topic, and nothing else follows the replicas. */
class AutoscalingTest {

  /** Parameters of the trigger as KEDA documents them; the schema of a ScaledObject takes any. */
  private static final Set<String> PARAMETERS =
      Set.of(
          "bootstrapServers",
          "consumerGroup",
          "topic",
          "lagThreshold",
          "activationLagThreshold",
          "offsetResetPolicy",
          "allowIdleConsumers",
          "scaleToZeroOnInvalidOffset",
          "excludePersistentLag",
          "limitToPartitionsWithLag",
          "ensureEvenDistributionOfPartitions",
          "partitionLimitation",
          "tls",
          "sasl");

  private final Kustomization production = Kustomization.production();
  private final JsonNode scaled = production.only("ScaledObject").at("/spec");
  private final JsonNode trigger = scaled.at("/triggers/0");

  @Test
  void looksAtTheLagThatTheReplicasHave() {
    JsonNode settings = production.settings().at("/data");

    assertThat(scaled.path("triggers")).hasSize(1);
    assertThat(trigger.path("type").asText()).isEqualTo("apache-kafka");
    assertThat(trigger.at("/metadata/topic")).isEqualTo(settings.get("BOOKVOTES_VOTES_TOPIC"));
    assertThat(trigger.at("/metadata/consumerGroup"))
        .isEqualTo(settings.get("BOOKVOTES_CONSUMER_GROUP"));
    assertThat(trigger.at("/metadata/bootstrapServers"))
        .isEqualTo(settings.get("BOOKVOTES_KAFKA_BOOTSTRAP_SERVERS"));
    assertThat(trigger.path("metadata").propertyStream())
        .allSatisfy(parameter -> assertThat(PARAMETERS).contains(parameter.getKey()));
  }

  @Test
  void scalesNeitherBeyondThePartitionsNorForWhatDoesNotMove() {
    assertThat(trigger.at("/metadata/allowIdleConsumers").asText()).isEqualTo("false");
    assertThat(trigger.at("/metadata/limitToPartitionsWithLag").asText()).isEqualTo("true");
    assertThat(trigger.at("/metadata/excludePersistentLag").asText()).isEqualTo("true");
  }

  @Test
  void leavesTheNumberOfReplicasToKeda() {
    assertThat(scaled.at("/scaleTargetRef/name").asText())
        .isEqualTo(production.deployment().name());
    assertThat(production.deployment().at("/spec").has("replicas")).isFalse();
    assertThat(scaled.path("minReplicaCount").asInt())
        .as("one may go without a gap")
        .isGreaterThanOrEqualTo(2);
  }

  @Test
  void workerSlotsAreThoseOfTheDatabaseWhateverTheReplicas() {
    assertThat(Kustomization.shipped())
        .extracting(overlay -> overlay.settings().at("/data/BOOKVOTES_WORKER_SLOTS").asText())
        .hasSizeGreaterThan(1)
        .containsOnly("4");
  }

  @Test
  void kedaAuthenticatesAsTheReplicasDo() {
    Manifest authentication = production.only("TriggerAuthentication");

    assertThat(trigger.at("/authenticationRef/name").asText()).isEqualTo(authentication.name());
    assertThat(authentication.at("/spec/secretTargetRef"))
        .allSatisfy(
            reference ->
                assertThat(Manifest.all(production.deployment().podSpec().path("volumes")))
                    .as("%s", reference)
                    .anyMatch(
                        volume ->
                            volume.path("secretName").equals(reference.get("name"))
                                && volume
                                    .findValuesAsText("key")
                                    .contains(reference.get("key").asText())));
  }
}

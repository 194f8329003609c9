package org.bookvotes.deploy;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.kubernetes.client.openapi.JSON;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Checks an object as an API server with strict field validation does: an unknown field, a missing
 * one and a value of another type are problems. Kubernetes' own kinds are checked by the classes of
 * its client, custom resources by the schemas that {@code dev/custom-resource-schemas} has made.
 */
final class StrictSchemas {

  @FunctionalInterface
  private interface Fields {
    void check(JsonElement json) throws IOException;
  }

  /** The class of a kind, and its check for unknown and missing fields. */
  private record OwnKind(Class<?> type, Fields fields) {}

  private static final Map<String, OwnKind> KUBERNETES =
      Map.of(
          "v1 ConfigMap", new OwnKind(V1ConfigMap.class, V1ConfigMap::validateJsonElement),
          "v1 ServiceAccount",
              new OwnKind(V1ServiceAccount.class, V1ServiceAccount::validateJsonElement),
          "apps/v1 Deployment", new OwnKind(V1Deployment.class, V1Deployment::validateJsonElement),
          "networking.k8s.io/v1 NetworkPolicy",
              new OwnKind(V1NetworkPolicy.class, V1NetworkPolicy::validateJsonElement),
          "policy/v1 PodDisruptionBudget",
              new OwnKind(V1PodDisruptionBudget.class, V1PodDisruptionBudget::validateJsonElement));

  private static final Map<String, Schema> CUSTOM =
      Map.of(
          "keda.sh/v1alpha1 ScaledObject", schema("ScaledObject"),
          "keda.sh/v1alpha1 TriggerAuthentication", schema("TriggerAuthentication"),
          "monitoring.coreos.com/v1 PodMonitor", schema("PodMonitor"),
          "monitoring.coreos.com/v1 PrometheusRule", schema("PrometheusRule"));

  private StrictSchemas() {}

  /** What is wrong with an object; empty if nothing is. */
  static List<String> problems(Manifest manifest) {
    String kind = manifest.apiVersion() + " " + manifest.kind();
    OwnKind own = KUBERNETES.get(kind);
    if (own != null) {
      return problems(own, manifest.tree().toString());
    }
    Schema custom = CUSTOM.get(kind);
    if (custom != null) {
      return custom.validate(manifest.tree().toString(), InputFormat.JSON).stream()
          .map(Object::toString)
          .toList();
    }
    return List.of("there is no schema for " + kind);
  }

  private static List<String> problems(OwnKind kind, String json) {
    try {
      kind.fields().check(JsonParser.parseString(json));
      Object object = JSON.getGson().fromJson(json, kind.type());
      return object == null ? List.of("is nothing") : List.of();
    } catch (IOException | RuntimeException e) {
      return List.of(String.valueOf(e.getMessage()));
    }
  }

  private static Schema schema(String kind) {
    try (InputStream in = StrictSchemas.class.getResourceAsStream("/schemas/" + kind + ".json")) {
      if (in == null) {
        throw new IllegalStateException("the schema of " + kind + " is missing");
      }
      return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(new String(in.readAllBytes(), StandardCharsets.UTF_8), InputFormat.JSON);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

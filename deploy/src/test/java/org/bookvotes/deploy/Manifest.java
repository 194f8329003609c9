package org.bookvotes.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One object as it goes to the cluster.
 *
 * @param tree all of it
 */
public record Manifest(JsonNode tree) {

  public String apiVersion() {
    return tree.path("apiVersion").asText();
  }

  public String kind() {
    return tree.path("kind").asText();
  }

  public String name() {
    return tree.at("/metadata/name").asText();
  }

  /** What is at a JSON pointer; a missing node if nothing is. */
  public JsonNode at(String pointer) {
    return tree.at(pointer);
  }

  /** The pod of a workload; a missing node in other objects. */
  public JsonNode podSpec() {
    return tree.at("/spec/template/spec");
  }

  /** All containers of a workload's pod, those that run before the others included. */
  public List<JsonNode> containers() {
    List<JsonNode> containers = new ArrayList<>();
    for (String list : List.of("initContainers", "containers", "ephemeralContainers")) {
      podSpec().path(list).forEach(containers::add);
    }
    return containers;
  }

  /** The container of this name. */
  public JsonNode container(String name) {
    return containers().stream()
        .filter(container -> container.path("name").asText().equals(name))
        .findAny()
        .orElseThrow(() -> new IllegalStateException(this + " has no container " + name));
  }

  /** Every node below {@code node}, itself included. */
  public static Stream<JsonNode> all(JsonNode node) {
    return Stream.concat(Stream.of(node), node.valueStream().flatMap(Manifest::all));
  }

  @Override
  public String toString() {
    return kind() + " " + name();
  }
}

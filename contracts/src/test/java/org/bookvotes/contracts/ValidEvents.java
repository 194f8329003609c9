package org.bookvotes.contracts;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Draws events that are valid by a schema: candidates are made after its types, bounds, values,
 * formats and examples, and the schema itself chooses among them. Thread-safe.
 */
final class ValidEvents {

  private static final int MOST_TRIES = 1_000;
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final EventSchema schema;

  ValidEvents(EventSchema schema) {
    this.schema = schema;
  }

  /**
   * The next event.
   *
   * @throws AssertionError if none of a thousand candidates is valid
   */
  JsonNode next(Random random) {
    for (int i = 0; i < MOST_TRIES; i++) {
      JsonNode event = object(schema.tree(), random);
      if (schema.takes(event)) {
        return event;
      }
    }
    throw new AssertionError("this class cannot make a valid event of " + schema.tree());
  }

  private ObjectNode object(JsonNode type, Random random) {
    ObjectNode object = NODES.objectNode();
    List<String> required = new ArrayList<>();
    type.path("required").forEach(name -> required.add(name.asString()));
    type.path("properties")
        .properties()
        .forEach(
            property -> {
              if (required.contains(property.getKey()) || random.nextBoolean()) {
                object.set(
                    property.getKey(), value(property.getKey(), property.getValue(), random));
              }
            });
    while (random.nextInt(3) == 0) {
      String name = SchemaCompatibility.PRODUCERS_PREFIX + Integer.toString(random.nextInt(99), 36);
      object.set(name, anything(random));
    }
    return object;
  }

  private JsonNode value(String name, JsonNode type, Random random) {
    List<JsonNode> examples = new ArrayList<>();
    type.path("examples").forEach(examples::add);
    for (JsonNode example : schema.tree().path("examples")) {
      if (example.has(name)) {
        examples.add(example.get(name));
      }
    }
    if (!examples.isEmpty() && random.nextInt(5) == 0) {
      return pick(examples, random);
    }
    if (type.has("const")) {
      return type.get("const");
    }
    if (type.has("enum")) {
      return type.get("enum").get(random.nextInt(type.get("enum").size()));
    }
    JsonNode kinds = type.path("type");
    String kind =
        kinds.isArray() ? kinds.get(random.nextInt(kinds.size())).asString() : kinds.asString("");
    return switch (kind) {
      case "string" -> NODES.stringNode(string(type, random));
      case "integer" -> NODES.numberNode(integer(type, random));
      case "number" -> NODES.numberNode(integer(type, random) / 2.0);
      case "boolean" -> NODES.booleanNode(random.nextBoolean());
      case "object" -> object(type, random);
      case "array" -> NODES.arrayNode();
      case "null" -> NODES.nullNode();
      default -> anything(random);
    };
  }

  private static String string(JsonNode type, Random random) {
    VoteEvent event = EventJson.random(random);
    String text =
        switch (type.path("format").asString("")) {
          case "uuid" -> event.eventId().toString();
          case "date-time" -> event.votedAt().toString();
          default ->
              "x".repeat(type.path("minLength").asInt(0))
                  + Long.toString(random.nextLong(1L << random.nextInt(1, 60)), 36);
        };
    return random.nextInt(4) == 0 ? text.toUpperCase(Locale.ROOT) : text;
  }

  private static long integer(JsonNode type, Random random) {
    long least = type.path("minimum").asLong(Long.MIN_VALUE);
    long most = type.path("maximum").asLong(Long.MAX_VALUE);
    return switch (random.nextInt(4)) {
      case 0 -> least;
      case 1 -> most;
      default -> Math.max(least, Math.min(most, random.nextLong() >>> random.nextInt(64)));
    };
  }

  private static JsonNode anything(Random random) {
    return switch (random.nextInt(6)) {
      case 0 -> NODES.nullNode();
      case 1 -> NODES.booleanNode(random.nextBoolean());
      case 2 -> NODES.numberNode(random.nextInt());
      case 3 -> NODES.stringNode(Integer.toString(random.nextInt(), 36));
      case 4 -> NODES.arrayNode().add(random.nextInt(9));
      default -> NODES.objectNode().put("vote", "DOWN");
    };
  }

  private static JsonNode pick(List<JsonNode> from, Random random) {
    return from.get(random.nextInt(from.size()));
  }
}

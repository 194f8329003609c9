package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A JSON Schema, and what it says of events. Thread-safe. */
final class EventSchema {

  /** Lenient where a schema has no say: it judges the tree, not the text. */
  static final JsonMapper JSON =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .build();

  static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  private final JsonNode tree;
  private final Schema schema;

  EventSchema(JsonNode tree) {
    this.tree = tree;
    this.schema = REGISTRY.getSchema(tree);
  }

  /** The one that producers get. */
  static EventSchema present() {
    return new EventSchema(JSON.readTree(resource("vote-event.schema.json")));
  }

  /** A file beside the contract's classes. */
  static String resource(String name) {
    try (InputStream in = Objects.requireNonNull(VoteEvent.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  JsonNode tree() {
    return tree;
  }

  /** What is wrong with the value; nothing if the schema takes it. */
  List<Error> errors(JsonNode value) {
    return schema.validate(
        value, context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)));
  }

  boolean takes(JsonNode value) {
    return errors(value).isEmpty();
  }

  /** Whether the text begins with JSON that the schema takes. */
  boolean takes(String text) {
    try {
      return takes(JSON.readTree(text));
    } catch (JacksonException e) {
      return false;
    }
  }
}

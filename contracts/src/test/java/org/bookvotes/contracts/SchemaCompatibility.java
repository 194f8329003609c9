package org.bookvotes.contracts;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.BooleanNode;

/**
 * Whether producers that keep to one schema may go on when another takes its place: every event
 * that is valid by the released one has to be valid by the present one. Judges keyword by keyword;
 * what it cannot judge it calls a break, so that a person looks at it.
 *
 * <p>One thing is agreed on beside that: field names that begin with {@value #PRODUCERS_PREFIX}
 * belong to producers, all others are kept for the contract. So an optional field may come to it,
 * although a producer could have sent something else under that name.
 */
final class SchemaCompatibility {

  static final String PRODUCERS_PREFIX = "x-";

  private static final Set<String> ANNOTATIONS =
      Set.of(
          "$schema",
          "$id",
          "$comment",
          "title",
          "description",
          "default",
          "examples",
          "deprecated",
          "readOnly",
          "writeOnly");
  private static final Set<String> LEAST = Set.of("minimum", "exclusiveMinimum", "minLength");
  private static final Set<String> MOST = Set.of("maximum", "exclusiveMaximum", "maxLength");
  private static final BooleanNode ANYTHING = BooleanNode.TRUE;

  private final List<String> breaks = new ArrayList<>();

  private SchemaCompatibility() {}

  /** What breaks producers, each with its place; nothing if they may go on. */
  static List<String> breaks(JsonNode released, JsonNode present) {
    SchemaCompatibility comparison = new SchemaCompatibility();
    comparison.compare("event", released, present);
    return comparison.breaks;
  }

  private void compare(String at, JsonNode released, JsonNode present) {
    if (present.isBoolean()) {
      if (!present.booleanValue() && !(released.isBoolean() && !released.booleanValue())) {
        broken(at, "nothing is allowed any more");
      }
      return;
    }
    if (released.isBoolean() && !released.booleanValue()) {
      return;
    }
    Set<String> keywords = new TreeSet<>(present.propertyNames());
    keywords.addAll(released.propertyNames());
    keywords.removeAll(ANNOTATIONS);
    // They are judged together.
    if (keywords.remove("const")) {
      keywords.add("enum");
    }
    for (String keyword : keywords) {
      compareKeyword(at, keyword, released, present);
    }
  }

  private void compareKeyword(String at, String keyword, JsonNode released, JsonNode present) {
    JsonNode before = released.get(keyword);
    JsonNode now = present.get(keyword);
    switch (keyword) {
      case "type" -> compareTypes(at, before, now);
      case "enum" -> compareValues(at, values(released), values(present));
      case "required" -> compareRequired(at, before, now);
      case "properties" -> compareProperties(at, released, present);
      case "additionalProperties" ->
          compare(at + ".*", before == null ? ANYTHING : before, now == null ? ANYTHING : now);
      case "pattern", "format" -> {
        if (now != null && !now.equals(before)) {
          broken(at, keyword + " is another, which may be narrower");
        }
      }
      default -> {
        if (LEAST.contains(keyword) || MOST.contains(keyword)) {
          compareBounds(at, keyword, before, now);
        } else if (now == null || !now.equals(before)) {
          broken(at, "cannot judge " + keyword);
        }
      }
    }
  }

  private void compareTypes(String at, @Nullable JsonNode before, @Nullable JsonNode now) {
    if (now == null) {
      return;
    }
    Set<String> allowed = texts(now);
    if (before == null) {
      broken(at, "type was free and is now " + allowed);
      return;
    }
    for (String type : texts(before)) {
      if (!allowed.contains(type) && !(type.equals("integer") && allowed.contains("number"))) {
        broken(at, "type " + type + " is not allowed any more");
      }
    }
  }

  private void compareValues(
      String at, @Nullable Set<JsonNode> before, @Nullable Set<JsonNode> now) {
    if (now == null) {
      return;
    }
    if (before == null) {
      broken(at, "values were free and are now " + now);
      return;
    }
    for (JsonNode value : before) {
      if (!now.contains(value)) {
        broken(at, value + " is not allowed any more");
      }
    }
  }

  private void compareRequired(String at, @Nullable JsonNode before, @Nullable JsonNode now) {
    Set<String> more = now == null ? new TreeSet<>() : texts(now);
    more.removeAll(before == null ? Set.of() : texts(before));
    for (String name : more) {
      broken(at + "." + name, "is required now");
    }
  }

  private void compareProperties(String at, JsonNode released, JsonNode present) {
    JsonNode before = released.path("properties");
    JsonNode now = present.path("properties");
    for (String name : before.propertyNames()) {
      JsonNode others = present.get("additionalProperties");
      JsonNode successor = now.has(name) ? now.get(name) : others == null ? ANYTHING : others;
      compare(at + "." + name, before.get(name), successor);
    }
    for (String name : now.propertyNames()) {
      if (!before.has(name) && name.startsWith(PRODUCERS_PREFIX)) {
        broken(at + "." + name, "is a producers' name");
      }
    }
  }

  private void compareBounds(
      String at, String keyword, @Nullable JsonNode before, @Nullable JsonNode now) {
    if (now == null) {
      return;
    }
    if (before == null) {
      broken(at, keyword + " is new");
      return;
    }
    int comparison = now.decimalValue().compareTo(before.decimalValue());
    if (LEAST.contains(keyword) ? comparison > 0 : comparison < 0) {
      broken(at, keyword + " was " + before + " and is now " + now);
    }
  }

  private static @Nullable Set<JsonNode> values(JsonNode schema) {
    if (!schema.has("enum") && !schema.has("const")) {
      return null;
    }
    Set<JsonNode> values = new HashSet<>();
    schema.path("enum").forEach(values::add);
    if (schema.has("const")) {
      values.add(schema.get("const"));
    }
    return values;
  }

  private static Set<String> texts(JsonNode oneOrMany) {
    Set<String> texts = new TreeSet<>();
    if (oneOrMany.isArray()) {
      oneOrMany.forEach(text -> texts.add(text.asString()));
    } else {
      texts.add(oneOrMany.asString());
    }
    return texts;
  }

  private void broken(String at, String why) {
    breaks.add(at + ": " + why);
  }
}

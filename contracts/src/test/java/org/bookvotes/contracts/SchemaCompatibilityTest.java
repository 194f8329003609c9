package org.bookvotes.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The check itself, on schemas that nobody has released. */
class SchemaCompatibilityTest {

  private static final String RELEASED =
      """
      {
        "type": "object",
        "required": ["id", "vote"],
        "properties": {
          "id": {"type": "integer", "minimum": 1, "maximum": 100},
          "vote": {"type": "string", "enum": ["UP", "DOWN"]},
          "note": {"type": "string", "maxLength": 20},
          "at": {"type": "string", "format": "date-time"},
          "tags": {"type": "array", "items": {"type": "string"}},
          "from": {"type": "object", "required": ["app"], "properties": {"app": {"type": "string"}}}
        }
      }
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "['id', 'vote']            | ['id', 'vote', 'note']         | event.note: is required now",
        "'minimum': 1              | 'minimum': 2                   | event.id: minimum was 1 and is now 2",
        "'maximum': 100            | 'maximum': 99                  | event.id: maximum was 100 and is now 99",
        "'minimum': 1              | 'minimum': 1, 'exclusiveMinimum': 0 | event.id: exclusiveMinimum is new",
        "'maxLength': 20           | 'maxLength': 20, 'minLength': 1 | event.note: minLength is new",
        "'maxLength': 20           | 'maxLength': 20, 'pattern': '^a' | event.note: pattern is another",
        "'maxLength': 20           | 'maxLength': 20, 'enum': ['a'] | event.note: values were free",
        "'UP', 'DOWN'              | 'UP'                           | event.vote: \"DOWN\" is not allowed",
        "'enum': ['UP', 'DOWN']    | 'const': 'UP'                  | event.vote: \"DOWN\" is not allowed",
        "'integer'                 | 'string'                       | event.id: type integer is not allowed",
        "'date-time'               | 'date'                         | event.at: format is another",
        "{'app': {'type': 'string'}} | {'app': {'type': 'boolean'}}  | event.from.app: type string",
        "['app']                   | ['app', 'version']             | event.from.version: is required now",
        "'items': {'type': 'string'} | 'items': {'type': 'integer'} | event.tags: cannot judge items",
        "'type': 'array',          | 'type': 'array', 'maxItems': 1, | event.tags: cannot judge maxItems",
        "'required': ['id'         | 'additionalProperties': false, 'required': ['id' | event.*: nothing is allowed any more",
        "'required': ['id'         | 'additionalProperties': {'type': 'string'}, 'required': ['id' | event.*: type was free",
        "'note':                   | 'x-note': {'type': 'string'}, 'note': | event.x-note: is a producers' name",
        "'note': {'type': 'string', 'maxLength': 20} | 'note': false      | event.note: nothing is allowed any more",
      })
  void tellsWhatBreaksProducers(String before, String now, String expected) {
    assertThat(SchemaCompatibility.breaks(schema(RELEASED), changed(before, now)))
        .singleElement()
        .asString()
        .startsWith(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'minimum': 1              | 'minimum': 0",
        "'minimum': 1,             | ``",
        "'maximum': 100            | 'maximum': 101",
        "'integer'                 | 'number'",
        "'integer'                 | ['integer', 'string']",
        "['id', 'vote']            | ['id']",
        "'UP', 'DOWN'              | 'UP', 'DOWN', 'BOTH'",
        ", 'enum': ['UP', 'DOWN']  | ``",
        ", 'maxLength': 20         | ``",
        ", 'format': 'date-time'   | ``",
        "'required': ['id'         | 'additionalProperties': true, 'required': ['id'",
        "'required': ['id'         | 'title': 'T', 'description': 'D', 'required': ['id'",
        "'note': {'type': 'string', 'maxLength': 20} | 'note': true",
        "'note': {'type': 'string', 'maxLength': 20}, | ``",
        "'note':                   | 'client': {'type': 'string'}, 'note':",
      })
  void letsProducersGoOnWhereOnlyMoreIsAllowed(String before, String now) {
    JsonNode present = changed(before, now);
    assertThat(SchemaCompatibility.breaks(schema(RELEASED), present)).isEmpty();
    assertThat(firstRefused(present)).isNull();
  }

  /** The other half of the check: events of the one, judged by the other. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "['id', 'vote']            | ['id', 'vote', 'note']",
        "'minimum': 1              | 'minimum': 2",
        "'UP', 'DOWN'              | 'UP'",
        "'integer'                 | 'string'",
        "'maxLength': 20           | 'maxLength': 20, 'pattern': '^a'",
        "'required': ['id'         | 'additionalProperties': false, 'required': ['id'",
      })
  void findsAnEventThatIsRefusedNow(String before, String now) {
    assertThat(firstRefused(changed(before, now))).isNotNull();
  }

  @Test
  void aSchemaIsCompatibleWithItself() {
    assertThat(SchemaCompatibility.breaks(schema(RELEASED), schema(RELEASED))).isEmpty();
  }

  /** The first valid event that {@code present} refuses; null if there is none among many. */
  private static @Nullable JsonNode firstRefused(JsonNode present) {
    ValidEvents events = new ValidEvents(new EventSchema(schema(RELEASED)));
    EventSchema successor = new EventSchema(present);
    Random random = new Random(14_142_135);
    for (int i = 0; i < 1_000; i++) {
      JsonNode event = events.next(random);
      if (!successor.takes(event)) {
        return event;
      }
    }
    return null;
  }

  /** With quotes as the table's cells have them. */
  private static JsonNode changed(String before, String now) {
    String old = before.replace('\'', '"');
    assertThat(RELEASED).contains(old);
    return schema(RELEASED.replace(old, now.replace('\'', '"')));
  }

  private static JsonNode schema(String json) {
    return EventSchema.JSON.readTree(json);
  }
}

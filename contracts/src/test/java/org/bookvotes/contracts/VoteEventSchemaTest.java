package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.bookvotes.contracts.EventJson.utf8;
import static org.bookvotes.contracts.EventJson.valid;
import static org.bookvotes.contracts.EventJson.with;
import static org.bookvotes.contracts.EventJson.without;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import com.networknt.schema.dialect.DialectId;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Producers check against the schema, the processor by the codec: they have to agree. */
class VoteEventSchemaTest {

  /** Lenient where a schema has no say: it judges the tree, not the text. */
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .build();

  private static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

  private static final JsonNode SCHEMA_TREE = MAPPER.readTree(schemaText());
  private static final Schema SCHEMA = REGISTRY.getSchema(SCHEMA_TREE);

  static Stream<String> events() {
    return Stream.of(
        valid(),
        " " + valid() + "\n",
        with("source", "{\"vote\": [null, 1.5, \"\u4e16\"]}"),
        with("eventId", "\"00000000-0000-0000-0000-000000000000\""),
        with("eventId", "\"FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF\""),
        with("bookId", "1"),
        with("bookId", "9223372036854775807"),
        with("vote", "\"DOWN\""),
        with("vote", "\"\\u0055P\""),
        with("votedAt", "\"2026-01-31T12:34:56Z\""),
        with("votedAt", "\"2026-01-31t12:34:56.123456789z\""),
        with("votedAt", "\"2026-01-31T12:34:56+23:59\""),
        with("votedAt", "\"2026-01-31T12:34:56-00:00\""),
        with("votedAt", "\"2024-02-29T12:34:56Z\""),
        with("votedAt", "\"2016-12-31T15:59:60-08:00\""),
        with("votedAt", "\"0000-01-01T00:00:00Z\""),
        with("votedAt", "\"9999-12-31T23:59:59.999999999Z\""));
  }

  static Stream<String> nonEvents() {
    return Stream.of(
        "null",
        "42",
        "\"UP\"",
        "[]",
        "{}",
        "[" + valid() + "]",
        without("eventId"),
        without("bookId"),
        without("vote"),
        without("votedAt"),
        with("eventId", "null"),
        with("eventId", "42"),
        with("eventId", "\"\""),
        with("eventId", "\"1-1-1-1-1\""),
        with("eventId", "\"4b1d7c620d0c4f0a9a550f1f8f3f6f5e\""),
        with("eventId", "\"4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5g\""),
        with("eventId", "\"4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e\\n\""),
        with("bookId", "null"),
        with("bookId", "\"42\""),
        with("bookId", "[42]"),
        with("bookId", "true"),
        with("bookId", "0"),
        with("bookId", "-1"),
        with("bookId", "1.5"),
        with("bookId", "9223372036854775808"),
        with("bookId", "1e300"),
        with("vote", "null"),
        with("vote", "\"up\""),
        with("vote", "\"UP \""),
        with("vote", "1"),
        with("votedAt", "null"),
        with("votedAt", "1769862896"),
        with("votedAt", "\"2026-01-31\""),
        with("votedAt", "\"2026-01-31T12:34Z\""),
        with("votedAt", "\"2026-01-31T12:34:56\""),
        with("votedAt", "\"2026-01-31 12:34:56Z\""),
        with("votedAt", "\"2026-01-31T12:34:56.1234567890Z\""),
        with("votedAt", "\"2026-01-31T12:34:56+02\""),
        with("votedAt", "\"2026-01-31T12:34:56+24:00\""),
        with("votedAt", "\"2026-02-29T12:34:56Z\""),
        with("votedAt", "\"2026-01-31T24:00:00Z\""),
        with("votedAt", "\"2026-01-31T12:34:60Z\""),
        with("votedAt", "\"+10000-01-01T00:00:00Z\""),
        with("votedAt", "\"2026-01-31T12:34:56Z\\n\""));
  }

  /** What only the codec sees; the schema's description tells it in words. */
  static Stream<String> nonEventsThatTheSchemaCannotTell() {
    return Stream.of(
        with("x", "1,\"vote\":\"UP\""),
        with("x", "{\"a\":1,\"a\":2}"),
        valid() + valid(),
        valid() + "]",
        with("bookId", "42.0"),
        with("bookId", "1e3"),
        with("votedAt", "\"0000-01-01T00:00:00+00:01\""),
        with("votedAt", "\"9999-12-31T23:59:59-00:01\""),
        with("x", "[".repeat(100) + "]".repeat(100)),
        with("x".repeat(1001), "1"),
        with("\u00e4".repeat(501), "1"),
        with("x", '"' + "x".repeat(VoteEventCodec.MAX_EVENT_BYTES) + '"'));
  }

  @ParameterizedTest
  @MethodSource("events")
  void bothTakeAnEvent(String json) {
    assertThat(schemaTakes(json)).isTrue();
    assertThat(codecTakes(json)).isTrue();
  }

  @ParameterizedTest
  @MethodSource("nonEvents")
  void bothRefuseWhatIsNone(String json) {
    assertThat(schemaTakes(json)).isFalse();
    assertThat(codecTakes(json)).isFalse();
  }

  @ParameterizedTest(name = "[{index}]")
  @MethodSource("nonEventsThatTheSchemaCannotTell")
  void onlyTheCodecSeesTheText(String json) {
    assertThat(schemaTakes(json)).isTrue();
    assertThat(codecTakes(json)).isFalse();
  }

  @Test
  void theSchemaTakesEveryDamagedEventThatTheCodecTakes() {
    Random random = new Random(16_180_339);
    int taken = 0;
    for (int i = 0; i < 50_000; i++) {
      byte[] original = VoteEventCodec.encode(EventJson.random(random));
      String json = new String(Mutation.of(original, random), UTF_8);
      if (codecTakes(json)) {
        taken++;
        assertThat(schemaTakes(json)).as(json).isTrue();
      }
    }
    assertThat(taken).isGreaterThan(1_000);
  }

  @Test
  void isAValidSchemaWithExamplesThatBothTake() {
    Schema metaSchema = REGISTRY.getSchema(SchemaLocation.of(DialectId.DRAFT_2020_12));
    assertThat(metaSchema.validate(SCHEMA_TREE)).isEmpty();

    assertThat(SCHEMA_TREE.get("examples")).hasSizeGreaterThanOrEqualTo(2);
    assertThat(SCHEMA_TREE.get("examples"))
        .allMatch(example -> schemaTakes(example.toString()) && codecTakes(example.toString()));
  }

  @Test
  void tellsTheBoundsOfTheCodec() {
    assertThat(SCHEMA_TREE.get("description").asString())
        .contains(
            VoteEventCodec.MAX_EVENT_BYTES + " bytes",
            VoteEventCodec.MAX_DEPTH + " levels",
            VoteEventCodec.MAX_NUMBER_DIGITS + " digits",
            VoteEventCodec.MAX_NAME_BYTES + " bytes a name");
  }

  private static boolean codecTakes(String json) {
    try {
      VoteEventCodec.decode(utf8(json));
      return true;
    } catch (MalformedVoteException e) {
      return false;
    }
  }

  private static boolean schemaTakes(String json) {
    try {
      return SCHEMA
          .validate(
              MAPPER.readTree(json),
              context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)))
          .isEmpty();
    } catch (JacksonException e) {
      return false;
    }
  }

  private static String schemaText() {
    try (InputStream schema =
        Objects.requireNonNull(
            VoteEvent.class.getResourceAsStream("vote-event.schema.json"),
            "vote-event.schema.json")) {
      return new String(schema.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}

package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.bookvotes.contracts.EventJson.utf8;
import static org.bookvotes.contracts.EventJson.valid;
import static org.bookvotes.contracts.EventJson.with;
import static org.bookvotes.contracts.EventJson.without;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.dialect.DialectId;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.node.ObjectNode;

/**
 * Producers check against the schema, the processor by the codec: they have to agree, but for
 * {@link BeyondTheSchema}.
 */
class VoteEventSchemaTest {

  private static final long SEED = Long.getLong("bookvotes.schema.seed", 16_180_339L);
  private static final int CASES = Integer.getInteger("bookvotes.schema.cases", 50_000);

  private static final EventSchema SCHEMA = EventSchema.present();

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

  @ParameterizedTest
  @MethodSource("events")
  void bothTakeAnEvent(String json) {
    assertThat(SCHEMA.takes(json)).isTrue();
    assertThat(codecTakes(json)).isTrue();
  }

  @ParameterizedTest
  @MethodSource("nonEvents")
  void bothRefuseWhatIsNone(String json) {
    assertThat(SCHEMA.takes(json)).isFalse();
    assertThat(codecTakes(json)).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void onlyTheCodecSeesTheText(BeyondTheSchema beyond) {
    assertThat(SCHEMA.tree().get("description").asString()).contains(beyond.words());
    assertThat(beyond.examples()).isNotEmpty();
    for (byte[] json : beyond.examples()) {
      assertThat(SCHEMA.takes(new String(json, UTF_8))).isTrue();
      assertThat(codecTakes(json)).isFalse();
      assertThat(reasons(json)).containsExactly(beyond);
    }
  }

  @Test
  void onlyTheCodecSeesHalfOfAPairInAName() {
    assertThat(SCHEMA.tree().get("description").asString())
        .contains("no name holds half of a surrogate pair");
    ObjectNode event = (ObjectNode) EventSchema.JSON.readTree(valid());
    assertThat(SCHEMA.takes(event.put("\ud800", 1))).isTrue();
    assertThat(codecTakes(with("\\ud800", "1"))).isFalse();
  }

  @Test
  void bothSayTheSameOfEventsOfSomebodyWhoKnowsTheSchema() {
    assertBothSayTheSame(HostileEvents::next, CASES / 20);
  }

  @Test
  void bothSayTheSameOfDamagedEvents() {
    assertBothSayTheSame(
        random -> Mutation.of(VoteEventCodec.encode(EventJson.random(random)), random), CASES / 50);
  }

  /** The codec takes exactly what the schema takes and the list does not name. */
  private static void assertBothSayTheSame(Function<Random, byte[]> draw, int takenAtLeast) {
    int taken = 0;
    for (int i = 0; i < CASES; i++) {
      long seed = SEED + i;
      byte[] json = draw.apply(new Random(seed));
      String text = new String(json, UTF_8);
      if (BeyondTheSchema.isUpToTheValidator(json)) {
        continue;
      }
      boolean expected = SCHEMA.takes(text) && reasons(json).isEmpty();
      assertThat(codecTakes(json))
          .as("-Dbookvotes.schema.seed=%d -Dbookvotes.schema.cases=1: %.2000s", seed, text)
          .isEqualTo(expected);
      taken += expected ? 1 : 0;
    }
    // Else they would all be refused for something simple.
    assertThat(taken).isGreaterThanOrEqualTo(takenAtLeast);
  }

  @Test
  void isAValidSchemaWithExamplesThatBothTake() {
    Schema metaSchema = EventSchema.REGISTRY.getSchema(SchemaLocation.of(DialectId.DRAFT_2020_12));
    assertThat(metaSchema.validate(SCHEMA.tree())).isEmpty();

    assertThat(SCHEMA.tree().get("examples")).hasSizeGreaterThanOrEqualTo(2);
    assertThat(SCHEMA.tree().get("examples"))
        .allMatch(example -> SCHEMA.takes(example) && codecTakes(example.toString()));
  }

  private static List<BeyondTheSchema> reasons(byte[] json) {
    return Arrays.stream(BeyondTheSchema.values()).filter(it -> it.holdsOf(json)).toList();
  }

  private static boolean codecTakes(String json) {
    return codecTakes(utf8(json));
  }

  private static boolean codecTakes(byte[] json) {
    try {
      VoteEventCodec.decode(json);
      return true;
    } catch (MalformedVoteException e) {
      return false;
    }
  }
}

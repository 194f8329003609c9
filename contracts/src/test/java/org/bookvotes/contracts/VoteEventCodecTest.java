package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.bookvotes.contracts.EventJson.EVENT;
import static org.bookvotes.contracts.EventJson.utf8;
import static org.bookvotes.contracts.EventJson.valid;
import static org.bookvotes.contracts.EventJson.with;

import java.time.Instant;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class VoteEventCodecTest {

  private static final int RANDOM_EVENT_COUNT = 100_000;

  @Test
  void writesOneLineWithTheFieldsInOrder() {
    assertThat(new String(VoteEventCodec.encode(EVENT), UTF_8))
        .isEqualTo(
            """
            {"eventId":"4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e","bookId":42,"vote":"UP",\
            "votedAt":"2026-01-31T12:34:56.789Z"}\
            """);
  }

  @Test
  void readsWhatItWrote() throws MalformedVoteException {
    Random random = new Random(20260131);
    for (int i = 0; i < RANDOM_EVENT_COUNT; i++) {
      VoteEvent event = EventJson.random(random);
      assertThat(VoteEventCodec.decode(VoteEventCodec.encode(event))).isEqualTo(event);
    }
  }

  @Test
  void readsWhatItWroteInManyThreadsAtOnce() {
    Random random = new Random(4711);
    Stream.generate(() -> EventJson.random(random))
        .limit(RANDOM_EVENT_COUNT)
        .toList()
        .parallelStream()
        .forEach(
            event -> {
              try {
                assertThat(VoteEventCodec.decode(VoteEventCodec.encode(event))).isEqualTo(event);
              } catch (MalformedVoteException e) {
                throw new AssertionError(event.toString(), e);
              }
            });
  }

  @ParameterizedTest
  @CsvSource({
    "2026-01-31T12:34:56Z, 2026-01-31T12:34:56Z",
    "2026-01-31T12:34:56+02:00, 2026-01-31T10:34:56Z",
    "2026-01-31T12:34:56.5-05:45, 2026-01-31T18:19:56.5Z",
    "2026-01-31t12:34:56.123456789z, 2026-01-31T12:34:56.123456789Z",
  })
  void readsTimestampsWithAnyOffset(String text, String instant) throws MalformedVoteException {
    assertThat(VoteEventCodec.decode(utf8(with("votedAt", '"' + text + '"'))).votedAt())
        .isEqualTo(Instant.parse(instant));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, Integer.MAX_VALUE, Integer.MAX_VALUE + 1L, Long.MAX_VALUE})
  void readsBookIdsUpToTheLargestLong(long bookId) throws MalformedVoteException {
    assertThat(VoteEventCodec.decode(utf8(with("bookId", Long.toString(bookId)))).bookId())
        .isEqualTo(bookId);
  }

  @Test
  void readsEventIdsInUpperCase() throws MalformedVoteException {
    String eventId = "4B1D7C62-0D0C-4F0A-9A55-0F1F8F3F6F5E";
    assertThat(VoteEventCodec.decode(utf8(with("eventId", '"' + eventId + '"'))).eventId())
        .isEqualTo(UUID.fromString(eventId));
  }

  static Stream<String> otherTextsOfTheSameEvent() {
    return Stream.of(
        with("source", "\"mobile\""),
        with("source", "null"),
        with("source", "[1.5, true, {\"vote\": \"DOWN\"}, \"\u00e4\u4e16\ud83d\udcda\"]"),
        with("\u0436", "1e400"),
        with("Vote", "\"DOWN\""),
        with("nested", "[".repeat(99) + "]".repeat(99)),
        with("digits", "9".repeat(1000)),
        with("n".repeat(1000), "1"),
        with("vote", "\"\\u0055P\""),
        valid().replace("vote\"", "\\u0076ote\""),
        " \t\r\n" + valid().replace(",", " ,\n").replace(":\"", " :\t\"") + " \r\n",
        """
        {"votedAt": "2026-01-31T12:34:56.789Z", "vote": "UP", "bookId": 42,
         "eventId": "4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e"}
        """);
  }

  @ParameterizedTest
  @MethodSource("otherTextsOfTheSameEvent")
  void ignoresUnknownFieldsOrderAndSpace(String json) throws MalformedVoteException {
    assertThat(VoteEventCodec.decode(utf8(json))).isEqualTo(EVENT);
  }

  @Test
  void readsAnEventOfTheLargestSize() throws MalformedVoteException {
    int padding = VoteEventCodec.MAX_EVENT_BYTES - with("padding", "\"\"").length();
    byte[] json = utf8(with("padding", '"' + "x".repeat(padding) + '"'));

    assertThat(json).hasSize(VoteEventCodec.MAX_EVENT_BYTES);
    assertThat(VoteEventCodec.decode(json)).isEqualTo(EVENT);
  }
}

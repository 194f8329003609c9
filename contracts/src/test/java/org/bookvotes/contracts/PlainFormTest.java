package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What it may not read is the business of {@link VoteEventCodecFuzzTest}. */
class PlainFormTest {

  private static final String ID = "4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e";

  @Test
  void readsWhatTheCodecWrites() {
    for (int seed = 0; seed < 1000; seed++) {
      VoteEvent event = EventJson.random(new Random(seed));
      VoteEvent read = PlainForm.read(VoteEventCodec.encode(event));
      if (event.bookId() < 1_000_000_000_000_000_000L) {
        assertThat(read).as("seed %d", seed).isEqualTo(event);
      } else {
        assertThat(read).as("seed %d", seed).isNull();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "{\"eventId\":\"",
        "{\"eventId\":\"" + ID + "\",\"bookId\":",
        "{\"eventId\":\"" + ID + "\",\"bookId\":7,\"vote\":\"UP\",\"votedAt\":\"",
        "{\"eventId\":\"" + ID + "\",\"bookId\":7,\"vote\":\"UP\",\"votedAt\":\"}",
        "{\"eventId\":\""
            + ID
            + "\",\"bookId\":07,\"vote\":\"UP\",\"votedAt\":\"2026-01-31T12:34:56Z\"}",
        "{\"eventId\":\""
            + ID
            + "\",\"bookId\":,\"vote\":\"UP\",\"votedAt\":\"2026-01-31T12:34:56Z\"}",
        "{\"eventId\":\""
            + ID
            + "\",\"bookId\":7,\"vote\":\"UP\",\"votedAt\":\"2026-01-31T12:34:56Z\"} ",
        "{\"bookId\":7,\"eventId\":\""
            + ID
            + "\",\"vote\":\"UP\",\"votedAt\":\"2026-01-31T12:34:56Z\"}",
        "{\"eventId\":\"gb1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e\",\"bookId\":7,\"vote\":\"UP\",\"votedAt\":\"2026-01-31T12:34:56Z\"}",
        "{\"eventId\":\"4b1d7c620-d0c-4f0a-9a55-0f1f8f3f6f5e\",\"bookId\":7,\"vote\":\"UP\",\"votedAt\":\"2026-01-31T12:34:56Z\"}",
      })
  void leavesAllElseToTheParser(String json) {
    assertThat(PlainForm.read(json.getBytes(UTF_8))).isNull();
  }
}

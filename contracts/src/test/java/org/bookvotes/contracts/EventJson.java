package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** Events to test with: one as JSON, whose fields can be changed to raw text, and random ones. */
final class EventJson {

  static final VoteEvent EVENT =
      new VoteEvent(
          UUID.fromString("4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e"),
          42,
          Vote.UP,
          Instant.parse("2026-01-31T12:34:56.789Z"));

  private static final Map<String, String> FIELDS = new LinkedHashMap<>();

  static {
    FIELDS.put("eventId", "\"4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e\"");
    FIELDS.put("bookId", "42");
    FIELDS.put("vote", "\"UP\"");
    FIELDS.put("votedAt", "\"2026-01-31T12:34:56.789Z\"");
  }

  private EventJson() {}

  /** {@link #EVENT}. */
  static String valid() {
    return text(FIELDS);
  }

  /** {@link #EVENT} with the field's value, or a new field, as the raw JSON given. */
  static String with(String field, String rawValue) {
    Map<String, String> fields = new LinkedHashMap<>(FIELDS);
    fields.put(field, rawValue);
    return text(fields);
  }

  static String without(String field) {
    Map<String, String> fields = new LinkedHashMap<>(FIELDS);
    fields.remove(field);
    return text(fields);
  }

  static byte[] utf8(String json) {
    return json.getBytes(UTF_8);
  }

  /** Any event there can be; small and huge ids and every year are as likely as the ordinary. */
  static VoteEvent random(RandomGenerator random) {
    long firstSecond = Instant.parse("0000-01-01T00:00:00Z").getEpochSecond();
    long endSecond = Instant.parse("9999-12-31T23:59:59Z").getEpochSecond() + 1;
    int nanoStep = new int[] {1, 1_000, 1_000_000, 1_000_000_000}[random.nextInt(4)];
    return new VoteEvent(
        new UUID(random.nextLong(), random.nextLong()),
        Math.max(1, random.nextLong() >>> random.nextInt(1, 64)),
        random.nextBoolean() ? Vote.UP : Vote.DOWN,
        Instant.ofEpochSecond(
            random.nextLong(firstSecond, endSecond),
            (long) random.nextInt(1_000_000_000 / nanoStep) * nanoStep));
  }

  private static String text(Map<String, String> fields) {
    return fields.entrySet().stream()
        .map(field -> '"' + field.getKey() + "\":" + field.getValue())
        .collect(Collectors.joining(",", "{", "}"));
  }
}

package org.bookvotes.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Rfc3339Test {

  private static final int ROUNDS = 100_000;
  private static final String CHARACTERS = "00112345679.:+-TtZz \uff11";

  @Test
  void readsEveryTimestampAsTheJdkDoes() {
    Random random = new Random(3339);
    for (int i = 0; i < ROUNDS; i++) {
      String text = randomTimestamp(random);
      assertThat(Rfc3339.parse(text)).as(text).isEqualTo(OffsetDateTime.parse(text).toInstant());
    }
  }

  @Test
  void readsOrRefusesTimestampsWithAWrongCharacterAsTheJdkDoes() {
    Random random = new Random(3340);
    for (int i = 0; i < ROUNDS; i++) {
      StringBuilder text = new StringBuilder(randomTimestamp(random));
      char character = CHARACTERS.charAt(random.nextInt(CHARACTERS.length()));
      text.setCharAt(random.nextInt(text.length()), character);
      Instant expected = parseByJdk(text.toString());
      if (expected != null || !isBeyondTheJdk(text.toString())) {
        assertThat(Rfc3339.parse(text.toString())).as(text.toString()).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "2026-01-31T12:34:56-00:00, 2026-01-31T12:34:56Z",
    "2026-01-31T12:34:56+23:59, 2026-01-30T12:35:56Z",
    "2026-01-31T12:34:56-23:59, 2026-02-01T12:33:56Z",
    "2024-02-29T00:00:00Z, 2024-02-29T00:00:00Z",
    "0000-01-01T00:00:00Z, 0000-01-01T00:00:00Z",
    "0000-01-01T00:00:00+01:00, -0001-12-31T23:00:00Z",
    "9999-12-31T23:59:59.999999999Z, 9999-12-31T23:59:59.999999999Z",
  })
  void readsTheEdges(String text, String instant) {
    assertThat(Rfc3339.parse(text)).isEqualTo(Instant.parse(instant));
  }

  @ParameterizedTest
  @CsvSource({
    "2016-12-31T23:59:60Z, 2016-12-31T23:59:59Z",
    "2016-12-31T15:59:60.5-08:00, 2016-12-31T23:59:59.5Z",
    "1960-12-31T23:59:60Z, 1960-12-31T23:59:59Z",
  })
  void readsALeapSecondAsTheSecondBefore(String text, String instant) {
    assertThat(Rfc3339.parse(text)).isEqualTo(Instant.parse(instant));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "2026-01-31",
        "2026-01-31T12:34:56",
        "2026-01-31T12:34:56.",
        "2026-01-31T12:34:56.Z",
        "2026-01-31T12:34:56,5Z",
        "2026-01-31T12:34:56.1234567890Z",
        "2026-01-31T12:34:56ZZ",
        "2026-01-31T12:34:56Z ",
        " 2026-01-31T12:34:56Z",
        "2026-01-31T12:34:56+02",
        "2026-01-31T12:34:56+0200",
        "2026-01-31T12:34:56+02:00:00",
        "2026-01-31T12:34:56+24:00",
        "2026-01-31T12:34:56+02:60",
        "2026-01-31T12:34:56\u221202:00",
        "2026-01-31T12:34:56 02:00",
        "2026-01-31T12:34:56[UTC]",
        "2026-01-31T12:34:60Z",
        "2026-01-31T12:59:60Z",
        "2016-12-31T23:59:60+01:00",
        "2026-01-31T23:59:61Z",
        "2026-01-31T12:60:00Z",
        "2026-01-31T24:00:00Z",
        "2026-00-31T12:34:56Z",
        "2026-13-31T12:34:56Z",
        "2026-01-00T12:34:56Z",
        "2026-01-32T12:34:56Z",
        "2026-04-31T12:34:56Z",
        "1900-02-29T12:34:56Z",
        "26-01-31T12:34:56.000Z",
        "+2026-01-31T12:34:56Z",
        "-2026-01-31T12:34:56Z",
        "12026-01-31T12:34:56Z",
        "2026-W05-6T12:34:56Z",
        "\u0662026-01-31T12:34:56Z",
      })
  void refusesEverythingElse(String text) {
    assertThat(Rfc3339.parse(text)).isNull();
  }

  private static String randomTimestamp(Random random) {
    LocalDateTime time =
        LocalDateTime.of(random.nextInt(10_000), 1, 1, 0, 0)
            .plusSeconds(random.nextInt(365 * 86_400));
    String fraction =
        String.format(Locale.ROOT, ".%09d", random.nextInt(1_000_000_000))
            .substring(0, random.nextInt(1, 11));
    ZoneOffset offset = ZoneOffset.ofTotalSeconds(60 * random.nextInt(-18 * 60, 18 * 60 + 1));
    return String.format(Locale.ROOT, "%04d", time.getYear())
        + String.format(Locale.ROOT, "-%tm-%<tdT%<tH:%<tM:%<tS", time)
        + (fraction.length() == 1 ? "" : fraction)
        + offset;
  }

  private static @Nullable Instant parseByJdk(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** The JDK's date with offset knows no leap second and no offset of more than 18 hours. */
  private static boolean isBeyondTheJdk(String text) {
    return text.contains(":60") || text.matches(".*[+-](1[89]|2.):..");
  }
}

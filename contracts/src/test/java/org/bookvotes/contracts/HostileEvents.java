package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Events written by somebody who has read the schema and means harm, or by a careless producer:
 * still JSON or close to it, with one to three things about it that are not as usual. Some are
 * valid all the same. What is drawn depends on the random numbers alone.
 */
final class HostileEvents {

  private static final List<String> EVENT_IDS =
      List.of(
          "\"4B1D7C62-0D0C-4F0A-9A55-0F1F8F3F6F5E\"",
          "\"00000000-0000-0000-0000-000000000000\"",
          "\"\\u0034b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e\"",
          "\"4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e\\u0000\"",
          "\"4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f\uff15e\"",
          "\"4b1d7c620d0c4f0a9a550f1f8f3f6f5e\"",
          "\"1-1-1-1-1\"");
  private static final List<String> BOOK_IDS =
      List.of(
          "1",
          "9223372036854775807",
          "9223372036854775808",
          "18446744073709551617",
          "0",
          "-0",
          "-1",
          "-9223372036854775808",
          "42.0",
          "4.2e1",
          "42e0",
          "1E999999999",
          "042",
          "+42",
          "0x2a",
          "42.",
          ".5",
          "NaN",
          "Infinity",
          "\"42\"",
          "\u0664\u0662");
  private static final List<String> VOTES =
      List.of(
          "\"UP\"",
          "\"DOWN\"",
          "\"\\u0055\\u0050\"",
          "\"up\"",
          "\"UP \"",
          "\"UP\\u0000\"",
          "\"UP\0\"",
          "\"\uff35\uff30\"",
          "'UP'",
          "UP",
          "1",
          "[\"UP\"]");
  private static final List<String> TIMES =
      List.of(
          "0000-01-01T00:00:00Z",
          "9999-12-31T23:59:59.999999999Z",
          "0000-01-01T00:00:00+00:01",
          "0000-01-01T00:00:00-00:01",
          "9999-12-31T23:59:59-00:01",
          "9999-12-31T23:59:59+23:59",
          "2016-12-31T23:59:60Z",
          "2016-12-31T23:59:60.999999999Z",
          "2017-01-01T05:44:60+05:45",
          "2016-12-31T12:59:60Z",
          "9999-12-31T23:59:60Z",
          "0000-01-01T05:44:60+05:45",
          "2024-02-29t00:00:00z",
          "2023-02-29T00:00:00Z",
          "1900-02-29T00:00:00Z",
          "2000-02-29T00:00:00Z",
          "2026-04-31T00:00:00Z",
          "2026-13-01T00:00:00Z",
          "2026-00-01T00:00:00Z",
          "2026-01-00T00:00:00Z",
          "2026-01-31T24:00:00Z",
          "2026-01-31T23:60:00Z",
          "2026-01-31T23:59:61Z",
          "2026-01-31T12:34:56.Z",
          "2026-01-31T12:34:56.1Z",
          "2026-01-31T12:34:56.1234567890Z",
          "2026-01-31T12:34:56,5Z",
          "2026-01-31T12:34:56+24:00",
          "2026-01-31T12:34:56+18:01",
          "2026-01-31T12:34:56-00:00",
          "2026-01-31T12:34:56+02",
          "2026-01-31T12:34:56+0200",
          "2026-01-31T12:34:56",
          "2026-01-31 12:34:56Z",
          "+2026-01-31T12:34:56Z",
          "-0001-01-31T12:34:56Z",
          "\u0662026-01-31T12:34:56Z",
          "2026-01-31T12:34:56Z\\n",
          "2026-01-31T12:34:56Z[UTC]");
  private static final List<String> ANY =
      List.of(
          "null",
          "true",
          "false",
          "{}",
          "[]",
          "\"\"",
          "0",
          "-0.0",
          "1e999999999",
          "1e-999999999",
          "-1.5E+3",
          "[1.]",
          "-",
          "nul",
          "truetrue",
          "\"\\u0000\"",
          "\"\0\"",
          "\"\\ud800\"",
          "\"\\udc00\\ud800\"",
          "\"\\ud83d\\ude00\"",
          "\"\ud83d\ude00\u202e\ufeff\"",
          "\"\\/\\b\\f\\n\\r\\t\\\\\\\"\"",
          "\"\\x41\"",
          "\"\\u00g0\"",
          "\"\n\"",
          "\"\u007f\u0080\u2028\"",
          "\"",
          "[",
          "{\"a\":1,\"a\":1}",
          "{\"a\":1,\"\\u0061\":2}",
          "{\"a\":{\"b\":1},\"c\":{\"b\":1}}",
          "[1,]",
          "[,1]",
          "{\"a\":1,}",
          "{a:1}",
          "/**/1",
          "1//\n");
  private static final List<String> NAMES =
      List.of(
          "",
          "x",
          "__proto__",
          "EventId",
          "bookid",
          "vote\\u0000",
          "v\\u006fte",
          "b\\u006FokId",
          "event\\u0049d",
          "\\ud800",
          "\\udc00",
          "\\ud800x",
          "\\ud83d\\ude00",
          "\\ud83d\\ud83d\\ude00",
          "\u00e4\u4e16\ud83d\ude00",
          "\\\"",
          "\n",
          "vote ");
  private static final List<String> AROUND =
      List.of(
          " ", "\t", "\r\n", "\0", "\ufeff", "\u00a0", "\u000b", "/**/", "//\n", "#", ",", "]", "}",
          "[", "{}", "null", "0", "\"", ";");

  private final Random random;
  private final List<String> names = new ArrayList<>();
  private final List<String> values = new ArrayList<>();
  private String before = "";
  private String after = "";
  private String separator = ",";
  private String colon = ":";

  private HostileEvents(Random random) {
    this.random = random;
    VoteEvent event = EventJson.random(random);
    add("eventId", "\"" + event.eventId() + '"');
    add("bookId", Long.toString(event.bookId()));
    add("vote", "\"" + event.vote() + '"');
    add("votedAt", "\"" + event.votedAt() + '"');
  }

  /** The next event; now and then a long one. */
  static byte[] next(Random random) {
    HostileEvents event = new HostileEvents(random);
    for (int twists = random.nextInt(1, 4); twists > 0; twists--) {
      event.twist();
    }
    return event.text().getBytes(UTF_8);
  }

  private void add(String name, String value) {
    names.add(name);
    values.add(value);
  }

  private void twist() {
    int field = random.nextInt(names.size());
    switch (random.nextInt(14)) {
      case 0, 1, 2 -> values.set(field, own(names.get(field)));
      case 3 -> values.set(field, pick(ANY));
      case 4 -> values.set(field, random.nextInt(50) == 0 ? huge() : nested());
      case 5, 6 -> add(pick(NAMES), pick(ANY));
      case 7 -> add(longName(), nested());
      case 8 -> add(names.get(field), random.nextBoolean() ? values.get(field) : pick(ANY));
      case 9 -> names.set(field, escaped(names.get(field)));
      case 10 -> {
        names.remove(field);
        values.remove(field);
        add("y", digits());
      }
      case 11 -> {
        Random order = new Random(random.nextLong());
        long seed = order.nextLong();
        Collections.shuffle(names, new Random(seed));
        Collections.shuffle(values, new Random(seed));
      }
      case 12 -> {
        separator = pick(List.of(" , ", "\n,\t", ",\r\n", ",,", ";", ",/**/"));
        colon = pick(List.of(" : ", ":\t", "\n:", "=", "::", ":"));
      }
      default -> {
        if (random.nextBoolean()) {
          before = pick(AROUND);
        } else {
          after = pick(AROUND);
        }
      }
    }
  }

  /** A value that looks like one of the field. */
  private String own(String name) {
    return switch (name) {
      case "eventId" -> pick(EVENT_IDS);
      case "bookId" -> random.nextInt(8) == 0 ? digits() : pick(BOOK_IDS);
      case "vote" -> pick(VOTES);
      case "votedAt" -> '"' + pick(TIMES) + '"';
      default -> pick(ANY);
    };
  }

  /** About as deep as is allowed. */
  private String nested() {
    int levels = boundary(99);
    return switch (random.nextInt(3)) {
      case 0 -> "[".repeat(levels) + "]".repeat(levels);
      case 1 -> "{\"z\":".repeat(levels) + "1" + "}".repeat(levels);
      default -> "[{\"z\":".repeat(levels / 2) + digits() + "}]".repeat(levels / 2);
    };
  }

  /** About as long as is allowed, in letters of one to four bytes. */
  private String longName() {
    return switch (random.nextInt(5)) {
      case 0 -> "\u00e4".repeat(boundary(500));
      case 1 -> "\u4e16".repeat(boundary(333));
      case 2 -> "\ud83d\ude00".repeat(boundary(250));
      case 3 -> "\\u0041".repeat(boundary(1000));
      default -> "x".repeat(boundary(1000));
    };
  }

  /** About as many digits as are allowed, or ten times as many. */
  private String digits() {
    int count = random.nextInt(20) == 0 ? 10_000 : Math.max(1, boundary(1000));
    return switch (random.nextInt(5)) {
      case 0 -> "7".repeat(count);
      case 1 -> "-" + "7".repeat(count);
      case 2 -> "0." + "7".repeat(Math.max(1, count - 1));
      case 3 -> "1e" + "0".repeat(Math.max(1, count - 1));
      default -> "1.5E-" + "9".repeat(Math.max(1, count - 2));
    };
  }

  private String huge() {
    int size = random.nextInt(1, 20_000);
    return switch (random.nextInt(4)) {
      case 0 -> '"' + "\u4e16".repeat(size) + '"';
      case 1 -> '"' + "\\u0000".repeat(size) + '"';
      case 2 -> "[" + "[],".repeat(size) + "0]";
      default -> "[".repeat(size);
    };
  }

  /** A number near the bound, or any below. */
  private int boundary(int bound) {
    return random.nextInt(3) == 0 ? bound + random.nextInt(-2, 3) : random.nextInt(8);
  }

  private String escaped(String name) {
    if (name.isEmpty() || name.contains("\\")) {
      return name;
    }
    int at = random.nextInt(name.length());
    return name.substring(0, at)
        + String.format("\\u%04x", (int) name.charAt(at))
        + name.substring(at + 1);
  }

  private String pick(List<String> from) {
    return from.get(random.nextInt(from.size()));
  }

  private String text() {
    StringBuilder text = new StringBuilder(before).append('{');
    for (int i = 0; i < names.size(); i++) {
      text.append(i == 0 ? "" : separator).append('"').append(names.get(i)).append('"');
      text.append(colon).append(values.get(i));
    }
    return text.append('}').append(after).toString();
  }
}

package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.bookvotes.contracts.EventJson.utf8;
import static org.bookvotes.contracts.EventJson.valid;
import static org.bookvotes.contracts.EventJson.with;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/**
 * All that the codec refuses and a JSON Schema cannot say: it is about the text of an event, or
 * needs arithmetic. The schema's description tells it in words. This is the only list of it; it
 * lacks half of a surrogate pair in a name, which the parser of these tests refuses by itself.
 */
@SuppressWarnings("ImmutableEnumChecker") // Nobody changes the examples.
enum BeyondTheSchema {
  NOT_UTF8("in UTF-8", json -> decoded(json) == null, badUtf8()),

  NAME_TWICE(
      "no name may occur twice in an object",
      text(JsonText::nameTwice),
      utf8(with("x", "1,\"vote\":\"UP\"")),
      utf8(with("x", "{\"a\":1,\"\\u0061\":2}"))),

  FOLLOWED(
      "nothing may follow the object",
      text(JsonText::followed),
      utf8(valid() + valid()),
      utf8(valid() + "]"),
      utf8(valid() + "\u00a0")),

  BOOK_ID_AS_FRACTION(
      "bookId is written without fraction or exponent",
      text(JsonText::bookIdAsFraction),
      utf8(with("bookId", "42.0")),
      utf8(with("bookId", "1e3"))),

  OUT_OF_RANGE_IN_UTC(
      "votedAt is within the years 0 to 9999 in UTC too",
      BeyondTheSchema::isOutOfRangeInUtc,
      utf8(with("votedAt", "\"0000-01-01T00:00:00+00:01\"")),
      utf8(with("votedAt", "\"9999-12-31T23:59:59-00:01\""))),

  TOO_LONG(
      "at most " + VoteEventCodec.MAX_EVENT_BYTES + " bytes",
      json -> json.length > VoteEventCodec.MAX_EVENT_BYTES,
      utf8(with("x", '"' + "x".repeat(VoteEventCodec.MAX_EVENT_BYTES) + '"'))),

  TOO_DEEP(
      "at most " + VoteEventCodec.MAX_DEPTH + " levels deep",
      text(text -> text.levels() > VoteEventCodec.MAX_DEPTH),
      utf8(with("x", "[".repeat(100) + "]".repeat(100)))),

  LONG_NUMBER(
      "at most " + VoteEventCodec.MAX_NUMBER_DIGITS + " digits a number",
      text(text -> text.longestNumber() > VoteEventCodec.MAX_NUMBER_DIGITS),
      utf8(with("x", "0." + "7".repeat(1000)))),

  LONG_NAME(
      VoteEventCodec.MAX_NAME_BYTES + " bytes a name",
      text(text -> text.longestName() > VoteEventCodec.MAX_NAME_BYTES),
      utf8(with("x".repeat(1001), "1")),
      utf8(with("\u00e4".repeat(501), "1")));

  private static final Pattern TIME =
      Pattern.compile("(\\d{4}-\\d\\d-\\d\\d)[Tt](\\d\\d:\\d\\d):(\\d\\d).*?([+-]\\d\\d:\\d\\d)?");

  private final String words;
  private final Predicate<byte[]> holds;
  private final List<byte[]> examples;

  BeyondTheSchema(String words, Predicate<byte[]> holds, byte[]... examples) {
    this.words = words;
    this.holds = holds;
    this.examples = List.of(examples);
  }

  /** As the schema's description has it. */
  String words() {
    return words;
  }

  /** Values that the schema takes and the codec refuses because of this alone. */
  List<byte[]> examples() {
    return examples;
  }

  /** Whether the value is like this. */
  boolean holdsOf(byte[] json) {
    return holds.test(json);
  }

  /**
   * Whether validators of the same schema may differ: on which days there is a second 60, RFC 3339
   * leaves to the future. The codec takes the last of any day in UTC.
   */
  static boolean isUpToTheValidator(byte[] json) {
    Matcher parts = TIME.matcher(tree(json).path("votedAt").asString(""));
    return parts.matches() && "60".equals(parts.group(3));
  }

  private static Predicate<byte[]> text(Predicate<JsonText> holds) {
    return json -> {
      try {
        return holds.test(JsonText.of(new String(json, UTF_8)));
      } catch (JacksonException e) {
        return false;
      }
    };
  }

  private static boolean isOutOfRangeInUtc(byte[] json) {
    JsonNode time = tree(json).path("votedAt");
    Matcher parts = TIME.matcher(time.asString(""));
    if (!parts.matches() || parts.group(4) == null) {
      return false;
    }
    String offset = parts.group(4);
    int minutes =
        Integer.parseInt(offset.substring(1, 3)) * 60 + Integer.parseInt(offset.substring(4));
    try {
      // Seconds do not matter to whole minutes.
      int year =
          LocalDateTime.parse(parts.group(1) + "T" + parts.group(2) + ":00")
              .minusMinutes(offset.charAt(0) == '+' ? minutes : -minutes)
              .getYear();
      return year < 0 || year > 9999;
    } catch (DateTimeException e) {
      return false;
    }
  }

  private static JsonNode tree(byte[] json) {
    try {
      return EventSchema.JSON.readTree(new String(json, UTF_8));
    } catch (JacksonException e) {
      return MissingNode.getInstance();
    }
  }

  private static @Nullable String decoded(byte[] json) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  private static byte[] badUtf8() {
    byte[] json = utf8(with("x", "\"?\""));
    for (int i = 0; i < json.length; i++) {
      if (json[i] == '?') {
        json[i] = (byte) 0xff;
      }
    }
    return json;
  }
}

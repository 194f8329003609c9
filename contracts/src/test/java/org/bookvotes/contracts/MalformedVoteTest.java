package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.bookvotes.contracts.EventJson.utf8;
import static org.bookvotes.contracts.EventJson.valid;
import static org.bookvotes.contracts.EventJson.with;
import static org.bookvotes.contracts.EventJson.without;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link VoteEventCodec#decode} refuses, and that it says why. */
class MalformedVoteTest {

  static Stream<Arguments> noJsonObjects() {
    return Stream.of(
        text("blank", " \r\n", "event: must be a JSON object, is blank"),
        text("NUL", "\0", "event: at byte 1: Illegal character"),
        text("null", "null", "event: must be a JSON object, is null"),
        text("a number", "42", "event: must be a JSON object, is 42"),
        text("a string", "\"UP\"", "event: must be a JSON object, is \"UP\""),
        text("an array", "[" + valid() + "]", "event: must be a JSON object, is an array"),
        text("100,000 arrays", "[".repeat(100_000), "event: must be a JSON object, is an array"),
        text("no JSON", "UP", "event: at byte 2: Unrecognized token 'UP'"),
        text("no end", "{", "event: at byte 1: the JSON ends too early"),
        text("an empty object", "{}", "eventId: missing"),
        text("two objects", valid() + valid(), "event: something follows the object: an object"),
        text("a bracket behind", valid() + "]", "event: at byte 112: Unexpected close marker ']'"),
        text("NUL behind", valid() + "\0", "event: at byte 112: Illegal character"),
        text("a word behind", valid() + " UP", "event: at byte 114: Unrecognized token 'UP'"),
        text("a comment", "/* vote */" + valid(), "event: at byte 1: Unexpected character ('/'"),
        text("a # comment", valid() + "# vote", "event: at byte 112: Unexpected character ('#'"),
        text("a comma too many", valid().replace("}", ",}"), "votedAt: at byte 112: Unexpected"),
        text("a colon too few", valid().replace("vote\":", "vote\" "), "vote: at byte "),
        text("names without quotes", valid().replace("\"vote\"", "vote"), "bookId: at byte "),
        text("single quotes", valid().replace('"', '\''), "event: at byte "),
        text("more than a MiB", with("x", '"' + "x".repeat(10_000_000) + '"'), "event: has 1000"),
        text("the same field twice", with("x", "1,\"vote\":\"UP\""), "vote: at byte 123: Duplic"),
        text("an unknown field twice", with("x", "1,\"x\":1"), "x: at byte 120: Duplicate field"),
        text("twice further down", with("x", "{\"a\":1,\"a\":2}"), "x: at byte "),
        text("100 levels in a field", with("x", "[".repeat(100) + "]".repeat(100)), "x: at byte "),
        text("100,000 levels in a field", with("x", "{\"y\":[".repeat(50_000)), "x: at byte "),
        text("a number of 1,001 digits", with("x", "1".repeat(1001)), "x: at byte "),
        text("a name of 1,001 letters", with("x".repeat(1001), "1"), "votedAt: at byte "),
        text("a name of 1,002 bytes", with("\u00e4".repeat(501), "1"), "votedAt: at byte "),
        text("half a pair in a name", with("\\ud800", "1"), "votedAt: at byte "),
        text("a bad number in a field", with("x", "[1.]"), "x: at byte "),
        text("a bad escape in a field", with("x", "\"\\x\""), "x: at byte "),
        text("a line break in a field", with("x", "\"\n\""), "x: at byte "),
        text("NaN in a field", with("x", "NaN"), "x: at byte "),
        text("a long unknown name", with("x".repeat(500), "NaN"), "x".repeat(48) + "...: at byte"));
  }

  static Stream<Arguments> notOurUtf8() {
    return Stream.of(
        bytes("a byte order mark", "EFBBBF", "event: at byte 3: Unexpected character"),
        encoded("UTF-16BE", UTF_16BE, "event: at byte 1: Illegal character"),
        encoded("UTF-16LE", UTF_16LE, "event: at byte 2: Illegal character"),
        encoded("UTF-32BE", Charset.forName("UTF-32BE"), "event: at byte 1: Illegal character"),
        encoded("UTF-32LE", Charset.forName("UTF-32LE"), "event: at byte 2: Illegal character"),
        inString("Latin-1", "E4"),
        inString("a lone continuation byte", "80"),
        inString("a character cut short", "E4B8"),
        inString("an overlong slash", "C0AF"),
        inString("an overlong NUL", "C080"),
        inString("an overlong slash of three bytes", "E080AF"),
        inString("a surrogate", "EDA080"),
        inString("a pair of surrogates", "EDA0BDEDB39A"),
        inString("beyond Unicode", "F4908080"),
        inString("a byte that UTF-8 never has", "FF"));
  }

  @ParameterizedTest
  @MethodSource({"noJsonObjects", "notOurUtf8"})
  void refusesWhatIsNotOneJsonObjectInUtf8(byte[] json, String message) {
    assertThat(refusal(json)).hasMessageStartingWith(message);
  }

  @Test
  void refusesNullAndNothing() {
    assertThat(refusal(null)).hasMessage("event: empty");
    assertThat(refusal(new byte[0])).hasMessage("event: empty");
  }

  @Test
  void refusesAnEventCutAnywhere() {
    byte[] json = utf8(valid());
    for (int length = 1; length < json.length; length++) {
      assertThat(refusal(Arrays.copyOf(json, length)))
          .as("the first %d bytes", length)
          .hasMessageMatching("(event|eventId|bookId|vote|votedAt): at byte .*");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"eventId", "bookId", "vote", "votedAt"})
  void refusesAMissingField(String field) {
    assertThat(refusal(utf8(without(field)))).hasMessage(field + ": missing");
  }

  @ParameterizedTest
  @ValueSource(strings = {"eventId", "bookId", "vote", "votedAt"})
  void refusesAFieldOfAnotherType(String field) {
    for (String value : new String[] {"null", "true", "1.5", "[]", "{}", "\"\"", "\"42\""}) {
      assertThat(refusal(utf8(with(field, value))))
          .as(value)
          .hasMessageStartingWith(field + ": must be ");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"eventId", "bookId", "vote", "votedAt"})
  void refusesAFieldGivenTwiceEvenIfEqual(String field) {
    String half = valid().substring(1, valid().length() - 1);
    String twice = "{" + half + "," + half.substring(half.indexOf('"' + field + '"')) + "}";
    assertThat(refusal(utf8(twice)))
        .hasMessageStartingWith(field + ": at byte ")
        .hasMessageEndingWith("Duplicate field '" + field + "'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1-1-1-1-1",
        "4b1d7c620d0c4f0a9a550f1f8f3f6f5e",
        "{4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e}",
        "4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5",
        "4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5g",
        "+b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e",
        "4b1d7c6-20d0c-4f0a-9a55-0f1f8f3f6f5e",
        "4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f\uff15e",
        " 4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e",
      })
  void refusesAnEventIdThatIsNoCanonicalUuid(String eventId) {
    assertThat(refusal(utf8(with("eventId", '"' + eventId + '"'))))
        .hasMessageStartingWith("eventId: must be a UUID such as ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-0",
        "-1",
        "42.0",
        "1e3",
        "4.2E1",
        "\"42\"",
        "9223372036854775808",
        "1e400",
      })
  void refusesABookIdThatIsNoIntegerOfItsRange(String bookId) {
    assertThat(refusal(utf8(with("bookId", bookId))))
        .hasMessage("bookId: must be an integer from 1 to 9223372036854775807, is " + bookId);
  }

  @ParameterizedTest
  @ValueSource(strings = {"042", "+42", "42L", "4_2", "NaN", "Infinity", ".5", "42."})
  void refusesABookIdThatIsNoJsonNumber(String bookId) {
    assertThat(refusal(utf8(with("bookId", bookId)))).hasMessageStartingWith("bookId: at byte ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"up", "Up", "UP ", "SIDEWAYS", "", "U\\u0000P", "U\\nP"})
  void refusesAVoteThatIsNeitherUpNorDown(String vote) {
    assertThat(refusal(utf8(with("vote", '"' + vote + '"'))))
        .hasMessageStartingWith("vote: must be \"UP\" or \"DOWN\", is \"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-01-31",
        "2026-01-31T12:34Z",
        "2026-01-31T12:34:56",
        "2026-01-31 12:34:56Z",
        "2026-02-29T12:34:56Z",
        "2026-01-31T24:00:00Z",
        "+10000-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "0000-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "1769862896",
        "now",
      })
  void refusesATimeThatIsNotOfRfc3339(String votedAt) {
    assertThat(refusal(utf8(with("votedAt", '"' + votedAt + '"'))))
        .hasMessageStartingWith("votedAt: must be an RFC 3339 time such as ")
        .hasMessageEndingWith("is \"" + votedAt + '"');
  }

  @ParameterizedTest
  @ValueSource(strings = {"eventId", "vote", "votedAt"})
  void showsOnlyTheBeginningOfALongValue(String field) {
    assertThat(refusal(utf8(with(field, '"' + "x".repeat(1_000_000) + '"'))))
        .hasMessageStartingWith(field + ": must be ")
        .hasMessageEndingWith("is \"" + "x".repeat(48) + "...\"");
  }

  @Test
  void showsNoControlCharacters() {
    assertThat(refusal(utf8(with("vote", "\"\\n\\u001b[31m\\u2028\\u202e\u0436\""))))
        .hasMessage("vote: must be \"UP\" or \"DOWN\", is \"??[31m???\"");
  }

  @Test
  void keepsAnyMessageShortAndPrintable() {
    RuntimeException cause = new RuntimeException("cause");
    MalformedVoteException malformed =
        new MalformedVoteException("\u00e4\n".repeat(1_000_000), cause);

    assertThat(malformed).hasMessage("??".repeat(100)).hasCause(cause);
    assertThat(new MalformedVoteException("vote: missing")).hasMessage("vote: missing");
  }

  @Test
  void judgesALengthWithoutTheBytes() throws MalformedVoteException {
    VoteEventCodec.requireLength(VoteEventCodec.MAX_EVENT_BYTES);
    MalformedVoteException malformed =
        catchThrowableOfType(
            MalformedVoteException.class, () -> VoteEventCodec.requireLength(1L << 40));
    assertThat(malformed).hasMessage("event: has 1099511627776 bytes, at most 1048576 are allowed");
    assertThat(refusal(new byte[VoteEventCodec.MAX_EVENT_BYTES + 1]))
        .hasMessage("event: has 1048577 bytes, at most 1048576 are allowed");
  }

  /** What decoding throws, after checking what holds for every refusal. */
  private static MalformedVoteException refusal(byte @Nullable [] json) {
    MalformedVoteException malformed =
        catchThrowableOfType(MalformedVoteException.class, () -> VoteEventCodec.decode(json));
    assertThat(malformed).isNotNull();
    assertThat(malformed.getMessage()).matches("[ -~]{1,200}");
    assertThat(malformed.getCause() instanceof RuntimeException).isFalse();
    return malformed;
  }

  private static Arguments text(String name, String json, String message) {
    return argumentSet(name, utf8(json), message);
  }

  private static Arguments encoded(String name, Charset charset, String message) {
    return argumentSet(name, valid().getBytes(charset), message);
  }

  private static Arguments bytes(String name, String hexBefore, String message) {
    String before = new String(HexFormat.of().parseHex(hexBefore), ISO_8859_1);
    return argumentSet(name, (before + valid()).getBytes(ISO_8859_1), message);
  }

  private static Arguments inString(String name, String hex) {
    String string = new String(HexFormat.of().parseHex(hex), ISO_8859_1);
    byte[] json = with("x", '"' + string + '"').getBytes(ISO_8859_1);
    return argumentSet(name, json, "event: not valid UTF-8");
  }
}

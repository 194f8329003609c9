package org.bookvotes.contracts;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A second reader of vote events, to hold the codec against: written from RFC 8259, RFC 3339 and
 * the words of {@code vote-event.schema.json}, with no line and no library of the codec's. Slow and
 * plain. Used by one thread for one event.
 */
final class ReferenceReader {

  private static final int MOST_BYTES = 1_048_576;
  private static final int MOST_LEVELS = 100;
  private static final int MOST_DIGITS = 1000;
  private static final int MOST_NAME_BYTES = 1000;

  private static final Pattern NUMBER =
      Pattern.compile("-?(?:0|[1-9][0-9]*+)(?:\\.[0-9]++)?(?:[eE][+-]?[0-9]++)?");
  private static final Pattern BOOK_ID = Pattern.compile("[1-9][0-9]{0,18}");
  private static final Pattern EVENT_ID =
      Pattern.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}");
  private static final Pattern TIME =
      Pattern.compile(
          "([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.]([0-9]{1,9}))?"
              + "(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))");

  /** A number as it stands in the text. */
  private record Numeral(String text) {}

  private enum Word {
    TRUE,
    FALSE,
    NULL
  }

  private static final class Refused extends RuntimeException {
    Refused(String message) {
      super(message, null, false, false);
    }
  }

  private final String text;
  private int at;

  private ReferenceReader(String text) {
    this.text = text;
  }

  /** The event, or nothing if it is none. */
  static Optional<VoteEvent> read(byte[] json) {
    if (json.length > MOST_BYTES) {
      return Optional.empty();
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
      ReferenceReader reader = new ReferenceReader(text);
      Object root = reader.value(1);
      reader.blanks();
      if (reader.at < text.length() || !(root instanceof Map<?, ?> fields)) {
        return Optional.empty();
      }
      return Optional.of(event(fields));
    } catch (CharacterCodingException | Refused | DateTimeException e) {
      return Optional.empty();
    }
  }

  private static VoteEvent event(Map<?, ?> fields) {
    if (!(fields.get("eventId") instanceof String eventId && EVENT_ID.matcher(eventId).matches())) {
      throw new Refused("eventId");
    }
    if (!(fields.get("bookId") instanceof Numeral bookId
        && BOOK_ID.matcher(bookId.text()).matches()
        && new BigInteger(bookId.text()).bitLength() < Long.SIZE)) {
      throw new Refused("bookId");
    }
    if (!(fields.get("vote") instanceof String vote
        && (vote.equals("UP") || vote.equals("DOWN")))) {
      throw new Refused("vote");
    }
    if (!(fields.get("votedAt") instanceof String votedAt)) {
      throw new Refused("votedAt");
    }
    return new VoteEvent(
        UUID.fromString(eventId), Long.parseLong(bookId.text()), Vote.valueOf(vote), time(votedAt));
  }

  /** A leap second is the second before it, as {@link Instant} knows none. */
  private static Instant time(String text) {
    Matcher parts = TIME.matcher(text);
    if (!parts.matches()) {
      throw new Refused("no timestamp");
    }
    int second = Integer.parseInt(parts.group(6));
    boolean leap = second == 60;
    LocalDateTime local =
        LocalDateTime.of(
            Integer.parseInt(parts.group(1)),
            Integer.parseInt(parts.group(2)),
            Integer.parseInt(parts.group(3)),
            Integer.parseInt(parts.group(4)),
            Integer.parseInt(parts.group(5)),
            leap ? 59 : second,
            parts.group(7) == null
                ? 0
                : Integer.parseInt((parts.group(7) + "00000000").substring(0, 9)));
    LocalDateTime utc = local;
    if (parts.group(8) != null) {
      LocalTime offset = LocalTime.parse(parts.group(9) + ":" + parts.group(10));
      utc =
          parts.group(8).equals("+")
              ? local.minusSeconds(offset.toSecondOfDay())
              : local.plusSeconds(offset.toSecondOfDay());
    }
    if (utc.getYear() < 0 || utc.getYear() > 9999) {
      throw new Refused("year");
    }
    if (leap && !utc.toLocalTime().withNano(0).equals(LocalTime.of(23, 59, 59))) {
      throw new Refused("no leap second");
    }
    return utc.toInstant(ZoneOffset.UTC);
  }

  private Object value(int level) {
    blanks();
    return switch (peek()) {
      case '{' -> object(level);
      case '[' -> array(level);
      case '"' -> string();
      case 't' -> word("true", Word.TRUE);
      case 'f' -> word("false", Word.FALSE);
      case 'n' -> word("null", Word.NULL);
      default -> number();
    };
  }

  private Map<String, Object> object(int level) {
    enter(level);
    Map<String, Object> fields = new LinkedHashMap<>();
    blanks();
    if (peek() == '}') {
      at++;
      return fields;
    }
    while (true) {
      blanks();
      String name = string();
      if (name.getBytes(StandardCharsets.UTF_8).length > MOST_NAME_BYTES) {
        throw new Refused("long name");
      }
      if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
        throw new Refused("half a surrogate pair in a name");
      }
      blanks();
      expect(':');
      if (fields.put(name, value(level + 1)) != null) {
        throw new Refused("twice: " + name);
      }
      blanks();
      if (peek() == '}') {
        at++;
        return fields;
      }
      expect(',');
    }
  }

  private List<Object> array(int level) {
    enter(level);
    List<Object> elements = new ArrayList<>();
    blanks();
    if (peek() == ']') {
      at++;
      return elements;
    }
    while (true) {
      elements.add(value(level + 1));
      blanks();
      if (peek() == ']') {
        at++;
        return elements;
      }
      expect(',');
    }
  }

  private void enter(int level) {
    at++;
    if (level > MOST_LEVELS) {
      throw new Refused("deep");
    }
  }

  private String string() {
    expect('"');
    StringBuilder string = new StringBuilder();
    while (peek() != '"') {
      char c = text.charAt(at++);
      if (c < ' ') {
        throw new Refused("control character");
      }
      string.append(c == '\\' ? escape() : c);
    }
    at++;
    return string.toString();
  }

  private char escape() {
    char c = peek();
    at++;
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        int unit = 0;
        for (int i = 0; i < 4; i++) {
          int digit = "0123456789abcdef".indexOf(Character.toLowerCase(peek()));
          if (digit < 0 || peek() > 'f') {
            throw new Refused("escape");
          }
          unit = unit * 16 + digit;
          at++;
        }
        yield (char) unit;
      }
      default -> throw new Refused("escape");
    };
  }

  private Numeral number() {
    Matcher number = NUMBER.matcher(text).region(at, text.length());
    if (!number.lookingAt()) {
      throw new Refused("no value");
    }
    at = number.end();
    if (number.group().chars().filter(Character::isDigit).count() > MOST_DIGITS) {
      throw new Refused("long number");
    }
    return new Numeral(number.group());
  }

  private Word word(String spelling, Word word) {
    if (!text.startsWith(spelling, at)) {
      throw new Refused("no value");
    }
    at += spelling.length();
    return word;
  }

  private void blanks() {
    while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private char peek() {
    if (at >= text.length()) {
      throw new Refused("end");
    }
    return text.charAt(at);
  }

  private void expect(char c) {
    if (peek() != c) {
      throw new Refused("no " + c);
    }
    at++;
  }
}

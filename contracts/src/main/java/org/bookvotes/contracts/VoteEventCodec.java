package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.ErrorReportConfiguration;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonParser.NumberType;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A vote event to JSON and back. Stateless and thread-safe.
 *
 * <p>Reading is strict, because what is let in here is counted: UTF-8 without a byte order mark,
 * one object and nothing behind it, no name twice in an object, every field present and of its type
 * ({@code "42"} and {@code 42.0} are no book id). Unknown fields are skipped, so that producers may
 * add some, within bounds: {@value #MAX_EVENT_BYTES} bytes an event, {@value #MAX_DEPTH} levels
 * deep, {@value #MAX_NUMBER_DIGITS} digits a number, {@value #MAX_NAME_BYTES} bytes of UTF-8 a
 * name, and no half of a surrogate pair in a name.
 */
public final class VoteEventCodec {

  /**
   * The most bytes an event may have: about what Kafka takes by default. Without a bound one record
   * could fill the heap.
   */
  public static final int MAX_EVENT_BYTES = 1 << 20;

  static final int MAX_DEPTH = 100;
  static final int MAX_NUMBER_DIGITS = 1000;
  static final int MAX_NAME_BYTES = 1000;

  private static final int MAX_EXCERPT_LENGTH = 48;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          // Off: UTF-16 and UTF-32 would be recognized and a byte order mark skipped.
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          // Off: names come from outside, and interned ones stay.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(MAX_NUMBER_DIGITS)
                  .maxNameLength(MAX_NAME_BYTES)
                  .build())
          .errorReportConfiguration(
              ErrorReportConfiguration.builder().maxErrorTokenLength(MAX_EXCERPT_LENGTH).build())
          .build();

  private VoteEventCodec() {}

  /** The event as one line of JSON; the timestamp is in UTC, with all of its precision. */
  public static byte[] encode(VoteEvent event) {
    // No value can hold a character that JSON would have to escape.
    String json =
        "{\"eventId\":\""
            + event.eventId()
            + "\",\"bookId\":"
            + event.bookId()
            + ",\"vote\":\""
            + event.vote()
            + "\",\"votedAt\":\""
            + event.votedAt()
            + "\"}";
    return json.getBytes(US_ASCII);
  }

  /**
   * The event in the JSON.
   *
   * @throws MalformedVoteException if the bytes, which may be null, are anything but a vote event;
   *     nothing else is thrown, whatever they are
   */
  public static VoteEvent decode(byte @Nullable [] json) throws MalformedVoteException {
    return decode(json, null);
  }

  /**
   * The same for an event whose id is told beside it.
   *
   * @param id {@code eventId} may be missing then, and if it is there it must be the same
   */
  static VoteEvent decode(byte @Nullable [] json, @Nullable UUID id) throws MalformedVoteException {
    if (json == null || json.length == 0) {
      throw new MalformedVoteException("event: empty");
    }
    requireLength(json.length);
    VoteEvent plain = PlainForm.read(json);
    if (plain != null) {
      requireSame(plain.eventId(), id);
      return plain;
    }
    if (!isUtf8(json)) {
      throw new MalformedVoteException("event: not valid UTF-8");
    }
    try (JsonParser parser = JSON.createParser(json)) {
      try {
        return read(parser, id);
      } catch (JsonEOFException e) {
        throw new MalformedVoteException(position(parser) + "the JSON ends too early", e);
      } catch (JsonProcessingException e) {
        throw new MalformedVoteException(position(parser) + e.getOriginalMessage(), e);
      }
    } catch (IOException | RuntimeException e) {
      // There is no I/O here and no known fault in the parser; but a bad event must never stop its
      // partition.
      throw new MalformedVoteException("event: cannot be read: " + e.getClass().getName(), e);
    }
  }

  /**
   * Refuses what {@link #decode} would refuse for its length alone.
   *
   * @throws MalformedVoteException if an event of so many bytes is too long
   */
  public static void requireLength(long byteCount) throws MalformedVoteException {
    if (byteCount > MAX_EVENT_BYTES) {
      throw new MalformedVoteException(
          "event: has " + byteCount + " bytes, at most " + MAX_EVENT_BYTES + " are allowed");
    }
  }

  private static VoteEvent read(JsonParser parser, @Nullable UUID id)
      throws IOException, MalformedVoteException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw new MalformedVoteException("event: must be a JSON object, is " + shown(parser));
    }
    boolean structured = false;
    UUID eventId = null;
    long bookId = 0;
    Vote vote = null;
    Instant votedAt = null;
    String field;
    while ((field = parser.nextFieldName()) != null) {
      parser.nextToken();
      switch (field) {
        case "eventId" -> eventId = readEventId(parser);
        case "bookId" -> bookId = readBookId(parser);
        case "vote" -> vote = readVote(parser);
        case "votedAt" -> votedAt = readVotedAt(parser);
        default -> {
          structured |= field.equals("specversion");
          parser.skipChildren();
        }
      }
    }
    if (parser.nextToken() != null) {
      throw new MalformedVoteException("event: something follows the object: " + shown(parser));
    }
    if (eventId == null) {
      eventId = id;
    }
    if (eventId == null) {
      throw missing("eventId", structured);
    }
    if (bookId == 0) {
      throw missing("bookId", structured);
    }
    if (vote == null) {
      throw missing("vote", structured);
    }
    if (votedAt == null) {
      throw missing("votedAt", structured);
    }
    requireSame(eventId, id);
    return new VoteEvent(eventId, bookId, vote, votedAt);
  }

  private static void requireSame(UUID eventId, @Nullable UUID id) throws MalformedVoteException {
    if (id != null && !id.equals(eventId)) {
      throw new MalformedVoteException("eventId: is " + eventId + ", but the headers say " + id);
    }
  }

  private static UUID readEventId(JsonParser parser) throws IOException, MalformedVoteException {
    UUID eventId = uuid(readString("eventId", parser));
    if (eventId == null) {
      throw wrong("eventId", "a UUID such as 4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e", parser);
    }
    return eventId;
  }

  private static long readBookId(JsonParser parser) throws IOException, MalformedVoteException {
    if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT
        && parser.getNumberType() != NumberType.BIG_INTEGER
        && parser.getLongValue() > 0) {
      return parser.getLongValue();
    }
    throw wrong("bookId", "an integer from 1 to " + Long.MAX_VALUE, parser);
  }

  private static Vote readVote(JsonParser parser) throws IOException, MalformedVoteException {
    return switch (readString("vote", parser)) {
      case "UP" -> Vote.UP;
      case "DOWN" -> Vote.DOWN;
      default -> throw wrong("vote", "\"UP\" or \"DOWN\"", parser);
    };
  }

  private static Instant readVotedAt(JsonParser parser) throws IOException, MalformedVoteException {
    Instant votedAt = Rfc3339.parse(readString("votedAt", parser));
    if (votedAt == null || !VoteEvent.isWritable(votedAt)) {
      throw wrong("votedAt", "an RFC 3339 time such as 2026-01-31T12:34:56.789Z", parser);
    }
    return votedAt;
  }

  private static String readString(String field, JsonParser parser)
      throws IOException, MalformedVoteException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw wrong(field, "a string", parser);
    }
    return parser.getText();
  }

  /** Null if it is none; {@link UUID#fromString} alone takes {@code 1-1-1-1-1} and signs. */
  static @Nullable UUID uuid(String text) {
    if (text.length() != 36) {
      return null;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
      if (dash ? c != '-' : !HexFormat.isHexDigit(c)) {
        return null;
      }
    }
    return UUID.fromString(text);
  }

  /** Jackson's own decoder lets overlong forms and encoded surrogates pass. */
  private static boolean isUtf8(byte[] json) {
    for (byte b : json) {
      if (b < 0) {
        return decodesAsUtf8(json);
      }
    }
    return true;
  }

  private static boolean decodesAsUtf8(byte[] json) {
    try {
      UTF_8.newDecoder().decode(ByteBuffer.wrap(json));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private static MalformedVoteException missing(String field, boolean structured) {
    return structured ? structured("event") : new MalformedVoteException(field + ": missing");
  }

  /** A CloudEvent whose attributes are in the value, beside the event. */
  static MalformedVoteException structured(String where) {
    return new MalformedVoteException(
        where + ": a CloudEvent in structured mode, which is not taken; send it in binary mode");
  }

  private static MalformedVoteException wrong(String field, String expected, JsonParser parser)
      throws IOException {
    return new MalformedVoteException(field + ": must be " + expected + ", is " + shown(parser));
  }

  /** The current value for a message: its beginning, or what kind it is. */
  private static String shown(JsonParser parser) throws IOException {
    JsonToken token = parser.currentToken();
    if (token == null) {
      return "blank";
    }
    return switch (token) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "an array";
      case VALUE_STRING -> '"' + excerpt(parser.getText()) + '"';
      default -> excerpt(parser.getText());
    };
  }

  static String excerpt(String text) {
    return text.length() <= MAX_EXCERPT_LENGTH
        ? text
        : text.substring(0, MAX_EXCERPT_LENGTH) + "...";
  }

  /** Where the text stops being JSON that we take: the field of the event, if it came to one. */
  private static String position(JsonParser parser) {
    String field = "event";
    for (JsonStreamContext at = parser.getParsingContext(); at != null; at = at.getParent()) {
      if (at.hasCurrentName()) {
        field = at.getCurrentName();
      }
    }
    return excerpt(field) + ": at byte " + parser.currentLocation().getByteOffset() + ": ";
  }
}

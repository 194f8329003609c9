package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads events in the very form that {@link VoteEventCodec#encode} writes: these fields, in this
 * order, without a space. That is what nearly all events look like, and a JSON parser needs several
 * times as long for them. Stateless.
 */
final class PlainForm {

  private static final byte[] EVENT_ID = "{\"eventId\":\"".getBytes(US_ASCII);
  private static final byte[] BOOK_ID = "\",\"bookId\":".getBytes(US_ASCII);
  private static final byte[] UP = ",\"vote\":\"UP\",\"votedAt\":\"".getBytes(US_ASCII);
  private static final byte[] DOWN = ",\"vote\":\"DOWN\",\"votedAt\":\"".getBytes(US_ASCII);
  private static final byte[] END = "\"}".getBytes(US_ASCII);

  private static final int BOOK_ID_START = EVENT_ID.length + 36 + BOOK_ID.length;
  // One less than a long can have, so that none overflows.
  private static final int MAX_BOOK_ID_DIGITS = 18;

  private PlainForm() {}

  /** The event; null if the bytes have another form, which says nothing about what they are. */
  static @Nullable VoteEvent read(byte[] json) {
    if (!has(json, 0, EVENT_ID) || !has(json, BOOK_ID_START - BOOK_ID.length, BOOK_ID)) {
      return null;
    }
    UUID eventId = uuid(json, EVENT_ID.length);

    int position = BOOK_ID_START;
    long bookId = 0;
    while (position < json.length && json[position] >= '0' && json[position] <= '9') {
      bookId = bookId * 10 + (json[position] - '0');
      position++;
      if (bookId == 0 || position - BOOK_ID_START > MAX_BOOK_ID_DIGITS) {
        return null;
      }
    }

    Vote vote;
    if (has(json, position, UP)) {
      vote = Vote.UP;
      position += UP.length;
    } else if (has(json, position, DOWN)) {
      vote = Vote.DOWN;
      position += DOWN.length;
    } else {
      return null;
    }

    int end = json.length - END.length;
    if (eventId == null || bookId == 0 || position > end || !has(json, end, END)) {
      return null;
    }
    // Any byte is a character then; those that no timestamp has are refused.
    Instant votedAt = Rfc3339.parse(new String(json, position, end - position, ISO_8859_1));
    return votedAt == null || !VoteEvent.isWritable(votedAt)
        ? null
        : new VoteEvent(eventId, bookId, vote, votedAt);
  }

  private static boolean has(byte[] json, int position, byte[] expected) {
    if (json.length - position < expected.length) {
      return false;
    }
    for (int i = 0; i < expected.length; i++) {
      if (json[position + i] != expected[i]) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable UUID uuid(byte[] json, int start) {
    if (json[start + 8] != '-'
        || json[start + 13] != '-'
        || json[start + 18] != '-'
        || json[start + 23] != '-') {
      return null;
    }
    // A digit that is none makes it negative, whatever else there is.
    long invalid = 0;
    long high = 0;
    long low = 0;
    for (int i = 0; i < 36; i++) {
      if (i != 8 && i != 13 && i != 18 && i != 23) {
        int digit = Character.digit(json[start + i], 16);
        invalid |= digit;
        if (i < 18) {
          high = high << 4 | digit;
        } else {
          low = low << 4 | digit;
        }
      }
    }
    return invalid < 0 ? null : new UUID(high, low);
  }
}

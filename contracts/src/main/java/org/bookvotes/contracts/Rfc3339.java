package org.bookvotes.contracts;

import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import org.jspecify.annotations.Nullable;

/**
 * Reads the timestamps of <a href="https://www.rfc-editor.org/rfc/rfc3339#section-5.6">RFC 3339,
 * section 5.6</a>. Stateless.
 *
 * <p>{@link Instant#parse} reads another language (it takes 24:00, {@code +02} and years of ten
 * digits, but no offset beyond 18 hours) and needs more than ten times as long.
 */
final class Rfc3339 {

  private static final int FRACTION_START = "2026-01-31T12:34:56".length();
  private static final int MAX_FRACTION_DIGITS = 9;
  private static final int SECONDS_PER_DAY = 86_400;

  private Rfc3339() {}

  /**
   * The instant, or null if the text is no RFC 3339 timestamp or is finer than a nanosecond. A leap
   * second becomes the second before it, as {@link Instant} knows none.
   */
  static @Nullable Instant parse(String text) {
    if (text.length() <= FRACTION_START
        || text.charAt(4) != '-'
        || text.charAt(7) != '-'
        || (text.charAt(10) | 0x20) != 't'
        || text.charAt(13) != ':'
        || text.charAt(16) != ':') {
      return null;
    }
    int year = number(text, 0, 4);
    int month = number(text, 5, 7);
    int day = number(text, 8, 10);
    int hour = number(text, 11, 13);
    int minute = number(text, 14, 16);
    int second = number(text, 17, 19);
    if (year < 0 || month < 1 || month > 12 || day < 1 || minute < 0 || second < 0) {
      return null;
    }
    if (day > YearMonth.of(year, month).lengthOfMonth()
        || hour < 0
        || hour > 23
        || minute > 59
        || second > 60) {
      return null;
    }

    int position = FRACTION_START;
    int nanos = 0;
    if (text.charAt(position) == '.') {
      int start = ++position;
      int digitNanos = 100_000_000;
      while (position < text.length() && isDigit(text.charAt(position))) {
        nanos += (text.charAt(position) - '0') * digitNanos;
        digitNanos /= 10;
        position++;
      }
      int digits = position - start;
      if (digits == 0 || digits > MAX_FRACTION_DIGITS) {
        return null;
      }
    }

    int offsetSeconds = offsetSeconds(text, position);
    if (offsetSeconds == Integer.MIN_VALUE) {
      return null;
    }
    long epochSecond =
        LocalDate.of(year, month, day).toEpochDay() * SECONDS_PER_DAY
            + hour * 3600L
            + minute * 60L
            + second
            - offsetSeconds;
    if (second == 60) {
      epochSecond--;
      // A leap second is 23:59:60 in UTC, at the end of a month or, by this code, of any day.
      if (Math.floorMod(epochSecond, SECONDS_PER_DAY) != SECONDS_PER_DAY - 1) {
        return null;
      }
    }
    return Instant.ofEpochSecond(epochSecond, nanos);
  }

  /** Seconds east of UTC, or {@link Integer#MIN_VALUE} if the rest of the text is no offset. */
  private static int offsetSeconds(String text, int position) {
    int length = text.length() - position;
    if (length == 1 && (text.charAt(position) | 0x20) == 'z') {
      return 0;
    }
    if (length != "+02:00".length() || text.charAt(position + 3) != ':') {
      return Integer.MIN_VALUE;
    }
    char sign = text.charAt(position);
    int hours = number(text, position + 1, position + 3);
    int minutes = number(text, position + 4, position + 6);
    if ((sign != '+' && sign != '-') || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
      return Integer.MIN_VALUE;
    }
    int seconds = hours * 3600 + minutes * 60;
    return sign == '+' ? seconds : -seconds;
  }

  /** The decimal number in {@code text[start, end)}, or -1 if a character is no ASCII digit. */
  private static int number(String text, int start, int end) {
    int number = 0;
    for (int i = start; i < end; i++) {
      char c = text.charAt(i);
      if (!isDigit(c)) {
        return -1;
      }
      number = number * 10 + (c - '0');
    }
    return number;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}

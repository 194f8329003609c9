package org.bookvotes.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.bookvotes.contracts.VoteTopics;
import org.jspecify.annotations.Nullable;

/**
 * Records that nobody can count, drawn by a seed. All are bad by the way they are made, not because
 * the product says so. Used by one thread.
 */
public final class HostileRecords {

  /** What a line of the log would begin with, if a record could write one. */
  public static final String FORGED_LINE = "FORGED";

  private static final String FORGED = "\r\n" + FORGED_LINE + " \u001b[31mERROR\u001b[0m \0\u2028";
  private static final int MIB = 1 << 20;

  /**
   * One record. Never compared.
   *
   * @param reason that the dead-letter topic must tell
   */
  @SuppressWarnings("ArrayRecordComponent")
  public record Hostile(
      byte @Nullable [] key, byte @Nullable [] value, List<Header> headers, String reason) {}

  private final Random random;
  private final int bookCount;

  /**
   * @param bookCount there are the books from 1 to this
   */
  public HostileRecords(long seed, int bookCount) {
    this.random = new Random(seed);
    this.bookCount = bookCount;
  }

  /** The next record of ordinary size. */
  public Hostile next() {
    if (random.nextInt(20) == 0) {
      return cloudEvent();
    }
    boolean unknownBook = random.nextInt(6) == 0;
    return new Hostile(
        key(),
        unknownBook ? vote(unknownBookId()).getBytes(UTF_8) : malformed(),
        random.nextInt(3) == 0 ? headers() : List.of(),
        unknownBook ? VoteTopics.REASON_UNKNOWN_BOOK : VoteTopics.REASON_MALFORMED);
  }

  /** A record with a value of so many bytes that do not compress. */
  public Hostile large(int valueBytes) {
    byte[] value = new byte[valueBytes];
    random.nextBytes(value);
    return new Hostile(key(), value, headers(), VoteTopics.REASON_MALFORMED);
  }

  /** A record with one header of a MiB. */
  public Hostile largeHeader() {
    byte[] value = new byte[MIB];
    random.nextBytes(value);
    return new Hostile(
        null,
        vote(unknownBookId()).getBytes(UTF_8),
        List.of(new RecordHeader("trace", value)),
        VoteTopics.REASON_UNKNOWN_BOOK);
  }

  /** A record with 1,000 headers. */
  public Hostile manyHeaders() {
    List<Header> headers = new ArrayList<>();
    while (headers.size() < 1_000) {
      headers.addAll(headers());
    }
    return new Hostile(key(), malformed(), headers.subList(0, 1_000), VoteTopics.REASON_MALFORMED);
  }

  /** A record of a MiB that compresses to almost nothing. */
  public Hostile compressible() {
    byte[] value = new byte[MIB - 1_000];
    Arrays.fill(value, (byte) 'x');
    return new Hostile(null, value, List.of(), VoteTopics.REASON_MALFORMED);
  }

  /** A CloudEvent with a good vote for an unknown book, or with one for a book and bad headers. */
  private Hostile cloudEvent() {
    List<Header> headers = new ArrayList<>();
    add(headers, "ce_specversion", "1.0");
    add(headers, "ce_id", "4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e");
    add(headers, "ce_source", "/hostile");
    add(headers, "ce_type", FORGED);
    boolean unknownBook = random.nextInt(3) == 0;
    if (unknownBook) {
      add(headers, "content-type", "application/json");
    } else {
      switch (random.nextInt(6)) {
        case 0 -> headers.remove(random.nextInt(headers.size()));
        case 1 -> headers.add(new RecordHeader("ce_id", noise(20)));
        case 2 -> headers.set(1, new RecordHeader("ce_id", null));
        case 3 -> headers.set(1, new RecordHeader("ce_id", FORGED.getBytes(UTF_8)));
        case 4 -> headers.set(0, new RecordHeader("ce_specversion", FORGED.getBytes(UTF_8)));
        default -> add(headers, "content-type", "application/cloudevents+json" + FORGED);
      }
    }
    String vote = vote(unknownBook ? unknownBookId() : random.nextInt(1, bookCount + 1));
    return new Hostile(
        key(),
        vote.getBytes(UTF_8),
        headers,
        unknownBook ? VoteTopics.REASON_UNKNOWN_BOOK : VoteTopics.REASON_MALFORMED);
  }

  private static void add(List<Header> headers, String name, String value) {
    headers.add(new RecordHeader(name, value.getBytes(UTF_8)));
  }

  private byte @Nullable [] key() {
    return switch (random.nextInt(5)) {
      case 0 -> null;
      case 1 -> new byte[0];
      case 2 -> noise(20);
      case 3 -> FORGED.getBytes(UTF_8);
      default -> Integer.toString(random.nextInt(1, bookCount + 1)).getBytes(UTF_8);
    };
  }

  private long unknownBookId() {
    return random.nextInt(10) == 0
        ? Long.MAX_VALUE - random.nextInt(3)
        : random.nextLong(bookCount + 1L, Long.MAX_VALUE) >>> random.nextInt(20) | 1L << 40;
  }

  private byte @Nullable [] malformed() {
    String good = vote(random.nextInt(1, bookCount + 1));
    return switch (random.nextInt(12)) {
      case 0 -> null;
      case 1 -> Arrays.copyOf(good.getBytes(UTF_8), random.nextInt(good.length()));
      case 2 -> invalidUtf8(good);
      case 3 -> nested(random.nextInt(100, 2_000));
      case 4 -> ("[".repeat(random.nextInt(1, 2_000)) + good).getBytes(UTF_8);
      case 5 -> with("bookId", pick("1e999999999", "-1e-999999999", "0", "-0", "1.0", "01"));
      case 6 ->
          with(
              "bookId",
              pick("1", "-1")
                  + "0".repeat(random.nextInt(19, random.nextInt(50) == 0 ? 10_000 : 100)));
      case 7 -> good.replace("{", "{\"vote\":\"UP\",").getBytes(UTF_8);
      case 8 ->
          with("vote", pick("\"UP\\u0000\"", "\"UP\0\"", "\"UP" + FORGED + "\"", "\"\\r\\nX\""));
      case 9 ->
          with(
              pick("eventId", "bookId", "vote", "votedAt"),
              pick("null", "true", "[]", "{}", "1.5", "\"\\ud800\"", "\"42\""));
      case 10 -> good.replace(pick("eventId", "bookId", "vote\"", "votedAt"), "x").getBytes(UTF_8);
      default -> noise(200);
    };
  }

  /** An opening bracket too many for any reader: more levels than are allowed. */
  private static byte[] nested(int levels) {
    String value = "{\"x\":" + "[".repeat(levels) + "]".repeat(levels) + "," + vote(1).substring(1);
    return value.getBytes(UTF_8);
  }

  private byte[] invalidUtf8(String good) {
    byte[] bytes = good.getBytes(UTF_8);
    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(0x80, 0x100);
    return bytes;
  }

  /** Begins with a byte that no JSON begins with. */
  private byte[] noise(int mostBytes) {
    byte[] noise = new byte[random.nextInt(1, mostBytes)];
    random.nextBytes(noise);
    noise[0] = (byte) 0xc3;
    return noise;
  }

  private List<Header> headers() {
    List<Header> headers = new ArrayList<>();
    for (int count = random.nextInt(1, 6); count > 0; count--) {
      String name =
          pick(
              "trace",
              "",
              FORGED,
              "\ud83d\ude00",
              VoteTopics.DEAD_LETTER_REASON,
              VoteTopics.DEAD_LETTER_DETAIL,
              VoteTopics.DEAD_LETTER_TOPIC,
              VoteTopics.DEAD_LETTER_PARTITION,
              VoteTopics.DEAD_LETTER_OFFSET,
              "dead-letter-");
      byte[] value =
          switch (random.nextInt(4)) {
            case 0 -> null;
            case 1 -> new byte[0];
            case 2 -> noise(20);
            default -> "7".getBytes(UTF_8);
          };
      headers.add(new RecordHeader(name, value));
    }
    return headers;
  }

  private String pick(String... from) {
    return from[random.nextInt(from.length)];
  }

  private static byte[] with(String field, String rawValue) {
    return vote(1)
        .replaceFirst(
            "\"" + field + "\":[^,}]+", "\"" + field + "\":" + Matcher.quoteReplacement(rawValue))
        .getBytes(UTF_8);
  }

  private static String vote(long bookId) {
    return "{\"eventId\":\"4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e\",\"bookId\":"
        + bookId
        + ",\"vote\":\"UP\",\"votedAt\":\"2026-01-31T12:34:56Z\"}";
  }
}

package org.bookvotes.ingest;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.bookvotes.contracts.MalformedVoteException;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteRecord;
import org.bookvotes.contracts.VoteTopics;
import org.jspecify.annotations.Nullable;

/**
 * A record of the dead-letter topic, as far as it matters here. Its texts come from whoever may
 * write to the topics: they may hold anything, and are cut to {@value #MOST_TEXT_CHARS} characters.
 * Immutable.
 *
 * @param at where its event was
 * @param sentAt when it was put on the dead-letter topic
 * @param reason as its header has it
 * @param detail as its header has it
 * @param key of the event, null if it has none
 * @param event null if it is malformed
 */
public record Letter(
    Coordinates at,
    Instant sentAt,
    String reason,
    String detail,
    @Nullable String key,
    @Nullable VoteEvent event) {

  static final int MOST_TEXT_CHARS = 500;

  private static final int MOST_TOPIC_CHARS = 249;

  /** The letter that {@code record} is; empty if it does not say where its event was. */
  static Optional<Letter> of(ConsumerRecord<byte[], byte[]> record) {
    String topic = header(record, VoteTopics.DEAD_LETTER_TOPIC);
    long partition = number(header(record, VoteTopics.DEAD_LETTER_PARTITION));
    long offset = number(header(record, VoteTopics.DEAD_LETTER_OFFSET));
    if (topic.isEmpty()
        || topic.length() > MOST_TOPIC_CHARS
        // PostgreSQL's text cannot hold it.
        || topic.indexOf('\0') >= 0
        || partition < 0
        || partition > Integer.MAX_VALUE
        || offset < 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Letter(
            new Coordinates(topic, (int) partition, offset),
            Instant.ofEpochMilli(record.timestamp()),
            header(record, VoteTopics.DEAD_LETTER_REASON),
            header(record, VoteTopics.DEAD_LETTER_DETAIL),
            record.key() == null ? null : text(record.key()),
            event(record)));
  }

  /** The letter has the headers of its event, so a CloudEvent is still one. */
  private static @Nullable VoteEvent event(ConsumerRecord<byte[], byte[]> record) {
    try {
      return VoteRecord.decode(record.headers(), record.value());
    } catch (MalformedVoteException e) {
      return null;
    }
  }

  /** The last header of this name: those of the event itself come first. */
  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null || header.value() == null ? "" : text(header.value());
  }

  private static String text(byte[] utf8) {
    // No character of UTF-8 takes more bytes.
    int byteCount = Math.min(utf8.length, 4 * (MOST_TEXT_CHARS + 1));
    String text = new String(utf8, 0, byteCount, StandardCharsets.UTF_8);
    return text.length() <= MOST_TEXT_CHARS ? text : text.substring(0, MOST_TEXT_CHARS) + "…";
  }

  /** The number, or -1. */
  private static long number(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}

package org.bookvotes.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Header;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.testing.HostileRecords.Hostile;
import org.jspecify.annotations.Nullable;

/**
 * What must be on a dead-letter topic, and whether it is: every event at least once, unchanged,
 * with its reason and coordinates. Keeps digests, not events. Used by one thread.
 */
public final class DeadLetterAudit {

  private static final List<String> OWN_HEADERS =
      List.of(
          VoteTopics.DEAD_LETTER_REASON,
          VoteTopics.DEAD_LETTER_DETAIL,
          VoteTopics.DEAD_LETTER_TOPIC,
          VoteTopics.DEAD_LETTER_PARTITION,
          VoteTopics.DEAD_LETTER_OFFSET);

  private record Expected(String digest, String reason) {}

  private final Map<String, Expected> expected = new HashMap<>();

  /** An event that was sent must be on the dead-letter topic. */
  public void expect(RecordMetadata sent, String digest, String reason) {
    expected.put(
        sent.topic() + "-" + sent.partition() + "@" + sent.offset(), new Expected(digest, reason));
  }

  /** Events expected. */
  public int size() {
    return expected.size();
  }

  /** Demands that exactly the expected events are there; returns how many are there again. */
  public long assertComplete(TestTopics topics, String deadLetters) {
    Map<String, Expected> missing = new HashMap<>(expected);
    long[] again = new long[1];
    topics.forEachRecord(
        deadLetters,
        letter -> {
          String origin =
              text(letter, VoteTopics.DEAD_LETTER_TOPIC)
                  + "-"
                  + text(letter, VoteTopics.DEAD_LETTER_PARTITION)
                  + "@"
                  + text(letter, VoteTopics.DEAD_LETTER_OFFSET);
          List<Header> headers = List.of(letter.headers().toArray());
          int own = headers.size() - OWN_HEADERS.size();
          if (!headers.subList(own, headers.size()).stream()
              .map(Header::key)
              .toList()
              .equals(OWN_HEADERS)) {
            throw new AssertionError(origin + " does not end with our headers: " + headers);
          }
          Expected found =
              new Expected(
                  digest(letter.key(), letter.value(), headers.subList(0, own)),
                  text(letter, VoteTopics.DEAD_LETTER_REASON));
          if (!found.equals(expected.get(origin))) {
            throw new AssertionError(
                origin + " is " + found + " instead of " + expected.get(origin));
          }
          if (missing.remove(origin) == null) {
            again[0]++;
          }
        });
    assertThat(missing).as("events that are not on %s", deadLetters).isEmpty();
    return again[0];
  }

  /** Of a record's key, value and headers, in their order. */
  public static String digest(Hostile hostile) {
    return digest(hostile.key(), hostile.value(), hostile.headers());
  }

  private static String digest(
      byte @Nullable [] key, byte @Nullable [] value, List<Header> headers) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      add(digest, key);
      add(digest, value);
      for (Header header : headers) {
        add(digest, header.key().getBytes(UTF_8));
        add(digest, header.value());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void add(MessageDigest digest, byte @Nullable [] part) {
    digest.update(ByteBuffer.allocate(4).putInt(0, part == null ? -1 : part.length));
    if (part != null) {
      digest.update(part);
    }
  }

  private static String text(ConsumerRecord<byte[], byte[]> letter, String header) {
    return new String(letter.headers().lastHeader(header).value(), UTF_8);
  }
}

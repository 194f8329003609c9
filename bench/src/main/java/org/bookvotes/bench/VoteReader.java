package org.bookvotes.bench;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.bookvotes.contracts.MalformedVoteException;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteEventCodec;
import org.bookvotes.contracts.VoteTopics;

/**
 * A plain consumer of the topic of votes, from its beginning. Run as a program it does nothing but
 * decode: what no consumer in one thread can be faster than. Used by one thread.
 */
final class VoteReader implements AutoCloseable {

  private static final Duration POLL_TIMEOUT = Duration.ofMillis(100);

  private final KafkaConsumer<byte[], byte[]> consumer;

  VoteReader(String bootstrapServers, String group, int mostRecordsPerPoll) {
    Properties properties = new Properties();
    properties.putAll(
        Map.of(
            "bootstrap.servers",
            bootstrapServers,
            "group.id",
            group,
            "group.protocol",
            "consumer",
            "auto.offset.reset",
            "earliest",
            "enable.auto.commit",
            "false",
            "max.poll.records",
            Integer.toString(mostRecordsPerPoll)));
    consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer.subscribe(List.of(VoteTopics.VOTES));
  }

  /** What is there now, decoded by the caller; may be empty. */
  ConsumerRecords<byte[], byte[]> poll() {
    return consumer.poll(POLL_TIMEOUT);
  }

  /** The event; the topic of a benchmark has no malformed ones. */
  static VoteEvent decode(ConsumerRecord<byte[], byte[]> message) {
    try {
      return VoteEventCodec.decode(message.value());
    } catch (MalformedVoteException e) {
      throw new IllegalStateException("the topic was filled with something else", e);
    }
  }

  /** What was polled is done with. */
  void commit() {
    consumer.commitSync();
  }

  /** Reads the first {@code events} and returns what they come to. */
  static VoteTotals totals(String bootstrapServers, String group, long events) {
    VoteTotals totals = VoteTotals.NONE;
    try (VoteReader reader = new VoteReader(bootstrapServers, group, 10_000)) {
      while (totals.events() < events) {
        for (ConsumerRecord<byte[], byte[]> message : reader.poll()) {
          totals = totals.plus(decode(message));
        }
      }
    }
    return totals;
  }

  @Override
  public void close() {
    consumer.close();
  }

  /** Reads for ever, and tells after each poll how far it has come. */
  public static void main(String[] arguments) {
    VoteTotals totals = VoteTotals.NONE;
    try (VoteReader reader = new VoteReader(arguments[0], arguments[1], 10_000)) {
      while (!Thread.currentThread().isInterrupted()) {
        ConsumerRecords<byte[], byte[]> messages = reader.poll();
        for (ConsumerRecord<byte[], byte[]> message : messages) {
          totals = totals.plus(decode(message));
        }
        if (!messages.isEmpty()) {
          Mark.tell(totals);
        }
      }
    }
  }
}

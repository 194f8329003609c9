package org.bookvotes.ingest;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the dead-letter topic from its beginning to where it ended when the reader was opened, a
 * chunk at a time, and each letter once however often it is there. What it holds is bounded as in a
 * replica, by {@link PollBudget}. Belongs to no group and leaves no trace. Used by one thread.
 */
public final class LetterReader implements AutoCloseable {

  /** Letters in a chunk: what a redrive counts in one transaction. */
  public static final int CHUNK_SIZE = 1_000;

  // Few, since records with neither key nor value pass the PollBudget whatever their headers are.
  private static final int MOST_RECORDS_PER_POLL = 100;
  // A broker's answer is held in memory until it is polled. Of a letter that has been taken only
  // the first hundreds of characters are kept.
  private static final int MOST_BYTES_PER_FETCH = 16 << 20;
  private static final Duration POLL_TIMEOUT = Duration.ofMillis(500);
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(30);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final Consumer<byte[], byte[]> consumer;
  private final PollBudget budget;
  private final LetterFilter filter;
  private final Map<TopicPartition, Long> ends;
  private final long recordCount;
  private final SeenOffsets seen = new SeenOffsets();
  private Iterator<ConsumerRecord<byte[], byte[]>> polled = Collections.emptyIterator();
  private long duplicateCount;
  private long foreignCount;

  private LetterReader(
      Consumer<byte[], byte[]> consumer, PollBudget budget, String topic, LetterFilter filter) {
    this.consumer = consumer;
    this.budget = budget;
    this.filter = filter;
    @Nullable List<PartitionInfo> infos = consumer.partitionsFor(topic, LONGEST_SILENCE);
    if (infos == null || infos.isEmpty()) {
      throw new UnknownTopicOrPartitionException("there is no topic " + topic);
    }
    List<TopicPartition> partitions =
        infos.stream().map(info -> new TopicPartition(topic, info.partition())).toList();
    consumer.assign(partitions);
    Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(partitions, LONGEST_SILENCE);
    ends = consumer.endOffsets(partitions, LONGEST_SILENCE);
    beginnings.forEach(consumer::seek);
    recordCount =
        ends.values().stream().mapToLong(Long::longValue).sum()
            - beginnings.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * Opens a reader.
   *
   * @param client Kafka settings
   * @param topic of the dead letters
   * @param filter which letters it returns; reasons are not looked at
   * @throws KafkaException if the topic is missing, may not be read, or the broker does not answer
   */
  public static LetterReader open(Properties client, String topic, LetterFilter filter) {
    Properties properties = new Properties();
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, Integer.toString(MOST_RECORDS_PER_POLL));
    properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, Integer.toString(MOST_BYTES_PER_FETCH));
    properties.putAll(client);
    properties.remove(CommonClientConfigs.GROUP_ID_CONFIG);
    properties.remove(CommonClientConfigs.GROUP_INSTANCE_ID_CONFIG);
    properties.remove(ConsumerConfig.GROUP_PROTOCOL_CONFIG);
    properties.put(ConsumerConfig.CLIENT_ID_CONFIG, "bookvotes-letter-reader");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    // What Kafka deletes while it is being read is gone, like what it deleted before.
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    PollBudget budget = new PollBudget();
    Consumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, budget.deserializer(), budget.deserializer());
    try {
      return new LetterReader(consumer, budget, topic, filter);
    } catch (RuntimeException | Error e) {
      consumer.close(CloseOptions.timeout(CLOSE_TIMEOUT));
      throw e;
    }
  }

  /**
   * The next letters, at most {@value #CHUNK_SIZE}; fewer only at the end, where there are none.
   *
   * @throws KafkaException if the broker refuses, or has not answered for 30 seconds
   */
  public List<Letter> next() {
    List<Letter> chunk = new ArrayList<>();
    while (chunk.size() < CHUNK_SIZE && (polled.hasNext() || poll())) {
      if (polled.hasNext()) {
        take(polled.next()).ifPresent(chunk::add);
      }
    }
    return chunk;
  }

  private Optional<Letter> take(ConsumerRecord<byte[], byte[]> record) {
    Long end = ends.get(new TopicPartition(record.topic(), record.partition()));
    if (end == null || record.offset() >= end) {
      return Optional.empty();
    }
    Optional<Letter> letter = Letter.of(record);
    if (letter.isEmpty()) {
      foreignCount++;
      return letter;
    }
    if (!filter.matches(letter.get().at())) {
      return Optional.empty();
    }
    if (!seen.add(letter.get().at())) {
      duplicateCount++;
      return Optional.empty();
    }
    return letter;
  }

  /** Returns false at the end. */
  private boolean poll() {
    long deadlineNanos = System.nanoTime() + LONGEST_SILENCE.toNanos();
    long leftCount = leftCount();
    while (leftCount > 0) {
      // What was polled before must not be held beside it.
      polled = Collections.emptyIterator();
      budget.renew();
      polled = consumer.poll(POLL_TIMEOUT).iterator();
      // Without records too: behind an aborted transaction there is nothing to read, but to pass.
      if (polled.hasNext() || leftCount() < leftCount) {
        return true;
      }
      if (System.nanoTime() - deadlineNanos > 0) {
        throw new TimeoutException(
            "no answer for " + LONGEST_SILENCE.toSeconds() + " s, with records left to read");
      }
    }
    return false;
  }

  private long leftCount() {
    return ends.entrySet().stream()
        .mapToLong(
            end -> Math.max(0, end.getValue() - consumer.position(end.getKey(), LONGEST_SILENCE)))
        .sum();
  }

  /** Records of the topic, with those that are no letters or are not meant. */
  public long recordCount() {
    return recordCount;
  }

  /** How many of {@link #recordCount} have been read. */
  public long readCount() {
    return recordCount - leftCount();
  }

  /** Letters, of those that are meant, that were left out because they are on the topic again. */
  public long duplicateCount() {
    return duplicateCount;
  }

  /** Records that were left out because they do not say where their event was. */
  public long foreignCount() {
    return foreignCount;
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(CLOSE_TIMEOUT));
  }
}

package org.bookvotes.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.apache.kafka.clients.CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteEventCodec;
import org.bookvotes.contracts.VoteTopics;
import org.jspecify.annotations.Nullable;

/** The topics of one test, with a producer for them. Thread-safe. */
public final class TestTopics implements AutoCloseable {

  private static final int DEAD_LETTER_PARTITION_COUNT = 3;
  private static final Duration READ_TIMEOUT = Duration.ofSeconds(30);

  private final String bootstrapServers;
  private final String votes;
  private final Admin admin;
  private final Producer<byte[], byte[]> producer;

  private TestTopics(String bootstrapServers, String votes) {
    this.bootstrapServers = bootstrapServers;
    this.votes = votes;
    Map<String, Object> broker = Map.of(BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    this.admin = Admin.create(broker);
    this.producer =
        new KafkaProducer<>(
            Map.of(BOOTSTRAP_SERVERS_CONFIG, bootstrapServers, ProducerConfig.LINGER_MS_CONFIG, 5),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  static TestTopics create(String bootstrapServers, String votes, int partitionCount) {
    TestTopics topics = new TestTopics(bootstrapServers, votes);
    await(
        topics
            .admin
            .createTopics(
                List.of(
                    new NewTopic(votes, partitionCount, (short) 1),
                    new NewTopic(topics.deadLetters(), DEAD_LETTER_PARTITION_COUNT, (short) 1)))
            .all()
            .toCompletionStage()
            .toCompletableFuture());
    return topics;
  }

  public String bootstrapServers() {
    return bootstrapServers;
  }

  /** Name of the topic for votes. */
  public String votes() {
    return votes;
  }

  /** Name of the topic for dead letters. */
  public String deadLetters() {
    return votes + ".dead-letters";
  }

  /** A client for all else that a test does to its topics or groups; closed with these topics. */
  public Admin admin() {
    return admin;
  }

  /** Sends one record to the topic for votes and returns when it is acknowledged. */
  public RecordMetadata send(int partition, byte @Nullable [] key, byte @Nullable [] value) {
    return sendAll(List.of(new ProducerRecord<>(votes, partition, key, value))).getFirst();
  }

  /** Sends records as they are and returns when all are acknowledged. */
  public List<RecordMetadata> sendAll(Iterable<ProducerRecord<byte[], byte[]>> records) {
    List<Future<RecordMetadata>> sends = new ArrayList<>();
    for (ProducerRecord<byte[], byte[]> record : records) {
      sends.add(producer.send(record));
    }
    producer.flush();
    return sends.stream().map(TestTopics::await).toList();
  }

  /**
   * Sends votes as producers do, by the key of their book, and returns when all are acknowledged.
   */
  public void sendVotes(Iterable<VoteEvent> events) {
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (VoteEvent event : events) {
      byte[] key = VoteTopics.key(event.bookId()).getBytes(UTF_8);
      records.add(new ProducerRecord<>(votes, key, VoteEventCodec.encode(event)));
    }
    sendAll(records);
  }

  /** All events that are on the topic for votes now. */
  public List<ConsumerRecord<byte[], byte[]>> readVotes() {
    return read(votes);
  }

  /** All dead letters that there are now. */
  public List<ConsumerRecord<byte[], byte[]>> readDeadLetters() {
    return read(deadLetters());
  }

  private List<ConsumerRecord<byte[], byte[]>> read(String topic) {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of(BOOTSTRAP_SERVERS_CONFIG, bootstrapServers),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(topic, p.partition()))
              .toList();
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long deadlineNanos = System.nanoTime() + READ_TIMEOUT.toNanos();
      List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.getOrDefault(p, 0L))) {
        if (System.nanoTime() > deadlineNanos) {
          throw new IllegalStateException(
              "topic "
                  + topic
                  + " could not be read to its end: "
                  + records.size()
                  + " records came");
        }
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      }
      return records;
    }
  }

  /** Deletes the topics. */
  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
    try (admin) {
      await(
          admin
              .deleteTopics(List.of(votes, deadLetters()))
              .all()
              .toCompletionStage()
              .toCompletableFuture());
    }
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("Kafka refused: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for Kafka", e);
    }
  }
}

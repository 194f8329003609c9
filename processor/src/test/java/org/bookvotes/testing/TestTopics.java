package org.bookvotes.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.apache.kafka.clients.CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
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
            Map.of(
                BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ProducerConfig.LINGER_MS_CONFIG,
                5,
                // With more, a new topic that refuses the first request and takes the second would
                // refuse the first for good.
                ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
                1),
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
                    new NewTopic(topics.deadLetters(), DEAD_LETTER_PARTITION_COUNT, (short) 1)
                        .configs(Map.of("max.message.bytes", "2097152"))))
            .all()
            .toCompletionStage()
            .toCompletableFuture());
    topics.awaitServed(List.of(votes, topics.deadLetters()));
    return topics;
  }

  /** Creates one more topic, which its test deletes if it minds. */
  public void create(NewTopic topic) {
    await(admin.createTopics(List.of(topic)).all());
    awaitServed(List.of(topic.name()));
  }

  /** Sets {@code max.message.bytes} of a topic and returns when the broker keeps to it. */
  public void setMaxMessageBytes(String topic, long bytes) {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    String value = Long.toString(bytes);
    ConfigEntry entry = new ConfigEntry(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, value);
    await(
        admin
            .incrementalAlterConfigs(
                Map.of(resource, List.of(new AlterConfigOp(entry, AlterConfigOp.OpType.SET))))
            .all());
    Awaitility.await("max.message.bytes of " + topic)
        .atMost(READ_TIMEOUT)
        .until(
            () ->
                await(admin.describeConfigs(List.of(resource)).all()).values().stream()
                    .allMatch(config -> value.equals(config.get(entry.name()).value())));
  }

  /** Deletes the topic for votes and makes it anew: it is empty and its offsets begin at 0. */
  public void recreateVotes() {
    int partitionCount = endOffsets().size();
    await(admin.deleteTopics(List.of(votes)).all());
    create(new NewTopic(votes, partitionCount, (short) 1));
  }

  /** The controller has them; the broker hears of them a moment later. */
  private void awaitServed(List<String> names) {
    Awaitility.await("topics").atMost(READ_TIMEOUT).until(() -> areServed(names));
  }

  private boolean areServed(List<String> names) throws InterruptedException {
    try {
      return admin.describeTopics(names).allTopicNames().get().values().stream()
          .flatMap(topic -> topic.partitions().stream())
          .allMatch(partition -> partition.leader() != null);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return false;
      }
      throw new IllegalStateException("Kafka refused: " + e.getCause(), e.getCause());
    }
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

  /** The offset after the last record of each partition of the topic for votes. */
  public Map<Integer, Long> endOffsets() {
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    await(admin.describeTopics(List.of(votes)).allTopicNames()).values().stream()
        .flatMap(topic -> topic.partitions().stream())
        .forEach(p -> latest.put(new TopicPartition(votes, p.partition()), OffsetSpec.latest()));
    Map<Integer, Long> ends = new TreeMap<>();
    await(admin.listOffsets(latest).all())
        .forEach((partition, end) -> ends.put(partition.partition(), end.offset()));
    return ends;
  }

  /** All events that are on the topic for votes now. */
  public List<ConsumerRecord<byte[], byte[]>> readVotes() {
    return read(votes);
  }

  /** All dead letters that there are now. */
  public List<ConsumerRecord<byte[], byte[]>> readDeadLetters() {
    return read(deadLetters());
  }

  /** All that is on {@code topic} now. */
  public List<ConsumerRecord<byte[], byte[]>> read(String topic) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    forEachRecord(topic, records::add);
    return records;
  }

  /** Reads all that is on {@code topic} now and keeps none of it. */
  public void forEachRecord(String topic, Consumer<ConsumerRecord<byte[], byte[]>> action) {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of(BOOTSTRAP_SERVERS_CONFIG, bootstrapServers),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(topic, p.partition()))
              .toList();
      consumer.assign(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      consumer.seekToBeginning(partitions);
      long deadlineNanos = System.nanoTime() + READ_TIMEOUT.toNanos();
      long count = 0;
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.getOrDefault(p, 0L))) {
        if (System.nanoTime() > deadlineNanos) {
          throw new IllegalStateException(
              "topic " + topic + " could not be read to its end: " + count + " records came");
        }
        ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(100));
        count += records.count();
        records.forEach(action);
      }
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

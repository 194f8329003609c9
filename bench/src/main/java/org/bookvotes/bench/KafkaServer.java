package org.bookvotes.bench;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/** One Kafka broker. Used by one thread. */
final class KafkaServer implements AutoCloseable {

  private static final DockerImageName IMAGE = DockerImageName.parse("apache/kafka:4.3.1");
  private static final int ADDRESS = 11;

  private final GenericContainer<?> container;
  private final String address;

  private KafkaServer(GenericContainer<?> container, String address) {
    this.container = container;
    this.address = address;
  }

  /** Starts a broker without topics. */
  @SuppressWarnings("resource")
  static KafkaServer start(BenchNetwork network) {
    GenericContainer<?> container = new GenericContainer<>(IMAGE);
    String address = network.join(container, ADDRESS);
    container
        .withEnv(
            Map.ofEntries(
                Map.entry("KAFKA_NODE_ID", "1"),
                Map.entry("KAFKA_PROCESS_ROLES", "broker,controller"),
                Map.entry("KAFKA_LISTENERS", "PLAINTEXT://:9092,CONTROLLER://:9093"),
                Map.entry("KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT://" + address + ":9092"),
                Map.entry("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER"),
                Map.entry(
                    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP",
                    "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT"),
                Map.entry("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:9093"),
                Map.entry("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false"),
                Map.entry("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "1"),
                Map.entry("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1"),
                Map.entry("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1"),
                Map.entry("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR", "1"),
                Map.entry("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR", "1"),
                // Half an hour of votes would fill a disk; more than anybody is ever behind.
                Map.entry("KAFKA_LOG_RETENTION_BYTES", Long.toString(512L << 20)),
                Map.entry("KAFKA_LOG_SEGMENT_BYTES", Long.toString(64L << 20)),
                // Long enough for all tasks of one worker to be there when partitions are given
                // out.
                Map.entry("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "1000")))
        .waitingFor(
            Wait.forLogMessage(".*Kafka Server started.*", 1)
                .withStartupTimeout(Duration.ofMinutes(3)));
    container.start();
    return new KafkaServer(container, address);
  }

  String bootstrapServers() {
    return address + ":9092";
  }

  /** Makes a topic. */
  void createTopic(String name, int partitions) throws InterruptedException {
    try (Admin admin = admin()) {
      admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1))).all().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("cannot make topic " + name, e.getCause());
    }
  }

  /** How many records were ever written to the topic; none of them in a transaction. */
  long recordCount(String topic) throws InterruptedException {
    try (Admin admin = admin()) {
      var partitions =
          admin.describeTopics(List.of(topic)).allTopicNames().get().values().iterator().next();
      Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
      partitions
          .partitions()
          .forEach(p -> ends.put(new TopicPartition(topic, p.partition()), OffsetSpec.latest()));
      return admin.listOffsets(ends).all().get().values().stream().mapToLong(o -> o.offset()).sum();
    } catch (ExecutionException e) {
      throw new IllegalStateException("cannot look at topic " + topic, e.getCause());
    }
  }

  /** A client, which the caller closes. */
  Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", bootstrapServers()));
  }

  /** Processor time that the broker has used. */
  Duration cpu() {
    return Containers.cpu(container);
  }

  @Override
  public void close() {
    container.close();
  }
}

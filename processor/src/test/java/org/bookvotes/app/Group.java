package org.bookvotes.app;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.awaitility.Awaitility;
import org.bookvotes.testing.TestTopics;

/** The consumer group of the replicas under test, as the broker sees it. */
final class Group {

  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final TestTopics topics;
  private final String name;

  Group(TestTopics topics) {
    this.topics = topics;
    this.name = "group-of-" + topics.votes();
  }

  /** Lets the broker miss a member that is silent for the shortest time that it allows. */
  Group withShortSession() {
    await(
        topics
            .admin()
            .incrementalAlterConfigs(
                Map.of(
                    new ConfigResource(ConfigResource.Type.GROUP, name),
                    List.of(
                        new AlterConfigOp(
                            new ConfigEntry("consumer.session.timeout.ms", "3000"),
                            AlterConfigOp.OpType.SET))))
            .all());
    return this;
  }

  /** What the broker says of it; empty if there is no such group. */
  Optional<ConsumerGroupDescription> describe() {
    try {
      return Optional.ofNullable(
          await(topics.admin().describeConsumerGroups(List.of(name)).all()).get(name));
    } catch (IllegalStateException e) {
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** The members and the epoch that each has come to. */
  Map<String, Optional<Integer>> members() {
    Map<String, Optional<Integer>> members = new HashMap<>();
    describe()
        .ifPresent(
            group ->
                group
                    .members()
                    .forEach(member -> members.put(member.consumerId(), member.memberEpoch())));
    return members;
  }

  /** Waits until so many members have partitions, and together all of the topic's. */
  void awaitPartitionsHeldBy(int memberCount) {
    int partitionCount = topics.endOffsets().size();
    Awaitility.await(partitionCount + " partitions held by " + memberCount + " members")
        .atMost(TIMEOUT)
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> {
              List<Integer> held =
                  describe().stream()
                      .flatMap(group -> group.members().stream())
                      .map(member -> member.assignment().topicPartitions().size())
                      .toList();
              return held.size() == memberCount
                  && !held.contains(0)
                  && held.stream().mapToInt(Integer::intValue).sum() == partitionCount;
            });
  }

  /** Waits until so many are members. */
  void awaitMembers(int memberCount) {
    Awaitility.await(memberCount + " members")
        .atMost(TIMEOUT)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> members().size() == memberCount);
  }

  /** Sets what the group without members has committed to Kafka, by partition. */
  void setKafkaOffsets(Map<Integer, Long> offsets) {
    Map<TopicPartition, OffsetAndMetadata> committed = new HashMap<>();
    offsets.forEach(
        (partition, offset) ->
            committed.put(
                new TopicPartition(topics.votes(), partition), new OffsetAndMetadata(offset)));
    await(topics.admin().alterConsumerGroupOffsets(name, committed).all());
  }

  /** Deletes the group without members and all that it has committed to Kafka. */
  void delete() {
    await(topics.admin().deleteConsumerGroups(List.of(name)).all());
  }

  /** What the group has committed to Kafka, by partition. */
  Map<Integer, Long> kafkaOffsets() {
    Map<Integer, Long> offsets = new HashMap<>();
    await(topics.admin().listConsumerGroupOffsets(name).partitionsToOffsetAndMetadata())
        .forEach((partition, offset) -> offsets.put(partition.partition(), offset.offset()));
    return offsets;
  }

  private static <T> T await(KafkaFuture<T> future) {
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

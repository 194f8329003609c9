package org.bookvotes.chaos;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.bookvotes.contracts.VoteTopics;

/** Kills brokers, and makes the dead-letter topic refuse events. Thread-safe. */
final class BrokerFaults {

  private static final String BROKERS = "brokers";
  private static final String LETTERS = "dead-letters";
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** A setting of a topic reaches the brokers some moments after it was taken. */
  private static final Duration PROPAGATION = Duration.ofMillis(500);

  private final Stack stack;
  private final Targets targets;

  BrokerFaults(Stack stack, Targets targets) {
    this.stack = stack;
    this.targets = targets;
  }

  /** One at a time: the next one only when all replicas of the votes' topic are in sync again. */
  Strike kill(Fault fault, RandomGenerator random) throws Exception {
    targets.take(BROKERS);
    boolean leader = random.nextBoolean();
    int node;
    try {
      awaitInSync();
      int partition = random.nextInt(Stack.PARTITIONS);
      node = leader ? votes().partitions().get(partition).leader().id() : 1 + random.nextInt(3);
    } catch (Exception e) {
      targets.giveBack(BROKERS);
      throw e;
    }
    Container broker = stack.broker(node);
    broker.signal("KILL");
    return new Strike(
        broker.service() + (leader ? ", a leader of the votes" : ""),
        fault.hold(),
        () -> {
          try {
            broker.awaitEnd();
            broker.start();
            awaitInSync();
            return "";
          } finally {
            targets.giveBack(BROKERS);
          }
        });
  }

  private void awaitInSync() throws InterruptedException {
    Instant patience = Instant.now().plus(PATIENCE);
    while (true) {
      try {
        List<TopicPartitionInfo> partitions = votes().partitions();
        if (partitions.stream().allMatch(partition -> partition.isr().size() == 3)) {
          return;
        }
      } catch (ExecutionException | TimeoutException e) {
        // The brokers are busy with themselves: ask again.
      }
      if (Instant.now().isAfter(patience)) {
        throw new IllegalStateException("the brokers do not get in sync");
      }
      Thread.sleep(200);
    }
  }

  private TopicDescription votes()
      throws ExecutionException, InterruptedException, TimeoutException {
    try (Admin admin = stack.admin()) {
      return admin
          .describeTopics(List.of(VoteTopics.VOTES))
          .allTopicNames()
          .get(10, TimeUnit.SECONDS)
          .values()
          .iterator()
          .next();
    }
  }

  /** No event is small enough. */
  Strike refuseDeadLetters(Fault fault, RandomGenerator random) throws Exception {
    targets.take(LETTERS);
    long before;
    try {
      limitLetters("1");
      Thread.sleep(PROPAGATION);
      before = letterCount();
    } catch (Exception e) {
      targets.giveBack(LETTERS);
      throw e;
    }
    return new Strike(
        VoteTopics.DEAD_LETTERS,
        fault.hold(),
        () -> {
          try {
            long more = letterCount() - before;
            limitLetters(Stack.MOST_LETTER_BYTES);
            if (more > 0) {
              throw new Strike.MissedException(more + " letters got through");
            }
            return "";
          } finally {
            targets.giveBack(LETTERS);
          }
        });
  }

  private void limitLetters(String bytes) throws Exception {
    try (Admin admin = stack.admin()) {
      admin
          .incrementalAlterConfigs(
              Map.of(
                  new ConfigResource(ConfigResource.Type.TOPIC, VoteTopics.DEAD_LETTERS),
                  List.of(
                      new AlterConfigOp(
                          new ConfigEntry("max.message.bytes", bytes), AlterConfigOp.OpType.SET))))
          .all()
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
  }

  private long letterCount() throws Exception {
    try (Admin admin = stack.admin()) {
      return admin
          .listOffsets(
              IntStream.range(0, 3)
                  .mapToObj(partition -> new TopicPartition(VoteTopics.DEAD_LETTERS, partition))
                  .collect(Collectors.toMap(p -> p, p -> OffsetSpec.latest())))
          .all()
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
          .values()
          .stream()
          .mapToLong(ListOffsetsResultInfo::offset)
          .sum();
    }
  }
}

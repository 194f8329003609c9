package org.bookvotes.chaos;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.bookvotes.contracts.VoteTopics;

/** Kills brokers, and makes the dead-letter topic refuse events. Thread-safe. */
final class BrokerFaults {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration END_TIMEOUT = Duration.ofSeconds(30);

  private final Stack stack;

  BrokerFaults(Stack stack) {
    this.stack = stack;
  }

  /** One at a time: the next one only when all replicas of all topics are in sync again. */
  Strike kill(Fault fault, RandomGenerator random, Targets.Lease lease) throws Exception {
    lease.take("brokers");
    awaitInSync();
    boolean leader = random.nextBoolean();
    int partition = random.nextInt(Stack.PARTITIONS);
    int drawn = 1 + random.nextInt(3);
    Container broker = stack.broker(leader ? leaderOf(partition) : drawn);
    broker.signal("KILL");
    return new Strike(
        broker.service() + (leader ? ", leader of votes partition " + partition : ""),
        Instant.now(),
        fault.hold(),
        () -> {
          broker.awaitEnd(END_TIMEOUT);
          broker.start();
          awaitInSync();
          return "";
        });
  }

  private int leaderOf(int partition)
      throws ExecutionException, InterruptedException, TimeoutException {
    try (Admin admin = stack.admin()) {
      return admin
          .describeTopics(List.of(VoteTopics.VOTES))
          .allTopicNames()
          .get(10, TimeUnit.SECONDS)
          .values()
          .iterator()
          .next()
          .partitions()
          .get(partition)
          .leader()
          .id();
    }
  }

  private void awaitInSync() throws InterruptedException, Strike.MissedException {
    Instant patience = Instant.now().plus(PATIENCE);
    while (!isInSync()) {
      if (Instant.now().isAfter(patience)) {
        throw new Strike.MissedException("the brokers do not get in sync in " + PATIENCE);
      }
      Thread.sleep(200);
    }
  }

  private boolean isInSync() throws InterruptedException {
    try (Admin admin = stack.admin()) {
      Set<String> topics =
          admin
              .listTopics(new ListTopicsOptions().listInternal(true))
              .names()
              .get(10, TimeUnit.SECONDS);
      return admin
          .describeTopics(topics)
          .allTopicNames()
          .get(10, TimeUnit.SECONDS)
          .values()
          .stream()
          .map(TopicDescription::partitions)
          .flatMap(List<TopicPartitionInfo>::stream)
          .allMatch(partition -> partition.isr().size() == partition.replicas().size());
    } catch (ExecutionException | TimeoutException e) {
      return false; // The brokers are busy with themselves: ask again.
    }
  }

  /** No event is small enough. */
  Strike refuseDeadLetters(Fault fault, RandomGenerator random, Targets.Lease lease)
      throws Exception {
    lease.take("dead-letters");
    Instant struck = Instant.now();
    try {
      limitLetters("1");
    } catch (Exception e) {
      limitLetters(Stack.MOST_LETTER_BYTES);
      throw e;
    }
    return new Strike(
        VoteTopics.DEAD_LETTERS,
        struck,
        fault.hold(),
        () -> {
          limitLetters(Stack.MOST_LETTER_BYTES);
          long refused = 0;
          for (int number = 1; number <= 3; number++) {
            refused +=
                stack
                    .replica(number)
                    .logSince(struck)
                    .lines()
                    .filter(line -> line.contains("a batch of votes was not written"))
                    .filter(line -> line.contains(VoteTopics.DEAD_LETTERS))
                    .count();
          }
          if (refused == 0) {
            throw new Strike.MissedException("no letter was refused");
          }
          return refused + " times refused";
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
}

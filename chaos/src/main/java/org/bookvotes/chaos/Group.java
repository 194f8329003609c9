package org.bookvotes.chaos;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;

/** The consumer group of the replicas, as the brokers see it. */
final class Group {

  private static final String NAME = "bookvotes";
  private static final int MEMBERS = 3;
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  private final Stack stack;

  Group(Stack stack) {
    this.stack = stack;
  }

  /** Waits until all replicas have partitions, so that a fault finds something to strike. */
  void awaitWhole() throws InterruptedException {
    Instant patience = Instant.now().plus(TIMEOUT);
    while (!isWhole()) {
      if (Instant.now().isAfter(patience)) {
        throw new IllegalStateException("the replicas do not come together in " + TIMEOUT);
      }
      Thread.sleep(200);
    }
  }

  private boolean isWhole() throws InterruptedException {
    try (Admin admin = stack.admin()) {
      List<Integer> held =
          admin
              .describeConsumerGroups(List.of(NAME))
              .all()
              .get(10, TimeUnit.SECONDS)
              .values()
              .stream()
              .map(ConsumerGroupDescription::members)
              .flatMap(members -> members.stream())
              .map(member -> member.assignment().topicPartitions().size())
              .toList();
      return held.size() == MEMBERS
          && !held.contains(0)
          && held.stream().mapToInt(Integer::intValue).sum() == Stack.PARTITIONS;
    } catch (ExecutionException | TimeoutException e) {
      return false; // The coordinator is moving, or busy.
    }
  }
}

package org.bookvotes.chaos;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;

/** The consumer group of the replicas, as the brokers see it. Thread-safe. */
final class Group {

  private static final String NAME = "bookvotes";
  private static final int MEMBERS = 3;
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  private final Stack stack;

  Group(Stack stack) {
    this.stack = stack;
  }

  /**
   * Waits until all replicas have partitions, so that a fault finds something to strike.
   *
   * @return whether they have come together in time
   */
  boolean awaitWhole() throws InterruptedException {
    Instant patience = Instant.now().plus(TIMEOUT);
    while (!isWhole()) {
      if (Instant.now().isAfter(patience)) {
        return false;
      }
      Thread.sleep(200);
    }
    return true;
  }

  private boolean isWhole() throws InterruptedException {
    List<Integer> held =
        members().stream().map(member -> member.assignment().topicPartitions().size()).toList();
    return held.size() == MEMBERS
        && !held.contains(0)
        && held.stream().mapToInt(Integer::intValue).sum() == Stack.PARTITIONS;
  }

  /** Whether the replica at this address is a member. */
  boolean hasMemberAt(String address) throws InterruptedException {
    return members().stream().anyMatch(member -> member.host().equals("/" + address));
  }

  /** None while the coordinator is moving, or busy. */
  private List<MemberDescription> members() throws InterruptedException {
    try (Admin admin = stack.admin()) {
      return admin
          .describeConsumerGroups(List.of(NAME))
          .all()
          .get(10, TimeUnit.SECONDS)
          .values()
          .stream()
          .map(ConsumerGroupDescription::members)
          .flatMap(Collection<MemberDescription>::stream)
          .toList();
    } catch (ExecutionException | TimeoutException e) {
      return List.of();
    }
  }
}

package org.bookvotes.ingest;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far each assigned partition has been read. One whose offset in the database is not known for
 * sure is <i>unpositioned</i>, and paused.
 *
 * <p>A member that the group has missed loses its partitions at any time, on a thread of the Kafka
 * client, and is told only at the next poll, of some of them never: those that are gone when they
 * are touched are dropped here. Used by the consumer's thread.
 */
final class Positions {

  private static final Logger LOG = LoggerFactory.getLogger(Positions.class);

  private final Map<TopicPartition, Long> nexts = new HashMap<>();
  private final Set<TopicPartition> unpositioned = new HashSet<>();

  /** The next offset of each positioned partition. Changes with this. */
  Map<TopicPartition, Long> nexts() {
    return Collections.unmodifiableMap(nexts);
  }

  /** The partitions that wait for {@link #seek}. Changes with this. */
  Set<TopicPartition> unpositioned() {
    return Collections.unmodifiableSet(unpositioned);
  }

  /** Partitions that are new to this consumer. */
  void assigned(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
    for (TopicPartition partition : List.copyOf(partitions)) {
      // Any position will do while paused; without one Kafka would look for a committed one.
      if (onAssigned(consumer, partition, () -> consumer.seek(partition, 0L))) {
        unposition(consumer, partition);
      }
    }
  }

  /** Where these partitions are is in doubt. */
  void unposition(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
    List.copyOf(partitions).forEach(partition -> unposition(consumer, partition));
  }

  private void unposition(Consumer<?, ?> consumer, TopicPartition partition) {
    nexts.remove(partition);
    if (onAssigned(consumer, partition, () -> consumer.pause(List.of(partition)))) {
      unpositioned.add(partition);
    }
  }

  /** These unpositioned partitions go on at these offsets, which the database holds. */
  void seek(Consumer<?, ?> consumer, Map<TopicPartition, Long> offsets) {
    offsets.forEach(
        (partition, offset) -> {
          if (onAssigned(
              consumer,
              partition,
              () -> {
                consumer.seek(partition, offset);
                consumer.resume(List.of(partition));
              })) {
            nexts.put(partition, offset);
          }
          unpositioned.remove(partition);
        });
  }

  /** A positioned partition goes on behind a gap. */
  void skipTo(Consumer<?, ?> consumer, TopicPartition partition, long offset) {
    if (nexts.containsKey(partition)) {
      onAssigned(consumer, partition, () -> consumer.seek(partition, offset));
    }
  }

  /** A positioned partition has been read up to {@code next}. */
  void advance(TopicPartition partition, long next) {
    nexts.replace(partition, next);
  }

  /** The partitions are another's now. */
  void revoked(Collection<TopicPartition> partitions) {
    partitions.forEach(nexts::remove);
    unpositioned.removeAll(partitions);
  }

  private boolean onAssigned(Consumer<?, ?> consumer, TopicPartition partition, Runnable action) {
    try {
      action.run();
      return true;
    } catch (IllegalStateException e) {
      if (consumer.assignment().contains(partition)) {
        throw e;
      }
      LOG.info("{} was taken away meanwhile", partition);
      nexts.remove(partition);
      unpositioned.remove(partition);
      return false;
    }
  }
}

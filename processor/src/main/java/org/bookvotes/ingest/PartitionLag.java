package org.bookvotes.ingest;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.bookvotes.observability.ProcessorListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells how many events of each partition are on the brokers and not counted in the database. What
 * Kafka's client knows of its lag is not enough: it counts to the position, not to the commit, and
 * stands still while partitions are paused. Used by the consumer's thread.
 */
final class PartitionLag {

  private static final Logger LOG = LoggerFactory.getLogger(PartitionLag.class);

  private static final Duration INTERVAL = Duration.ofSeconds(5);
  // It is asked between polls.
  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  private final ProcessorListener listener;
  private final Map<TopicPartition, Long> nexts = new HashMap<>();
  private final Duration interval;
  private long measuredNanos;

  PartitionLag(ProcessorListener listener) {
    this(listener, INTERVAL);
  }

  /**
   * The first measuring is due at once.
   *
   * @param interval between two
   */
  PartitionLag(ProcessorListener listener, Duration interval) {
    this.listener = listener;
    this.interval = interval;
    this.measuredNanos = System.nanoTime() - interval.toNanos();
  }

  /** The database has come to {@code next} in this partition. */
  void counted(TopicPartition partition, long next) {
    nexts.put(partition, next);
  }

  /**
   * Asks the brokers for the partitions' ends, if it is time, and tells the listener. A broker that
   * does not answer leaves what was told last.
   */
  void measure(Consumer<?, ?> consumer) {
    if (System.nanoTime() - measuredNanos < interval.toNanos()) {
      return;
    }
    measuredNanos = System.nanoTime();
    nexts.keySet().retainAll(consumer.assignment());
    Map<Integer, Long> lag = new HashMap<>();
    if (!nexts.isEmpty()) {
      try {
        consumer
            .endOffsets(nexts.keySet(), TIMEOUT)
            .forEach(
                (partition, end) ->
                    lag.put(
                        partition.partition(),
                        Math.max(0, end - nexts.getOrDefault(partition, end))));
      } catch (RetriableException e) {
        LOG.debug("the ends of the partitions cannot be told", e);
        return;
      }
    }
    listener.lagMeasured(lag);
  }
}

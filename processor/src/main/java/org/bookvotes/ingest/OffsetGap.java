package org.bookvotes.ingest;

import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Positions in the database that the topic does not have. */
final class OffsetGap {

  private static final Logger LOG = LoggerFactory.getLogger(OffsetGap.class);

  private OffsetGap() {}

  /**
   * Votes that Kafka deleted before they were read are lost: said loudly, and consumption goes on
   * behind the gap.
   *
   * @param missing positions that the topic does not have
   * @throws IllegalStateException if a position is beyond the topic's end
   */
  static void leave(
      Consumer<?, ?> consumer,
      Positions positions,
      Map<TopicPartition, Long> missing,
      String deadLetterTopic) {
    Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(missing.keySet());
    missing.forEach(
        (partition, position) -> {
          long beginning = beginnings.getOrDefault(partition, 0L);
          if (position > beginning) {
            throw new IllegalStateException(
                String.format(
                    Locale.ROOT,
                    "offset %1$d of %2$s is in the database but not in the topic, which ends before. If the topic was"
                        + " made anew, make %5$s anew too, else old letters pass for new ones, and: DELETE FROM"
                        + " bookvotes.partition_offsets WHERE topic = '%3$s' AND partition = %4$d; DELETE FROM"
                        + " bookvotes.dead_letters WHERE topic = '%3$s' AND partition = %4$d. If it lost its tail,"
                        + " those votes are counted: set that next_offset to the topic's end",
                    position,
                    partition,
                    partition.topic(),
                    partition.partition(),
                    deadLetterTopic));
          }
          if (position > 0) {
            LOG.error(
                "{}: events {} to {} were deleted by Kafka before they were counted, going on behind them",
                partition,
                position,
                beginning - 1);
          } else {
            LOG.warn("{} begins at {}: Kafka has deleted what was before", partition, beginning);
          }
          positions.skipTo(consumer, partition, beginning);
        });
  }
}

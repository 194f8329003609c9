package org.bookvotes.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.bookvotes.observability.ProcessorListener;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** With the consumer that the Kafka client brings for tests. */
class PartitionLagTest {

  private static final TopicPartition FIRST = new TopicPartition("votes", 0);
  private static final TopicPartition SECOND = new TopicPartition("votes", 1);

  private final List<Map<Integer, Long>> told = new ArrayList<>();
  private final ProcessorListener listener =
      new ProcessorListener() {
        @Override
        public void lagMeasured(Map<Integer, Long> events) {
          told.add(events);
        }
      };
  private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
  private final PartitionLag lag = new PartitionLag(listener, Duration.ZERO);

  @BeforeEach
  void assign() {
    consumer.assign(List.of(FIRST, SECOND));
    consumer.updateEndOffsets(Map.of(FIRST, 100L, SECOND, 50L));
  }

  @Test
  void countsFromWhereTheDatabaseIsWhereverTheConsumerIs() {
    lag.counted(FIRST, 40);
    lag.counted(SECOND, 50);
    consumer.seek(FIRST, 100);
    consumer.pause(List.of(FIRST));
    lag.measure(consumer);
    lag.counted(FIRST, 90);
    lag.measure(consumer);

    assertThat(told).containsExactly(Map.of(0, 60L, 1, 0L), Map.of(0, 10L, 1, 0L));
  }

  @Test
  void leavesOutPartitionsThatTheDatabaseHasNotToldOfOrThatAreAnothers() {
    lag.counted(FIRST, 40);
    lag.measure(consumer);
    consumer.assign(List.of(SECOND));
    lag.measure(consumer);

    assertThat(told).containsExactly(Map.of(0, 60L), Map.of());
  }

  @Test
  void tellsNothingNewWhileTheBrokersDoNotAnswer() {
    lag.counted(FIRST, 40);
    lag.measure(consumer);
    consumer.setOffsetsException(new TimeoutException("no broker"));
    lag.measure(consumer);

    assertThat(told).containsExactly(Map.of(0, 60L));
  }

  @Test
  void asksNoMoreOftenThanTheInterval() {
    PartitionLag seldom = new PartitionLag(listener, Duration.ofDays(1));
    seldom.counted(FIRST, 40);
    seldom.measure(consumer);
    seldom.measure(consumer);

    assertThat(told).hasSize(1);
  }
}

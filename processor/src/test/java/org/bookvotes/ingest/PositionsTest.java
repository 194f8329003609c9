package org.bookvotes.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * With the consumer that the Kafka client brings for tests: a member loses its partitions between
 * two calls.
 */
class PositionsTest {

  private static final TopicPartition KEPT = new TopicPartition("votes", 0);
  private static final TopicPartition LOST = new TopicPartition("votes", 1);

  private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
  private final Positions positions = new Positions();

  @BeforeEach
  void assign() {
    consumer.assign(List.of(KEPT, LOST));
  }

  @Test
  void goesOnAtTheOffsetOfTheDatabase() {
    positions.assigned(consumer, List.of(KEPT, LOST));
    assertThat(positions.unpositioned()).containsExactlyInAnyOrder(KEPT, LOST);
    assertThat(consumer.paused()).containsExactlyInAnyOrder(KEPT, LOST);
    assertThat(positions.nexts()).isEmpty();

    positions.seek(consumer, Map.of(KEPT, 7L));

    assertThat(positions.nexts()).isEqualTo(Map.of(KEPT, 7L));
    assertThat(positions.unpositioned()).containsExactly(LOST);
    assertThat(consumer.paused()).containsExactly(LOST);
    assertThat(consumer.position(KEPT)).isEqualTo(7);
  }

  @Test
  void dropsAPartitionThatIsGoneBeforeItIsTouched() {
    consumer.assign(List.of(KEPT));

    positions.assigned(consumer, List.of(KEPT, LOST));

    assertThat(positions.unpositioned()).containsExactly(KEPT);
  }

  @Test
  void dropsAPartitionThatIsGoneBeforeItsOffsetIsKnown() {
    positions.assigned(consumer, List.of(KEPT, LOST));
    consumer.assign(List.of(KEPT));

    positions.seek(consumer, Map.of(KEPT, 7L, LOST, 9L));

    assertThat(positions.nexts()).isEqualTo(Map.of(KEPT, 7L));
    assertThat(positions.unpositioned()).isEmpty();
  }

  @Test
  void dropsAPartitionThatIsGoneWhenItsOffsetIsInDoubt() {
    positions.assigned(consumer, List.of(KEPT, LOST));
    positions.seek(consumer, Map.of(KEPT, 7L, LOST, 9L));
    consumer.assign(List.of(KEPT));

    positions.skipTo(consumer, LOST, 11);
    positions.unposition(consumer, Set.of(KEPT, LOST));

    assertThat(positions.nexts()).isEmpty();
    assertThat(positions.unpositioned()).containsExactly(KEPT);
  }

  @Test
  void forgetsWhatWasRevoked() {
    positions.assigned(consumer, List.of(KEPT, LOST));
    positions.seek(consumer, Map.of(KEPT, 7L));

    positions.revoked(List.of(KEPT, LOST));

    assertThat(positions.nexts()).isEmpty();
    assertThat(positions.unpositioned()).isEmpty();
  }

  @Test
  void doesNotSwallowAnotherFault() {
    consumer.close();

    assertThatThrownBy(() -> positions.assigned(consumer, List.of(KEPT)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }
}

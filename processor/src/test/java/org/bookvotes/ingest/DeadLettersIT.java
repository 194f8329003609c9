package org.bookvotes.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.bookvotes.ingest.DeadLetters.DeadLetter;
import org.bookvotes.ingest.DeadLetters.NotDeliveredException;
import org.bookvotes.observability.ProcessorListener;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeadLettersIT {

  private static final TopicPartition FIRST = new TopicPartition("votes", 0);
  private static final TopicPartition SECOND = new TopicPartition("votes", 1);

  private final TestTopics topics = Servers.newTopics(1);
  private final ConcurrentLinkedQueue<String> told = new ConcurrentLinkedQueue<>();
  private final DeadLetters deadLetters = deadLetters(topics.deadLetters());

  private DeadLetters deadLetters(String topic) {
    return deadLetters(topic, new Properties());
  }

  private DeadLetters deadLetters(String topic, Properties client) {
    client.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, topics.bootstrapServers());
    return new DeadLetters(
        client,
        topic,
        new ProcessorListener() {
          @Override
          public void deadLettered(String reason) {
            told.add(reason);
          }
        });
  }

  @AfterEach
  void close() {
    deadLetters.close();
    topics.close();
  }

  @Test
  void remembersWhatIsOnTheTopicUntilItsOffsetIsBehind() throws Exception {
    deadLetters.send(List.of(letter(FIRST, 5), letter(FIRST, 9), letter(SECOND, 5)));
    assertThat(deadLetters.uncommitted())
        .isEqualTo(Map.of(FIRST, Map.of(5L, "reason", 9L, "reason"), SECOND, Map.of(5L, "reason")));
    assertThat(topics.readDeadLetters()).hasSize(3);
    assertThat(told).containsExactly("reason", "reason", "reason");

    // The batch that was committed ended in between: a poll may return less when it is repeated.
    deadLetters.committed(FIRST, 9);
    assertThat(deadLetters.uncommitted())
        .isEqualTo(Map.of(FIRST, Map.of(9L, "reason"), SECOND, Map.of(5L, "reason")));

    deadLetters.committed(FIRST, 10);
    assertThat(deadLetters.uncommitted()).isEqualTo(Map.of(SECOND, Map.of(5L, "reason")));
    deadLetters.forget(SECOND);
    assertThat(deadLetters.uncommitted()).isEmpty();
  }

  @Test
  void remembersWhatWasTakenWhenOthersWereRefused() {
    byte[] tooLong = new byte[2 << 20];
    new Random(1).nextBytes(tooLong);
    List<DeadLetter> letters =
        List.of(letter(FIRST, 1), letter(FIRST, 2, tooLong), letter(SECOND, 3));

    assertThatThrownBy(() -> deadLetters.send(letters))
        .isInstanceOf(NotDeliveredException.class)
        .hasMessageContaining(topics.deadLetters());

    assertThat(deadLetters.uncommitted().getOrDefault(FIRST, new TreeMap<>()))
        .doesNotContainKey(2L);
    assertThat(told).hasSize(topics.readDeadLetters().size());
    assertThat(deadLetters.uncommitted().values().stream().mapToLong(Map::size).sum())
        .isEqualTo(topics.readDeadLetters().size());
  }

  @Test
  void tellsOfAnEventThatIsTooLargeWhoseLimitItIsAndHowToGoOn() {
    byte[] tooLong = new byte[2 << 20];
    new Random(2).nextBytes(tooLong);
    List<DeadLetter> letters = List.of(letter(FIRST, 1), letter(SECOND, 17, tooLong));

    assertThatThrownBy(() -> deadLetters.send(letters))
        .isInstanceOf(NotDeliveredException.class)
        .hasMessageContaining("the event at votes-1 offset 17 cannot be counted")
        .hasMessageContaining(topics.deadLetters())
        .hasMessageContaining("set max.message.bytes of that topic to at least 21")
        .hasMessageContaining("it goes on by itself");

    Properties client = new Properties();
    client.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, "100000");
    try (DeadLetters limited = deadLetters(topics.deadLetters(), client)) {
      assertThatThrownBy(() -> limited.send(letters))
          .isInstanceOf(NotDeliveredException.class)
          .hasMessageContaining("the event at votes-1 offset 17 cannot be counted")
          .hasMessageContaining("set max.request.size and buffer.memory in the file")
          .hasMessageContaining("start again");
      assertThat(limited.uncommitted()).isEqualTo(Map.of(FIRST, Map.of(1L, "reason")));
    }
  }

  @Test
  void remembersNothingThatAMissingTopicDidNotTake() {
    try (DeadLetters nowhere = deadLetters(topics.deadLetters() + ".missing")) {
      assertThatThrownBy(() -> nowhere.send(List.of(letter(FIRST, 1), letter(FIRST, 2))))
          .isInstanceOf(NotDeliveredException.class)
          .hasMessageContaining(".missing");
      assertThat(nowhere.uncommitted()).isEmpty();
      assertThat(told).isEmpty();
    }
  }

  private static DeadLetter letter(TopicPartition partition, long offset) {
    return letter(partition, offset, "value".getBytes(UTF_8));
  }

  private static DeadLetter letter(TopicPartition partition, long offset, byte[] value) {
    return new DeadLetter(
        new ConsumerRecord<>(
            partition.topic(), partition.partition(), offset, "key".getBytes(UTF_8), value),
        "reason",
        "detail");
  }
}

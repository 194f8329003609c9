package org.bookvotes.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteEventCodec;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.Test;

/** The lag of the group, by which others decide how many replicas there are. */
class KafkaLagIT {

  private static final int LETTERS = 40;

  @Test
  void deadLettersAreNoLag() {
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(2)) {
      Group group = new Group(topics);
      List<ProducerRecord<byte[], byte[]>> events = new ArrayList<>();
      for (int i = 0; i < LETTERS; i++) {
        byte[] value =
            i % 4 < 2
                ? "up for book 1".getBytes(UTF_8)
                : VoteEventCodec.encode(
                    new VoteEvent(UUID.randomUUID(), 1_000_000L + i, Vote.UP, Instant.now()));
        events.add(new ProducerRecord<>(topics.votes(), i % 2, null, value));
      }
      topics.sendAll(events);

      try (Replica replica = Replica.inProcess(Replica.settings(database, topics))) {
        Awaitility.await("the group has committed to the end of each partition")
            .atMost(Duration.ofSeconds(60))
            .untilAsserted(() -> assertThat(group.kafkaOffsets()).isEqualTo(topics.endOffsets()));

        assertThat(topics.endOffsets()).containsEntry(0, 20L).containsEntry(1, 20L);
        assertThat(replica.metric("bookvotes_dead_letters_total{reason=\"malformed\"}"))
            .isEqualTo(LETTERS / 2);
        assertThat(replica.metric("bookvotes_dead_letters_total{reason=\"unknown-book\"}"))
            .isEqualTo(LETTERS / 2);
        assertThat(topics.readDeadLetters())
            .hasSize(LETTERS)
            .allSatisfy(
                letter ->
                    assertThat(letter.headers().lastHeader(VoteTopics.DEAD_LETTER_REASON))
                        .isNotNull());
      }
    }
  }
}

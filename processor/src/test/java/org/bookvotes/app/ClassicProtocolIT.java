package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.kafka.common.GroupType;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.Test;
import org.testcontainers.kafka.KafkaContainer;

/** A broker that does not know the consumer group protocol of KIP-848, or is told not to. */
class ClassicProtocolIT {

  private static final int BOOKS = 100;

  @Test
  void fallsBackToTheClassicProtocolAndCountsExactlyThroughARebalance() {
    try (KafkaContainer broker =
            Servers.newKafka(
                Map.of(
                    "KAFKA_GROUP_COORDINATOR_REBALANCE_PROTOCOLS", "classic",
                    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0"));
        TestTopics topics = Servers.newTopics(broker, 4);
        TestDatabase database = Servers.newDatabase()) {
      database.insertBooks(BOOKS);
      Tally tally = new Tally(11, BOOKS);
      Group group = new Group(topics);
      Map<Setting, String> settings = Replica.settings(database, topics);

      try (Replica first = Replica.inProcess(settings).awaitReady()) {
        group.awaitPartitionsHeldBy(1);
        assertThat(group.describe().orElseThrow().type()).isEqualTo(GroupType.CLASSIC);
        topics.sendVotes(tally.cast(3_000));
        tally.awaitRated(database, topics);
        assertThat(first.metric("bookvotes_votes_total{vote=\"UP\"}"))
            .isEqualTo((double) tally.up());

        try (Replica second = Replica.inProcess(settings)) {
          group.awaitPartitionsHeldBy(2);
          second.awaitReady();
          topics.sendVotes(tally.cast(3_000));
          tally.awaitRated(database, topics);
          assertThat(second.metric("bookvotes_votes_total{vote=\"UP\"}")).isPositive();
        }
      }
    }
  }
}

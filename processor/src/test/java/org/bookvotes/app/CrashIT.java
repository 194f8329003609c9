package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.bookvotes.testing.VoteLoad;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Replicas that die, and Kafka's own offsets, which must not matter. */
class CrashIT {

  private static final int BOOKS = 300;
  private static final int CRASHES = 4;

  @Test
  void countsExactlyWhateverMomentAReplicaIsKilledAt(@TempDir Path directory) throws IOException {
    // Small batches: a kill finds the replica at any point between poll, commit and the next poll.
    Path client =
        Files.writeString(directory.resolve("client.properties"), "max.poll.records = 100\n");
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(3)) {
      database.insertBooks(BOOKS);
      Tally tally = new Tally(4, BOOKS);
      new Group(topics).withShortSession();
      Map<Setting, String> settings = Replica.settings(database, topics);
      settings.put(Setting.KAFKA_PROPERTIES, client.toString());

      try (VoteLoad load = VoteLoad.start(tally, topics, database)) {
        for (int crash = 0; crash < CRASHES; crash++) {
          try (ReplicaProcess replica = ReplicaProcess.start(settings)) {
            load.awaitCounted(1_000 + 1_234L * crash);
            replica.kill();
          }
        }
        load.stop();
        assertThat(Tally.countedIn(database)).isLessThan(tally.total());

        try (Replica last = Replica.inProcess(Replica.settings(database, topics))) {
          tally.awaitRated(database, topics);
          assertThat(topics.readDeadLetters()).isEmpty();
          assertThat(last.metric("bookvotes_votes_total{vote=\"UP\"}")).isPositive();
        }
      }
    }
  }

  @Test
  void goesByTheOffsetsInTheDatabaseWhateverKafkaHasCommitted() {
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(3)) {
      database.insertBooks(BOOKS);
      Tally tally = new Tally(5, BOOKS);
      Group group = new Group(topics);
      Map<Setting, String> settings = Replica.settings(database, topics);

      // Ahead: what Kafka takes for done was never written.
      topics.sendVotes(tally.cast(3_000));
      Map<Integer, Long> ends = topics.endOffsets();
      group.setKafkaOffsets(ends);
      countWithNewReplica(settings, tally, database, topics);
      assertThat(group.kafkaOffsets()).as("for lag tools").isEqualTo(ends);

      // Behind: as after a crash between the commit of the database and that of Kafka.
      Map<Integer, Long> begin = new TreeMap<>(ends);
      begin.replaceAll((partition, end) -> 0L);
      group.setKafkaOffsets(begin);
      topics.sendVotes(tally.cast(1_000));
      countWithNewReplica(settings, tally, database, topics);

      // Gone.
      group.delete();
      topics.sendVotes(tally.cast(1_000));
      countWithNewReplica(settings, tally, database, topics);
    }
  }

  private static void countWithNewReplica(
      Map<Setting, String> settings, Tally tally, TestDatabase database, TestTopics topics) {
    try (Replica replica = Replica.inProcess(settings)) {
      replica.awaitReady();
      tally.awaitRated(database, topics);
    }
  }
}

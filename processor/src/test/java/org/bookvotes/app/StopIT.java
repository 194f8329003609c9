package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.bookvotes.testing.VoteLoad;
import org.junit.jupiter.api.Test;

/** Replicas that are asked to stop. */
class StopIT {

  private static final int BOOKS = 300;

  @Test
  void leavesTheGroupAndExitsWith0InTheMiddleOfTheLoad() {
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(3)) {
      database.insertBooks(BOOKS);
      Tally tally = new Tally(12, BOOKS);
      Group group = new Group(topics);
      Map<Setting, String> settings = Replica.settings(database, topics);

      try (ReplicaProcess replica = ReplicaProcess.start(settings);
          VoteLoad load = VoteLoad.start(tally, topics, database)) {
        load.awaitCounted(5_000);

        assertThat(replica.terminate()).as(replica.log()).isZero();
        assertThat(group.members()).as("left, not missed after the session timeout").isEmpty();
        assertThat(
                database.queryLong(
                    "SELECT count(*) FROM pg_stat_activity"
                        + " WHERE datname = current_database() AND application_name LIKE 'bookvotes%'"))
            .as("sessions left behind")
            .isZero();
        load.stop();
      }

      assertThat(Tally.countedIn(database)).isLessThan(tally.total());
      try (Replica next = Replica.inProcess(settings)) {
        next.awaitReady();
        tally.awaitRated(database, topics);
      }
    }
  }

  @Test
  void stopsAReplicaThatNeverBecameReadyForWantOfABroker() throws IOException {
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(1)) {
      Map<Setting, String> settings = Replica.settings(database, topics);
      // The discard port: nobody answers there.
      settings.put(Setting.KAFKA_BOOTSTRAP_SERVERS, "localhost:9");
      Processor processor = Processor.start(ProcessorConfig.read(settings, Map.of()));

      assertThat(Replica.of(processor).get("/health/ready").body())
          .contains("has not joined its group");

      processor.close();
      assertThat(processor.awaitStopped()).isZero();
    }
  }

  @Test
  void stopsAReplicaThatNeverBecameReadyForWantOfASchema() throws IOException {
    try (TestDatabase database = Servers.newEmptyDatabase();
        TestTopics topics = Servers.newTopics(1)) {
      Group group = new Group(topics);
      Processor processor =
          Processor.start(ProcessorConfig.read(Replica.settings(database, topics), Map.of()));

      group.awaitPartitionsHeldBy(1);
      Awaitility.await("tells why it is not ready")
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThat(Replica.of(processor).get("/health/ready").body())
                      .contains("bookvotes migrate", "does not know the offsets"));

      processor.close();
      assertThat(processor.awaitStopped()).isZero();
      assertThat(group.members()).isEmpty();
    }
  }
}

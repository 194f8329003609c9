package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.bookvotes.testing.VoteLoad;
import org.junit.jupiter.api.Test;

/** Several replicas in one group. */
class ReplicasIT {

  private static final int PARTITIONS = 12;
  private static final int BOOKS = 500;

  @Test
  void countsExactlyWhileReplicasJoinAndLeave() {
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(PARTITIONS)) {
      database.insertBooks(BOOKS);
      Tally tally = new Tally(2, BOOKS);
      Group group = new Group(topics);
      Map<Setting, String> settings = Replica.settings(database, topics);

      try (Replica second = Replica.inProcess(settings);
          VoteLoad load = VoteLoad.start(tally, topics, database)) {
        Replica first = Replica.inProcess(settings);
        group.awaitPartitionsHeldBy(2);
        awaitCounting(first);
        awaitCounting(second);

        try (Replica third = Replica.inProcess(settings)) {
          group.awaitPartitionsHeldBy(3);
          awaitCounting(third);

          first.close();
          group.awaitPartitionsHeldBy(2);
          load.awaitCounted(5_000);
        }
        group.awaitPartitionsHeldBy(1);
        load.awaitCounted(5_000);

        load.stop();
        tally.awaitRated(database, topics);
      }
    }
  }

  @Test
  void countsABatchOnceThatARebalanceFindsInTheMiddle() throws SQLException {
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(PARTITIONS)) {
      database.insertBooks(BOOKS);
      Tally tally = new Tally(3, BOOKS);
      Group group = new Group(topics);
      Map<Setting, String> settings = Replica.settings(database, topics);

      try (Replica first = Replica.inProcess(settings);
          Connection bookstore = database.connect();
          Statement statement = bookstore.createStatement()) {
        group.awaitPartitionsHeldBy(1);
        bookstore.setAutoCommit(false);
        statement.execute("SELECT FROM books FOR UPDATE");
        topics.sendVotes(tally.cast(5_000));
        Awaitility.await("a batch waits in its transaction")
            .atMost(Duration.ofSeconds(30))
            .until(() -> waitingSessions(database) > 0);

        try (Replica second = Replica.inProcess(settings)) {
          group.awaitMembers(2);
          bookstore.rollback();
          group.awaitPartitionsHeldBy(2);
          topics.sendVotes(tally.cast(5_000));
          awaitCounting(second);
          tally.awaitRated(database, topics);
          assertThat(first.metric("bookvotes_votes_total{vote=\"UP\"}")).isPositive();
        }
      }
    }
  }

  private static long waitingSessions(TestDatabase database) {
    return database.queryLong(
        "SELECT count(*) FROM pg_stat_activity"
            + " WHERE datname = current_database() AND application_name = 'bookvotes' AND wait_event_type = 'Lock'");
  }

  private static void awaitCounting(Replica replica) {
    Awaitility.await("the replica counts")
        .atMost(Duration.ofSeconds(60))
        .until(() -> replica.metric("bookvotes_votes_total{vote=\"UP\"}") > 0);
  }
}

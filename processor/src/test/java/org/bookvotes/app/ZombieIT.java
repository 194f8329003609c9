package org.bookvotes.app;

import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.bookvotes.testing.VoteLoad;
import org.junit.jupiter.api.Test;

/** A replica that was given up for dead and comes back. */
class ZombieIT {

  private static final int BOOKS = 300;

  @Test
  void countsExactlyWhenAFrozenReplicaComesBackToPartitionsThatAreAnothers() {
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(2)) {
      database.insertBooks(BOOKS);
      Tally tally = new Tally(6, BOOKS);
      Group group = new Group(topics).withShortSession();
      Map<Setting, String> settings = Replica.settings(database, topics);

      try (ReplicaProcess zombie = ReplicaProcess.start(settings);
          VoteLoad load = VoteLoad.start(tally, topics, database)) {
        group.awaitPartitionsHeldBy(1);
        load.awaitCounted(2_000);
        String zombieId = group.members().keySet().iterator().next();

        zombie.freeze();
        try (Replica heir = Replica.inProcess(settings)) {
          Awaitility.await("the frozen member is given up")
              .atMost(Duration.ofSeconds(30))
              .until(() -> !group.members().containsKey(zombieId));
          heir.awaitReady();
          group.awaitPartitionsHeldBy(1);
          // It may hold the offsets' rows in an open transaction, which ends with its session.
          database.execute(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                  + " WHERE datname = current_database() AND state = 'idle in transaction'");
          load.awaitCounted(2_000);

          zombie.thaw();
          group.awaitPartitionsHeldBy(2);
          load.awaitCounted(2_000);

          load.stop();
          tally.awaitRated(database, topics);
          zombie.terminate();
          tally.awaitRated(database, topics);
        }
      }
    }
  }
}

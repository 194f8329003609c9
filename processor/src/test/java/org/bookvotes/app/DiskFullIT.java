package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.Schema;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** The disk that the stale marks are on has no room for another page. */
class DiskFullIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String DISK = "/small";
  // Their marks take more pages than there are.
  private static final int BOOKS = 5_000;

  @Test
  void waitsForRoomAndGoesOnByItself() throws Exception {
    try (PostgreSQLContainer server = Servers.newPostgresWithDisk(DISK, "16m");
        TestDatabase database = Servers.newEmptyDatabase(server);
        TestTopics topics = Servers.newTopics(2)) {
      try (Database pool = database.open(2)) {
        new Schema(pool.pool()).migrate();
      }
      database.insertBooks(BOOKS);
      shell(server, "install --directory --owner postgres " + DISK + "/marks");
      database.execute("CREATE TABLESPACE small LOCATION '" + DISK + "/marks'");
      database.execute("ALTER TABLE bookvotes.stale_batches SET TABLESPACE small");
      shell(server, "cat /dev/zero >" + DISK + "/filler || true");

      Tally tally = new Tally(6, BOOKS);
      List<VoteEvent> votes = new ArrayList<>();
      for (long book = 1; book <= BOOKS; book++) {
        votes.add(tally.cast(book, Vote.UP));
      }
      topics.sendVotes(votes);
      try (ReplicaProcess replica = ReplicaProcess.start(Replica.settings(database, topics))) {
        await()
            .atMost(PATIENCE)
            .until(
                () -> replica.get("/metrics").body(),
                metrics -> metrics.contains("bookvotes_ingest_failures_total{sqlstate=\"53100\"}"));
        // Written after it was counted.
        await()
            .atMost(PATIENCE)
            .until(
                replica::log,
                log ->
                    log.contains(
                            "the disk of the database is full, this goes on by itself when there is room")
                        && log.contains("(53100)"));
        assertThat(Tally.countedIn(database)).isLessThan(BOOKS);

        shell(server, "rm " + DISK + "/filler");

        tally.awaitRated(database, topics);
        assertThat(topics.readDeadLetters()).isEmpty();
        assertThat(replica.terminate()).isZero();
      }
    }
  }

  private static void shell(PostgreSQLContainer server, String command) throws Exception {
    ExecResult result = server.execInContainer("bash", "-c", command);
    assertThat(result.getExitCode()).as(result.getStderr()).isZero();
  }
}

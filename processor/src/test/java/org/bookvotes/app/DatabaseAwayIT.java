package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.bookvotes.testing.VoteLoad;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** A replica whose database goes away and comes back. */
class DatabaseAwayIT {

  private static final int BOOKS = 200;

  @Test
  void keepsItsPlaceInTheGroupAndCountsExactly(@TempDir Path directory)
      throws IOException, SQLException {
    // Who does not poll for this long loses its place in the group.
    Path client =
        Files.writeString(directory.resolve("client.properties"), "max.poll.interval.ms = 9000\n");
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(3)) {
      database.insertBooks(BOOKS);
      Tally tally = new Tally(10, BOOKS);
      Group group = new Group(topics);
      Map<Setting, String> settings = Replica.settings(database, topics);
      settings.put(Setting.KAFKA_PROPERTIES, client.toString());

      try (Replica replica = Replica.inProcess(settings).awaitReady();
          VoteLoad load = VoteLoad.start(tally, topics, database)) {
        group.awaitPartitionsHeldBy(1);
        load.awaitCounted(2_000);
        Map<String, Optional<Integer>> members = group.members();

        onServer(
            "ALTER DATABASE " + database.name() + " ALLOW_CONNECTIONS false",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
                + database.name()
                + "'");
        Awaitility.await("not ready")
            .atMost(Duration.ofSeconds(60))
            .until(() -> replica.get("/health/ready").statusCode() == 503);
        assertThat(replica.get("/health/live").statusCode()).isEqualTo(200);
        Awaitility.await("several tries in vain")
            .atMost(Duration.ofSeconds(60))
            .until(() -> failures(replica) >= 3);
        Awaitility.await("the meters tell so")
            .atMost(Duration.ofSeconds(60))
            .untilAsserted(
                () -> {
                  assertThat(replica.metric("bookvotes_ready{check=\"database\"}")).isZero();
                  assertThat(replica.metric("bookvotes_ready{check=\"schema\"}")).isOne();
                  // Votes are still sent. What Kafka's client knows of paused partitions stands
                  // still.
                  assertThat(lag(replica)).isGreaterThan(1_000);
                });
        assertThat(group.members()).as("never out of the group").isEqualTo(members);

        onServer("ALTER DATABASE " + database.name() + " ALLOW_CONNECTIONS true");
        load.awaitCounted(2_000);
        replica.awaitReady();
        load.stop();
        tally.awaitRated(database, topics);
        Awaitility.await("all well again")
            .atMost(Duration.ofSeconds(60))
            .untilAsserted(
                () -> {
                  assertThat(replica.metric("bookvotes_ready{check=\"database\"}")).isOne();
                  assertThat(replica.metric("bookvotes_ready{check=\"assignment\"}")).isOne();
                  assertThat(lag(replica)).isZero();
                });
        assertThat(group.members()).as("never out of the group").isEqualTo(members);
      }
    }
  }

  private static double failures(Replica replica) {
    return sum(replica, "bookvotes_ingest_failures_total");
  }

  private static double lag(Replica replica) {
    return sum(replica, "bookvotes_partition_lag_events");
  }

  private static double sum(Replica replica, String name) {
    return replica
        .get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf("} ") + 2)))
        .sum();
  }

  private static void onServer(String... statements) throws SQLException {
    PostgreSQLContainer server = Servers.postgres();
    try (Connection connection =
            DriverManager.getConnection(
                server.getJdbcUrl(), server.getUsername(), server.getPassword());
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }
}

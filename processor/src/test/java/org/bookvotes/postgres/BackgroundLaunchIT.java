package org.bookvotes.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.junit.jupiter.api.Test;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** When {@code try_background_launch()} tries again, and when not. */
class BackgroundLaunchIT {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @Test
  void tryBackgroundLaunchDoesNotWaitForHandlesThatOnlyItsSessionCanGiveBack() throws SQLException {
    try (TestDatabase database = Servers.newDatabase();
        Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SELECT pid FROM pg_background_launch('SELECT 1')");
      statement.execute("SET pg_background.max_workers = 1");
      assertThatThrownBy(() -> statement.execute("SELECT try_background_launch('SELECT 1', 3)"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("53400"));
      assertThat(Notices.of(statement)).isEmpty();
    }
  }

  @Test
  void tryBackgroundLaunchWaitsForAFreeWorker() throws SQLException {
    try (PostgreSQLContainer server = Servers.newPostgres("max_worker_processes=2");
        TestDatabase own = Servers.newEmptyDatabase(server);
        Database pool = own.open(2)) {
      new Schema(pool.pool()).migrate();
      // One of the two belongs to the launcher of logical replication, this takes the other.
      own.execute("SELECT pid FROM pg_background_launch('SELECT pg_sleep(600)')");

      assertThatThrownBy(
              () -> queryLong(own, "SELECT pid FROM try_background_launch('SELECT 1', 0)"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("53000"));
      try (Connection connection = own.connect();
          Statement statement = connection.createStatement()) {
        assertThatThrownBy(() -> statement.execute("SELECT try_background_launch('SELECT 1', 2)"))
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("53000"));
        assertThat(Notices.of(statement))
            .satisfiesExactly(
                n -> assertThat(n).contains("(53000), try 1 of 2 follows in a second"),
                n -> assertThat(n).contains("(53000), try 2 of 2 follows in a second"));
      }

      // update_rating() does not need the vacuum that it cannot have.
      own.insertBooks(3);
      own.execute("CALL update_rating(10)");
      assertThat(own.queryLong("SELECT count(*) FROM books WHERE rating_at IS NULL")).isZero();

      CompletableFuture<Long> launch =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return queryLong(own, "SELECT pid FROM try_background_launch('SELECT 1', 60)");
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              },
              Thread::startVirtualThread);
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  own.queryLong(
                          "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
                              + " AND query LIKE '%try_background_launch%'"
                              + " AND backend_type = 'client backend'")
                      == 1);
      assertThat(launch).isNotDone();
      own.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'pg_background'");
      assertThat(launch.orTimeout(20, TimeUnit.SECONDS).join()).isPositive();
    }
  }

  private static long queryLong(TestDatabase database, String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}

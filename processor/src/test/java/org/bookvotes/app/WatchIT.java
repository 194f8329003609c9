package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** {@code bookvotes status --watch} where its output is no terminal. */
class WatchIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private TestDatabase database;

  @BeforeEach
  void create() {
    database = Servers.newDatabase();
  }

  @AfterEach
  void drop() {
    database.close();
  }

  private ReplicaProcess watch(String... options) {
    String[] command = new String[options.length + 2];
    command[0] = "status";
    command[1] = "--watch";
    System.arraycopy(options, 0, command, 2, options.length);
    return ReplicaProcess.start(
        Map.of(
            Setting.DATABASE_URL,
            database.url(),
            Setting.DATABASE_USER,
            database.user(),
            Setting.DATABASE_PASSWORD,
            database.password()),
        List.of(),
        command);
  }

  @Test
  void writesALineASecondAndGoesOnWhenTheDatabaseHasBeenAway() throws SQLException {
    try (ReplicaProcess watch = watch()) {
      await().atMost(PATIENCE).until(() -> watch.log().contains(" stale=0 "));
      database.execute(
          "INSERT INTO bookvotes.stale_marks (book_id, retry_at) VALUES (7, 'infinity')");
      await().atMost(PATIENCE).until(() -> watch.log().contains(" stale=1 "));

      onServer(
          "ALTER DATABASE " + database.name() + " ALLOW_CONNECTIONS false",
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
              + database.name()
              + "'");
      await().atMost(PATIENCE).until(() -> watch.log().contains(" no answer: "));
      onServer("ALTER DATABASE " + database.name() + " ALLOW_CONNECTIONS true");
      await()
          .atMost(PATIENCE)
          .until(
              () -> watch.log().lastIndexOf(" stale=1 ") > watch.log().lastIndexOf(" no answer"));

      assertThat(watch.log().lines())
          .allMatch(line -> line.matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d.*"))
          .noneMatch(line -> line.contains("\u001b"));
    }
  }

  @Test
  void writesJsonALineASecond() throws JsonProcessingException {
    try (ReplicaProcess watch = watch("--json")) {
      await().atMost(PATIENCE).until(() -> watch.log().lines().count() >= 2);
      for (String line : watch.log().lines().toList()) {
        assertThat(StatusReport.JSON.readTree(line).at("/cluster/slots")).hasSize(4);
      }
    }
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

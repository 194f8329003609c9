package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The two roles of {@code deploy/postgres/roles.sql}: nobody grants anything after a migration. */
class RolesIT {

  private static final Path ROLES = Path.of("../deploy/postgres/roles.sql");

  private final TestDatabase database = Servers.newEmptyDatabase();
  private final TestTopics topics = Servers.newTopics(4);
  private final Map<Setting, String> owner = settings("bookvotes_owner");
  private final Map<Setting, String> replica = settings("bookvotes_app");

  private Map<Setting, String> settings(String role) {
    Map<Setting, String> settings = new EnumMap<>(Replica.settings(database, topics));
    settings.put(Setting.DATABASE_USER, role);
    settings.put(Setting.DATABASE_PASSWORD, "secret of " + role);
    return settings;
  }

  private void makeRoles() throws IOException {
    database.execute(Files.readString(ROLES));
    for (String role : List.of("bookvotes_owner", "bookvotes_app")) {
      database.execute("ALTER ROLE " + role + " PASSWORD 'secret of " + role + "'");
    }
  }

  @AfterEach
  void close() {
    database.execute("DROP OWNED BY bookvotes_app, bookvotes_owner CASCADE");
    database.execute("DROP ROLE bookvotes_app, bookvotes_owner");
    database.close();
    topics.close();
  }

  @Test
  void oneMigratesAndTheOtherCountsWithoutFurtherGrants() throws Exception {
    makeRoles();

    migrateAndCount();
    assertThat(
            database.queryLong(
                "SELECT count(*) FROM pg_class WHERE relowner = 'bookvotes_app'::regrole"))
        .as("relations that the replicas' role owns")
        .isZero();
    assertThatThrownBy(() -> asReplica("ALTER TABLE books ADD COLUMN price int"))
        .hasMessageContaining("must be owner");
    assertThatThrownBy(() -> asReplica("CREATE TABLE bookvotes.more (id int)"))
        .hasMessageContaining("permission denied");
    assertThatThrownBy(() -> asReplica("DELETE FROM books"))
        .hasMessageContaining("permission denied");
  }

  @Test
  void takesOverATableOfBooksAndMayRunTwice() throws Exception {
    database.execute("CREATE TABLE books (book_id bigint PRIMARY KEY, isbn text)");
    makeRoles();
    makeRoles();

    migrateAndCount();
  }

  private void migrateAndCount() {
    Cli migrate = Cli.run(owner, "migrate");
    assertThat(migrate.err()).isEmpty();
    assertThat(migrate.exitCode()).isZero();
    Cli doctor = Cli.run(replica, "doctor");
    assertThat(doctor.problems()).isEmpty();
    assertThat(doctor.exitCode()).isZero();

    try (Replica running = Replica.inProcess(replica).awaitReady()) {
      Cli produce =
          Cli.run(owner, "produce", "--count=500", "--books=20", "--wait", "--timeout=PT1M");
      assertThat(produce.err()).isEmpty();
      assertThat(produce.exitCode()).isZero();
      assertThat(running.metric("bookvotes_dead_letters_total{reason=\"unknown-book\"}")).isZero();
    }
    assertThat(database.queryLong("SELECT sum(votes_up + votes_down) FROM books")).isEqualTo(500);
    assertThat(
            database.queryLong(
                "SELECT count(*) FROM books WHERE rating IS DISTINCT FROM rating(votes_up, votes_down)"))
        .isZero();
    assertThat(database.queryLong("SELECT count(*) FROM bookvotes.worker_runs")).isPositive();
  }

  private void asReplica(String sql) throws SQLException {
    try (Connection connection = database.connect("bookvotes_app", "secret of bookvotes_app");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}

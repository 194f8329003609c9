package org.bookvotes.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bookvotes.testing.HeldBooks;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** What people call at a SQL prompt. */
class ToolkitIT {

  private static final int BOOKS = 100;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private TestDatabase database;

  @BeforeEach
  void create() {
    database = Servers.newDatabase();
    database.insertBooks(BOOKS);
    database.execute("UPDATE books SET votes_up = book_id");
    database.execute(
        "INSERT INTO bookvotes.stale_marks (book_id) SELECT book_id FROM books WHERE book_id <= 50");
  }

  @AfterEach
  void drop() {
    database.close();
  }

  @Test
  void updateRatingRatesAllBooksTakesTheirMarksAndVacuums() throws SQLException {
    List<String> notices = call("CALL update_rating(30)");

    assertThat(notices)
        .containsSubsequence(
            "updated 30 rows", "updated 30 rows", "updated 30 rows", "updated 10 rows");
    assertThat(unrated()).isZero();
    assertThat(wrong()).isZero();
    assertThat(stale()).isZero();
    assertThat(
            database.queryLong(
                "SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 'books'"))
        .isEqualTo(1);
  }

  @Test
  void updateRatingLeavesRatingsThatAreYoungEnough() throws SQLException {
    database.execute("UPDATE books SET rating_at = now() - interval '2 hours' WHERE book_id <= 10");
    database.execute(
        "UPDATE books SET rating_at = now() - interval '10 minutes' WHERE book_id > 10");
    assertThat(call("CALL update_rating(1000, '1 hour')")).contains("updated 10 rows");
    assertThat(wrong()).isEqualTo(BOOKS - 10);
    assertThat(stale()).isEqualTo(40);
  }

  @Test
  void updateRatingWorksInABackgroundWorker() throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "SELECT pid FROM pg_background_launch('CALL update_rating(7, ''0 sec''::interval)')");
      await().atMost(PATIENCE).until(() -> unrated() == 0);
      assertThat(wrong()).isZero();
    }
  }

  @Test
  void updateRatingSkipsLockedBooksAndComesBackForThem() throws Exception {
    CompletableFuture<List<String>> update;
    try (HeldBooks held = HeldBooks.hold(database, 3L, 60L)) {
      update =
          CompletableFuture.supplyAsync(
              () -> callUnchecked("CALL update_rating(10)"), Thread::startVirtualThread);
      await().atMost(PATIENCE).until(() -> unrated() == 2);
      assertThat(update).isNotDone();
      held.commit();
    }
    update.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertThat(unrated()).isZero();
    assertThat(wrong()).isZero();
    assertThat(stale()).isZero();
  }

  @Test
  void updateRatingLeavesABookThatFailsBehindAndEnds() throws SQLException {
    database.execute(
        "ALTER TABLE books ADD CONSTRAINT no_good_book CHECK (book_id <> 25 OR rating < 0.5)");
    List<String> notices = call("CALL update_rating(10)");
    assertThat(notices).anyMatch(n -> n.contains("book 25 was not updated") && n.contains("23514"));
    assertThat(unrated()).isEqualTo(1);
    assertThat(wrong()).isEqualTo(1);
    assertThat(database.queryRows("SELECT min(book_id), max(book_id) FROM bookvotes.stale_books"))
        .containsExactly(List.of(25L, 25L));

    database.execute("ALTER TABLE books DROP CONSTRAINT no_good_book");
    call("CALL update_rating(10)");
    assertThat(unrated()).isZero();
    assertThat(wrong()).isZero();
  }

  @Test
  void updateRatingRefusesABatchOfNothing() {
    for (String size : List.of("0", "-1", "NULL")) {
      assertThatThrownBy(() -> call("CALL update_rating(" + size + ")"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("batch_size");
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

  /** Runs {@code sql} and returns what it had to say. */
  private List<String> call(String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      // What would loop for ever fails.
      statement.setQueryTimeout(30);
      statement.execute(sql);
      List<String> notices = new ArrayList<>();
      for (SQLWarning w = statement.getWarnings(); w != null; w = w.getNextWarning()) {
        notices.add(String.valueOf(w.getMessage()));
      }
      return notices;
    }
  }

  private List<String> callUnchecked(String sql) {
    try {
      return call(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private long unrated() {
    return database.queryLong("SELECT count(*) FROM books WHERE rating_at IS NULL");
  }

  private long wrong() {
    return database.queryLong(
        "SELECT count(*) FROM books WHERE rating <> rating(votes_up, votes_down)");
  }

  private long stale() {
    return database.queryLong("SELECT count(*) FROM bookvotes.stale_books");
  }
}

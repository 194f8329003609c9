package org.bookvotes.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bookvotes.testing.HeldBooks;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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
        .containsExactly(
            "updated 30 rows",
            "vacuumed",
            "updated 30 rows",
            "vacuumed",
            "updated 30 rows",
            "vacuumed",
            "updated 10 rows",
            "vacuumed");
    assertThat(unrated()).isZero();
    assertThat(wrong()).isZero();
    assertThat(stale()).isZero();
    assertThat(vacuums()).isEqualTo(4);
  }

  @Test
  void updateRatingVacuumsWhenAFiftiethOfTheTableWasUpdated() throws SQLException {
    database.execute("INSERT INTO books (book_id) SELECT generate_series(101, 400)");
    database.execute("VACUUM books");
    assertThat(call("CALL update_rating(3)"))
        .startsWith("updated 3 rows", "updated 3 rows", "updated 3 rows", "vacuumed")
        .endsWith("updated 1 rows")
        .filteredOn("vacuumed"::equals)
        .hasSize(44);
  }

  @Test
  void updateRatingSaysThatAnOlderSnapshotKeptAVacuumFromItsWork() throws SQLException {
    try (Connection other = database.connect();
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      other.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      statement.execute("SELECT FROM books");
      assertThat(call("CALL update_rating(1000)"))
          .containsExactly(
              "updated 100 rows",
              "vacuumed in vain: an older snapshot may still see the 100 dead rows");
    }
  }

  @Test
  void updateRatingSaysThatItMayNotVacuum() throws SQLException {
    database.execute(
        """
        CREATE ROLE toolkit_clerk;
        GRANT USAGE ON SCHEMA bookvotes TO toolkit_clerk;
        GRANT SELECT, UPDATE ON books TO toolkit_clerk;
        GRANT SELECT, UPDATE, DELETE ON bookvotes.stale_marks TO toolkit_clerk;
        GRANT pgbackground_role TO toolkit_clerk;
        """);
    try {
      List<String> notices = call("SET ROLE toolkit_clerk", "CALL update_rating(1000)");
      assertThat(notices).hasSize(2).first().isEqualTo("updated 100 rows");
      assertThat(notices.getLast()).startsWith("no vacuum: toolkit_clerk").contains("MAINTAIN");
      assertThat(vacuums()).isZero();

      database.execute("GRANT MAINTAIN ON books TO toolkit_clerk");
      assertThat(call("SET ROLE toolkit_clerk", "CALL update_rating(1000)"))
          .containsExactly("updated 100 rows", "vacuumed");
    } finally {
      database.execute("DROP OWNED BY toolkit_clerk; DROP ROLE toolkit_clerk");
    }
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
          """
          CREATE TEMPORARY TABLE worker AS
          SELECT pid, cookie FROM pg_background_launch('CALL update_rating(60, ''0 sec''::interval)')
          """);
      await().atMost(PATIENCE).until(() -> unrated() == 0);
      assertThat(wrong()).isZero();

      statement.execute(
          "SELECT tag = 'CALL' FROM worker, pg_background_result(pid, cookie) AS r(tag text)");
      assertThat(Notices.of(statement))
          .satisfiesExactly(
              n -> assertThat(n).isEqualTo("updated 60 rows"),
              // In vain if it fell together with a statement of ours.
              n -> assertThat(n).startsWith("vacuumed"),
              n -> assertThat(n).isEqualTo("updated 40 rows"),
              n -> assertThat(n).startsWith("vacuumed"));
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
  void updateRatingComesBackForALockedBookEvenIfAnotherFails() throws Exception {
    database.execute(
        "ALTER TABLE books ADD CONSTRAINT no_good_book CHECK (book_id <> 25 OR rating < 0.5)");
    CompletableFuture<List<String>> update;
    try (HeldBooks held = HeldBooks.hold(database, 60L)) {
      held.execute("UPDATE books SET votes_up = 0 WHERE book_id = 60");
      update =
          CompletableFuture.supplyAsync(
              () -> callUnchecked("CALL update_rating(1000)"), Thread::startVirtualThread);
      await().atMost(PATIENCE).until(() -> sleepsIn("CALL update_rating(1000)"));
      assertThat(update).isNotDone();
      held.commit();
    }
    List<String> notices = update.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertThat(notices)
        .filteredOn(n -> n.contains("book 25 was not updated"))
        .as("once, not in each walk")
        .hasSize(1);
    // One book is worth no vacuum, but the vacuum that the open transaction made vain is.
    assertThat(notices).endsWith("updated 1 rows", "vacuumed");
    assertThat(unrated()).isEqualTo(1);
  }

  @Test
  void updateRatingRefusesArgumentsThatMakeNoSense() {
    for (String size : List.of("0", "-1", "NULL")) {
      assertRefused("22023", "batch_size", "CALL update_rating(" + size + ")");
    }
    for (String threshold : List.of("'-1 sec'", "NULL")) {
      assertRefused("22023", "age_threshold", "CALL update_rating(10, " + threshold + ")");
    }
    assertThat(unrated()).isEqualTo(BOOKS);
  }

  @Test
  void updateRatingFailsInATransactionBlockBeforeItUpdatesAnything() throws SQLException {
    database.execute(
        "ALTER TABLE books ADD CONSTRAINT no_good_book CHECK (book_id <> 1 OR rating = 0)");
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      assertThatThrownBy(() -> statement.execute("CALL update_rating(1000)"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("2D000"));
      assertThat(Notices.of(statement)).as("no warning of the book that fails").isEmpty();
    }
  }

  @Test
  void tryBackgroundLaunchRefusesArgumentsThatMakeNoSense() {
    for (String retries : List.of("-1", "NULL")) {
      assertRefused(
          "22023", "retries", "SELECT try_background_launch('SELECT 1', " + retries + ")");
    }
    assertRefused("22023", "sql", "SELECT try_background_launch(NULL, 1)");
  }

  @Test
  void tryBackgroundLaunchPassesOnOtherErrors() {
    assertThatThrownBy(
            () ->
                call(
                    "CREATE ROLE toolkit_stranger",
                    "SET ROLE toolkit_stranger",
                    "SELECT try_background_launch('SELECT 1', 1000)"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42501"));
    database.execute("DROP ROLE toolkit_stranger");
  }

  private void assertRefused(String sqlState, String argument, String sql) {
    assertThatThrownBy(() -> call(sql))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(sqlState))
        .hasMessageContaining(argument);
  }

  /** Runs statements in one session and returns what the last one had to say. */
  private List<String> call(String... sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      // What would loop for ever fails.
      statement.setQueryTimeout(60);
      for (String one : sql) {
        statement.execute(one);
      }
      return Notices.of(statement);
    }
  }

  /** Whether a session sleeps between two walks. */
  private boolean sleepsIn(String query) {
    return database.queryLong(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query = ?",
            query)
        == 1;
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

  private long vacuums() {
    return database.queryLong(
        "SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 'books'");
  }

  private long stale() {
    return database.queryLong("SELECT count(*) FROM bookvotes.stale_books");
  }
}

package org.bookvotes.bench;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.bookvotes.postgres.SqlFile;

/** The table of books as {@code bookvotes migrate} makes it. Used by one thread. */
final class BookTable {

  private static final SqlFile FILL = SqlFile.of(BookTable.class, "fill_books.sql");
  private static final SqlFile CHECK = SqlFile.of(BookTable.class, "check_books.sql");

  private static final Duration MIGRATION_TIMEOUT = Duration.ofMinutes(2);

  private final PostgresServer server;

  private BookTable(PostgresServer server) {
    this.server = server;
  }

  /** Makes the table on an empty server. */
  static BookTable migrate(PostgresServer server, Path root) throws Exception {
    try (Program migrate =
        Program.java(
            "bookvotes migrate",
            server.environment(),
            List.of(
                "-jar", root.resolve("processor/target/bookvotes.jar").toString(), "migrate"))) {
      migrate.awaitEnd(MIGRATION_TIMEOUT);
    }
    return new BookTable(server);
  }

  /** Makes the files of the table anew, with books 1 to {@code count}, vacuumed and on disk. */
  void fill(int count) throws SQLException {
    server.execute(
        "TRUNCATE books, bookvotes.stale_marks, bookvotes.stale_batches, bookvotes.stale_ranges");
    try (Connection connection = server.connect();
        PreparedStatement statement = FILL.prepare(connection)) {
      statement.setLong(1, count);
      statement.execute();
    }
    settle();
  }

  /** Leaves no work of what was before to what comes. */
  void settle() throws SQLException {
    server.execute(
        "VACUUM (ANALYZE) books", "VACUUM (ANALYZE) bookvotes.stale_marks",
        "VACUUM (ANALYZE) bookvotes.stale_batches", "CHECKPOINT");
  }

  /** The server's clock, for {@link #rated}. */
  String now() throws SQLException {
    return server.text("SELECT clock_timestamp()");
  }

  /**
   * How many books were rated since {@code since}.
   *
   * @throws IllegalStateException if one of them has a wrong rating
   */
  long rated(String since) throws SQLException {
    try (Connection connection = server.connect();
        PreparedStatement statement = CHECK.prepare(connection)) {
      statement.setString(1, since);
      statement.setString(2, since);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        if (row.getLong("wrong") > 0) {
          throw new IllegalStateException(row.getLong("wrong") + " books have wrong ratings");
        }
        return row.getLong("rated");
      }
    }
  }
}

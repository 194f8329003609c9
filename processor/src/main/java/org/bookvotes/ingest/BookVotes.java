package org.bookvotes.ingest;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bookvotes.postgres.SqlFile;
import org.bookvotes.postgres.SqlState;

/**
 * The statements that add votes to books, in the order in which they must come: lock, add, mark
 * stale. Each runs in the caller's transaction.
 */
final class BookVotes {

  private static final SqlFile LOCK_BOOKS = SqlFile.of(BookVotes.class, "lock_books.sql");
  private static final SqlFile ADD_VOTES = SqlFile.of(BookVotes.class, "add_votes.sql");
  private static final SqlFile MARK_STALE = SqlFile.of(BookVotes.class, "mark_stale.sql");

  private BookVotes() {}

  /** Locks the books of {@code sums} in ascending order. Returns those that do not exist. */
  static Set<Long> lock(Connection connection, VoteSums sums) throws SQLException {
    Long[] bookIds = sums.bookIds();
    Set<Long> unknown = new HashSet<>(List.of(bookIds));
    try (PreparedStatement statement = LOCK_BOOKS.prepare(connection)) {
      statement.setArray(1, connection.createArrayOf("bigint", bookIds));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          unknown.remove(row.getLong("book_id"));
        }
      }
    }
    return unknown;
  }

  /**
   * Adds the votes to books that are locked.
   *
   * @throws SQLException of a kind that {@link SqlState#isAboutRows} if rows refuse them
   */
  static void add(Connection connection, VoteSums sums) throws SQLException {
    Integer[] ups = sums.ups();
    try (PreparedStatement statement = ADD_VOTES.prepare(connection)) {
      statement.setArray(1, bookIds(connection, sums));
      statement.setArray(2, connection.createArrayOf("int", ups));
      statement.setArray(3, connection.createArrayOf("int", sums.downs()));
      int updatedCount = statement.executeUpdate();
      if (updatedCount != ups.length) {
        throw new SQLException(
            "a trigger on books suppressed "
                + (ups.length - updatedCount)
                + " of "
                + ups.length
                + " updates",
            SqlState.TRIGGERED_DATA_CHANGE.code());
      }
    }
  }

  /** Marks the books, which are locked, as stale. */
  static void markStale(Connection connection, VoteSums sums) throws SQLException {
    try (PreparedStatement statement = MARK_STALE.prepare(connection)) {
      statement.setArray(1, bookIds(connection, sums));
      statement.executeUpdate();
    }
  }

  private static Array bookIds(Connection connection, VoteSums sums) throws SQLException {
    return connection.createArrayOf("bigint", sums.bookIds());
  }
}

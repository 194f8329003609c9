package org.bookvotes.ingest;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import org.bookvotes.postgres.SqlFile;
import org.bookvotes.postgres.SqlState;

/** The statements that add votes to books. Each runs in the caller's transaction. */
final class BookVotes {

  private static final SqlFile LOCK_BOOKS = SqlFile.of(BookVotes.class, "lock_books.sql");
  private static final SqlFile ADD_VOTES = SqlFile.of(BookVotes.class, "add_votes.sql");
  private static final SqlFile UNKNOWN_BOOKS = SqlFile.of(BookVotes.class, "unknown_books.sql");

  private BookVotes() {}

  /** Locks the books of {@code sums} in ascending order. Returns those that do not exist. */
  static Set<Long> lock(Connection connection, VoteSums sums) throws SQLException {
    long[] bookIds = sums.bookIds();
    Set<Long> unknown = new HashSet<>();
    for (long bookId : bookIds) {
      unknown.add(bookId);
    }
    try (PreparedStatement statement = LOCK_BOOKS.prepare(connection)) {
      statement.setObject(1, bookIds);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          unknown.remove(row.getLong("book_id"));
        }
      }
    }
    return unknown;
  }

  /**
   * Locks the books in ascending order, adds their votes and marks them as stale.
   *
   * @return the books that do not exist; if there are any, the transaction must be rolled back
   * @throws SQLException of a kind that {@link SqlState#isAboutRows} if rows refuse their votes
   */
  static Set<Long> add(Connection connection, VoteSums sums) throws SQLException {
    if (sums.bookCount() == 0) {
      return Set.of();
    }
    VoteSums.Columns columns = sums.columns();
    try (PreparedStatement statement = ADD_VOTES.prepare(connection)) {
      // Arrays of primitives travel in binary form.
      statement.setObject(1, columns.bookIds());
      statement.setObject(2, columns.ups());
      statement.setObject(3, columns.downs());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        int missingCount = sums.bookCount() - row.getInt(1);
        return missingCount == 0 ? Set.of() : unknown(connection, columns.bookIds(), missingCount);
      }
    }
  }

  private static Set<Long> unknown(Connection connection, long[] bookIds, int missingCount)
      throws SQLException {
    Set<Long> unknown = new HashSet<>();
    try (PreparedStatement statement = UNKNOWN_BOOKS.prepare(connection)) {
      statement.setObject(1, bookIds);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          unknown.add(row.getLong("book_id"));
        }
      }
    }
    if (unknown.isEmpty()) {
      throw new SQLException(
          "a trigger on books suppressed " + missingCount + " of " + bookIds.length + " updates",
          SqlState.TRIGGERED_DATA_CHANGE.code());
    }
    return unknown;
  }
}

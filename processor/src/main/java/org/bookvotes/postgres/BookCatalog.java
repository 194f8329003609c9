package org.bookvotes.postgres;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The books for those who vote: adds books, and tells how far their votes have come. Thread-safe.
 */
public final class BookCatalog {

  private static final SqlFile REGISTER = SqlFile.of(BookCatalog.class, "register_books.sql");
  private static final SqlFile VOTE_COUNT = SqlFile.of(BookCatalog.class, "vote_count.sql");
  private static final SqlFile NEXT_OFFSETS = SqlFile.of(BookCatalog.class, "next_offsets.sql");
  private static final SqlFile STALE_BOOKS = SqlFile.of(BookCatalog.class, "stale_books.sql");

  /**
   * A book as it is registered.
   *
   * @param bookId greater than 0
   */
  public record Book(long bookId, @Nullable String title, @Nullable String authors) {}

  /**
   * Books whose rating does not show all their votes.
   *
   * @param count all of them
   * @param failing those among them whose last recalculation failed
   * @param error what the last recalculation of one of those said
   */
  public record StaleBooks(long count, long failing, @Nullable String error) {}

  private final Transactions transactions;

  public BookCatalog(Transactions transactions) {
    this.transactions = transactions;
  }

  /**
   * Adds those of {@code books} that are not there yet and leaves the others as they are.
   *
   * @param books one batch; its order does not matter
   * @return how many were added
   * @throws SQLException if the database refuses; nothing is added then
   */
  public int register(List<Book> books) throws SQLException {
    return transactions.inTransaction(
        connection -> {
          try (PreparedStatement statement = REGISTER.prepare(connection)) {
            statement.setArray(
                1, connection.createArrayOf("bigint", books.stream().map(Book::bookId).toArray()));
            statement.setArray(
                2, connection.createArrayOf("text", books.stream().map(Book::title).toArray()));
            statement.setArray(
                3, connection.createArrayOf("text", books.stream().map(Book::authors).toArray()));
            return statement.executeUpdate();
          }
        });
  }

  /**
   * Sum of the votes of all books.
   *
   * @throws SQLException if the database cannot be asked
   */
  public long voteCount() throws SQLException {
    return transactions.inTransaction(
        connection -> {
          try (PreparedStatement statement = VOTE_COUNT.prepare(connection);
              ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong("votes");
          }
        });
  }

  /**
   * The next offset to count of each partition of {@code topic} of which anything was ever read.
   *
   * @throws SQLException if the database cannot be asked
   */
  public Map<Integer, Long> nextOffsets(String topic) throws SQLException {
    return transactions.inTransaction(
        connection -> {
          try (PreparedStatement statement = NEXT_OFFSETS.prepare(connection)) {
            statement.setString(1, topic);
            try (ResultSet row = statement.executeQuery()) {
              Map<Integer, Long> offsets = new HashMap<>();
              while (row.next()) {
                offsets.put(row.getInt("partition"), row.getLong("next_offset"));
              }
              return offsets;
            }
          }
        });
  }

  /**
   * The books that are stale now.
   *
   * @throws SQLException if the database cannot be asked
   */
  public StaleBooks staleBooks() throws SQLException {
    return transactions.inTransaction(
        connection -> {
          try (PreparedStatement statement = STALE_BOOKS.prepare(connection);
              ResultSet row = statement.executeQuery()) {
            row.next();
            return new StaleBooks(
                row.getLong("books"), row.getLong("failing"), row.getString("error"));
          }
        });
  }
}

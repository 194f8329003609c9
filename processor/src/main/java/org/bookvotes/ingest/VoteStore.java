package org.bookvotes.ingest;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.postgres.SqlFile;
import org.bookvotes.postgres.SqlState;
import org.bookvotes.postgres.Transactions;

/**
 * Votes and offsets in the database. Thread-safe.
 *
 * <p>Lock order: the offsets' rows, then the books in ascending order; a mark is put while its book
 * is locked.
 */
final class VoteStore {

  private static final SqlFile OFFSETS = SqlFile.of(VoteStore.class, "offsets.sql");
  private static final SqlFile ADVANCE = SqlFile.of(VoteStore.class, "advance_offsets.sql");
  private static final SqlFile LOCK_BOOKS = SqlFile.of(VoteStore.class, "lock_books.sql");
  private static final SqlFile ADD_VOTES = SqlFile.of(VoteStore.class, "add_votes.sql");
  private static final SqlFile MARK_STALE = SqlFile.of(VoteStore.class, "mark_stale.sql");

  /** What came of a write. */
  sealed interface Written {
    /** All is committed. */
    record Committed() implements Written {}

    /** Nothing is written: another consumer has moved these partitions' offsets. */
    record Fenced(Set<TopicPartition> partitions) implements Written {}

    /**
     * Nothing is written: votes for these books cannot be counted.
     *
     * @param reason as the dead-letter topic has it
     */
    record Uncountable(Set<Long> bookIds, String reason, String detail) implements Written {}
  }

  private final Transactions transactions;

  VoteStore(Transactions transactions) {
    this.transactions = transactions;
  }

  /**
   * The next offset to count of each partition. A partition seen for the first time begins at 0.
   *
   * @throws SQLException if the database cannot be asked
   */
  Map<TopicPartition, Long> offsets(Collection<TopicPartition> partitions) throws SQLException {
    return transactions.inTransaction(
        connection -> {
          try (PreparedStatement statement = OFFSETS.prepare(connection)) {
            List<TopicPartition> ordered = List.copyOf(partitions);
            statement.setArray(1, topics(connection, ordered));
            statement.setArray(2, numbers(connection, ordered));
            try (ResultSet row = statement.executeQuery()) {
              Map<TopicPartition, Long> offsets = new HashMap<>();
              while (row.next()) {
                offsets.put(
                    new TopicPartition(row.getString("topic"), row.getInt("partition")),
                    row.getLong("next_offset"));
              }
              return offsets;
            }
          }
        });
  }

  /** Ends a transaction without having written; carries why. */
  private static final class NotWritten extends RuntimeException {
    private final transient Written reason;

    NotWritten(Written reason) {
      super(null, null, false, false);
      this.reason = reason;
    }
  }

  /**
   * Moves the offsets, adds the votes and marks the books stale, all or nothing.
   *
   * @throws SQLException if it failed; whether it was committed can only be known from {@link
   *     #offsets}
   */
  Written write(VoteBatch batch) throws SQLException {
    try {
      return transactions.inTransaction(
          connection -> {
            advance(connection, batch);
            Long[] bookIds = batch.bookIds();
            if (bookIds.length > 0) {
              Array books = connection.createArrayOf("bigint", bookIds);
              lockBooks(connection, books, bookIds);
              addVotes(connection, books, batch.ups(), batch.downs());
              markStale(connection, books);
            }
            return new Written.Committed();
          });
    } catch (NotWritten e) {
      return e.reason;
    } catch (SQLException e) {
      if (!SqlState.isAboutRows(e)) {
        throw e;
      }
      Set<Long> refused = refusedBooks(batch);
      // If it is most of them, it is not the books: something is wrong with the table, and a person
      // will mend it.
      if (refused.isEmpty() || refused.size() > Math.max(1, batch.bookIds().length / 2)) {
        throw e;
      }
      return new Written.Uncountable(
          refused,
          VoteTopics.REASON_REFUSED,
          "the table books refuses the votes: " + e.getMessage() + " (" + SqlState.of(e) + ")");
    }
  }

  /** Tries each book alone, and leaves nothing behind. */
  private Set<Long> refusedBooks(VoteBatch batch) throws SQLException {
    Long[] bookIds = batch.bookIds();
    Integer[] ups = batch.ups();
    Integer[] downs = batch.downs();
    return transactions.inTransaction(
        connection -> {
          Set<Long> refused = new HashSet<>();
          for (int i = 0; i < bookIds.length; i++) {
            Savepoint before = connection.setSavepoint();
            try {
              addVotes(
                  connection,
                  connection.createArrayOf("bigint", new Long[] {bookIds[i]}),
                  new Integer[] {ups[i]},
                  new Integer[] {downs[i]});
            } catch (SQLException e) {
              if (!SqlState.isAboutRows(e)) {
                throw e;
              }
              refused.add(bookIds[i]);
            }
            connection.rollback(before);
            connection.releaseSavepoint(before);
          }
          return refused;
        });
  }

  private static void advance(Connection connection, VoteBatch batch) throws SQLException {
    List<TopicPartition> partitions = List.copyOf(batch.ranges().keySet());
    Set<TopicPartition> fenced = new HashSet<>(partitions);
    try (PreparedStatement statement = ADVANCE.prepare(connection)) {
      statement.setArray(1, topics(connection, partitions));
      statement.setArray(2, numbers(connection, partitions));
      statement.setArray(
          3,
          connection.createArrayOf(
              "bigint", partitions.stream().map(p -> range(batch, p).from()).toArray()));
      statement.setArray(
          4,
          connection.createArrayOf(
              "bigint", partitions.stream().map(p -> range(batch, p).next()).toArray()));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          fenced.remove(new TopicPartition(row.getString("topic"), row.getInt("partition")));
        }
      }
    }
    if (!fenced.isEmpty()) {
      throw new NotWritten(new Written.Fenced(fenced));
    }
  }

  private static VoteBatch.Range range(VoteBatch batch, TopicPartition partition) {
    VoteBatch.Range range = batch.ranges().get(partition);
    if (range == null) {
      throw new IllegalStateException(partition + " is not in the batch");
    }
    return range;
  }

  private static void lockBooks(Connection connection, Array books, Long[] bookIds)
      throws SQLException {
    Set<Long> unknown = new HashSet<>(List.of(bookIds));
    try (PreparedStatement statement = LOCK_BOOKS.prepare(connection)) {
      statement.setArray(1, books);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          unknown.remove(row.getLong("book_id"));
        }
      }
    }
    if (!unknown.isEmpty()) {
      throw new NotWritten(
          new Written.Uncountable(
              unknown, VoteTopics.REASON_UNKNOWN_BOOK, "the book is not in the table books"));
    }
  }

  private static void addVotes(Connection connection, Array books, Integer[] ups, Integer[] downs)
      throws SQLException {
    try (PreparedStatement statement = ADD_VOTES.prepare(connection)) {
      statement.setArray(1, books);
      statement.setArray(2, connection.createArrayOf("int", ups));
      statement.setArray(3, connection.createArrayOf("int", downs));
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

  private static void markStale(Connection connection, Array books) throws SQLException {
    try (PreparedStatement statement = MARK_STALE.prepare(connection)) {
      statement.setArray(1, books);
      statement.executeUpdate();
    }
  }

  private static Array topics(Connection connection, List<TopicPartition> partitions)
      throws SQLException {
    return connection.createArrayOf(
        "text", partitions.stream().map(TopicPartition::topic).toArray());
  }

  private static Array numbers(Connection connection, List<TopicPartition> partitions)
      throws SQLException {
    return connection.createArrayOf(
        "int", partitions.stream().map(TopicPartition::partition).toArray());
  }
}

package org.bookvotes.ingest;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
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
 * <p>Lock order: the offsets' rows, then the dead letters' rows in the order of their key, then the
 * books in ascending order.
 */
final class VoteStore {

  private static final SqlFile OFFSETS = SqlFile.of(VoteStore.class, "offsets.sql");
  private static final SqlFile ADVANCE = SqlFile.of(VoteStore.class, "advance_offsets.sql");

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
  private final String replica;

  /**
   * @param replica name of this replica, for people: it is written beside the offsets
   */
  VoteStore(Transactions transactions, String replica) {
    this.transactions = transactions;
    this.replica = replica;
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
            statement.setString(1, replica);
            statement.setArray(2, topics(connection, ordered));
            statement.setArray(3, numbers(connection, ordered));
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
   * Moves the offsets, records the dead letters that they pass, adds the votes and marks the books
   * stale, all or nothing.
   *
   * @throws SQLException if it failed; whether it was committed can only be known from {@link
   *     #offsets}
   */
  Written write(VoteBatch batch) throws SQLException {
    try {
      return transactions.inTransaction(
          connection -> {
            advance(connection, batch);
            LetterRows.record(connection, batch.letters());
            mustBeKnown(BookVotes.add(connection, batch.sums()));
            return new Written.Committed();
          });
    } catch (NotWritten e) {
      return e.reason;
    } catch (SQLException e) {
      // Also from the commit: constraints may be deferred to it.
      if (!SqlState.isAboutRows(e)) {
        throw e;
      }
      return findRefused(batch.sums(), e);
    }
  }

  /** Names the books whose rows refuse their votes, or throws {@code failure}. */
  private Written findRefused(VoteSums sums, SQLException failure) throws SQLException {
    Set<Long> refused;
    try {
      refused =
          transactions.inTransaction(
              connection -> {
                mustBeKnown(BookVotes.lock(connection, sums));
                return new RefusalProbe(connection).blamed(sums);
              });
    } catch (NotWritten e) {
      return e.reason;
    }
    if (refused.isEmpty()) {
      throw failure;
    }
    return new Written.Uncountable(
        refused,
        VoteTopics.REASON_REFUSED,
        "the table books refuses the votes: "
            + failure.getMessage()
            + " ("
            + SqlState.of(failure)
            + ")");
  }

  private void advance(Connection connection, VoteBatch batch) throws SQLException {
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
      statement.setString(5, replica);
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

  private static void mustBeKnown(Set<Long> unknown) {
    if (!unknown.isEmpty()) {
      throw new NotWritten(
          new Written.Uncountable(
              unknown, VoteTopics.REASON_UNKNOWN_BOOK, "the book is not in the table books"));
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

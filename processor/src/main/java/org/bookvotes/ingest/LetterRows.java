package org.bookvotes.ingest;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bookvotes.postgres.SqlFile;
import org.jspecify.annotations.Nullable;

/**
 * The statements on {@code bookvotes.dead_letters}, which says of each event on the dead-letter
 * topic whether it waits to be counted. Each runs in the caller's transaction.
 */
final class LetterRows {

  private static final SqlFile RECORD = SqlFile.of(LetterRows.class, "record_letters.sql");
  private static final SqlFile READ = SqlFile.of(LetterRows.class, "read_letters.sql");
  private static final SqlFile CLAIM = SqlFile.of(LetterRows.class, "claim_letters.sql");
  private static final SqlFile MARK_REDRIVEN = SqlFile.of(LetterRows.class, "mark_redriven.sql");

  /**
   * What the database knows of a letter.
   *
   * @param redrivenAt when its vote was counted after all, null while it waits
   */
  record Row(String reason, @Nullable Instant redrivenAt) {}

  private LetterRows() {}

  /** Records events, with the reasons, that the offsets are moved past in this transaction. */
  static void record(Connection connection, Map<Coordinates, String> letters) throws SQLException {
    if (letters.isEmpty()) {
      return;
    }
    List<Map.Entry<Coordinates, String>> entries = List.copyOf(letters.entrySet());
    try (PreparedStatement statement = RECORD.prepare(connection)) {
      setCoordinates(statement, entries.stream().map(Map.Entry::getKey).toList());
      statement.setArray(
          4, connection.createArrayOf("text", entries.stream().map(Map.Entry::getValue).toArray()));
      statement.executeUpdate();
    }
  }

  /** The rows of those of {@code letters} that have one. */
  static Map<Coordinates, Row> read(Connection connection, Collection<Coordinates> letters)
      throws SQLException {
    Map<Coordinates, Row> rows = HashMap.newHashMap(letters.size());
    try (PreparedStatement statement = READ.prepare(connection)) {
      setCoordinates(statement, letters);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          Timestamp redrivenAt = row.getTimestamp("redriven_at");
          rows.put(
              coordinates(row),
              new Row(row.getString("reason"), redrivenAt == null ? null : redrivenAt.toInstant()));
        }
      }
    }
    return rows;
  }

  /** Locks the rows of those of {@code letters} that wait, and returns which they are. */
  static Set<Coordinates> claim(Connection connection, Collection<Coordinates> letters)
      throws SQLException {
    Set<Coordinates> claimed = new HashSet<>();
    try (PreparedStatement statement = CLAIM.prepare(connection)) {
      setCoordinates(statement, letters);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          claimed.add(coordinates(row));
        }
      }
    }
    return claimed;
  }

  /** Marks letters, claimed in this transaction, as redriven. */
  static void markRedriven(Connection connection, Collection<Coordinates> claimed)
      throws SQLException {
    try (PreparedStatement statement = MARK_REDRIVEN.prepare(connection)) {
      setCoordinates(statement, claimed);
      int markedCount = statement.executeUpdate();
      if (markedCount != claimed.size()) {
        throw new IllegalStateException(
            "only " + markedCount + " of " + claimed.size() + " claimed letters could be marked");
      }
    }
  }

  private static Coordinates coordinates(ResultSet row) throws SQLException {
    return new Coordinates(
        row.getString("topic"), row.getInt("partition"), row.getLong("source_offset"));
  }

  private static void setCoordinates(PreparedStatement statement, Collection<Coordinates> letters)
      throws SQLException {
    List<Coordinates> ordered = List.copyOf(letters);
    Connection connection = statement.getConnection();
    statement.setArray(
        1, connection.createArrayOf("text", ordered.stream().map(Coordinates::topic).toArray()));
    statement.setArray(
        2, connection.createArrayOf("int", ordered.stream().map(Coordinates::partition).toArray()));
    statement.setArray(
        3, connection.createArrayOf("bigint", ordered.stream().map(Coordinates::offset).toArray()));
  }
}

package org.bookvotes.ingest;

import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.bookvotes.postgres.SqlFile;
import org.bookvotes.postgres.Transactions;
import org.jspecify.annotations.Nullable;

/** Looks at what the replicas read of a topic, and at the newest dead letters. Thread-safe. */
public final class IngestView {

  private static final SqlFile READERS = SqlFile.of(IngestView.class, "view_readers.sql");
  private static final SqlFile LETTERS = SqlFile.of(IngestView.class, "view_letters.sql");

  private final Transactions transactions;

  public IngestView(Transactions transactions) {
    this.transactions = transactions;
  }

  /**
   * What one replica reads.
   *
   * @param replica its name, null if it was not told
   * @param partitions that it was last assigned, or last counted votes of, ascending
   * @param nextOffsets sum of their next offsets
   * @param idleSeconds since the last of their offsets moved
   */
  public record Reader(
      @Nullable String replica, List<Integer> partitions, long nextOffsets, double idleSeconds) {}

  /**
   * The replicas that read a topic.
   *
   * @param nowSeconds by the server's clock, since 1970
   */
  public record Readers(double nowSeconds, List<Reader> readers) {
    /** Sum of the next offsets of all partitions: it grows by the events that are counted. */
    public long nextOffsets() {
      return readers.stream().mapToLong(Reader::nextOffsets).sum();
    }
  }

  /**
   * An event that is on the dead-letter topic.
   *
   * @param topic that it came from
   * @param offset in the partition that it came from
   * @param at when the offset moved past it
   * @param redrivenAt when it was counted after all, null while it waits
   */
  public record DeadLetterRow(
      String topic,
      int partition,
      long offset,
      String reason,
      Instant at,
      @Nullable Instant redrivenAt) {}

  /** Who reads {@code topic}, ordered by name. */
  public Readers readers(String topic) throws SQLException {
    return transactions.autoCommit(
        connection -> {
          try (PreparedStatement statement = READERS.prepare(connection)) {
            statement.setString(1, topic);
            try (ResultSet row = statement.executeQuery()) {
              double nowSeconds = 0;
              List<Reader> readers = new ArrayList<>();
              while (row.next()) {
                nowSeconds = row.getDouble("now");
                Array partitions = row.getArray("partitions");
                if (partitions == null) {
                  continue;
                }
                readers.add(
                    new Reader(
                        row.getString("replica"),
                        List.of((Integer[]) partitions.getArray()),
                        row.getLong("next_offsets"),
                        Math.max(0, row.getDouble("idle_seconds"))));
              }
              return new Readers(nowSeconds, readers);
            }
          }
        });
  }

  /** The newest dead letters of all topics that are or were read, at most {@code most}. */
  public List<DeadLetterRow> newestLetters(int most) throws SQLException {
    return transactions.autoCommit(
        connection -> {
          try (PreparedStatement statement = LETTERS.prepare(connection)) {
            statement.setInt(1, most);
            statement.setInt(2, most);
            try (ResultSet row = statement.executeQuery()) {
              List<DeadLetterRow> letters = new ArrayList<>();
              while (row.next()) {
                OffsetDateTime redrivenAt = row.getObject("redriven_at", OffsetDateTime.class);
                letters.add(
                    new DeadLetterRow(
                        row.getString("topic"),
                        row.getInt("partition"),
                        row.getLong("source_offset"),
                        row.getString("reason"),
                        row.getObject("dead_lettered_at", OffsetDateTime.class).toInstant(),
                        redrivenAt == null ? null : redrivenAt.toInstant()));
              }
              return letters;
            }
          }
        });
  }
}

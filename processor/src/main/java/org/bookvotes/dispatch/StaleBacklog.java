package org.bookvotes.dispatch;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import org.bookvotes.postgres.SqlFile;
import org.bookvotes.postgres.SqlState;
import org.bookvotes.postgres.Transactions;

/** Reads and marks the stale books. Thread-safe. */
public final class StaleBacklog {

  /** Where counts for people stop. */
  public static final long MOST_COUNTED = 1_000_000;

  private static final SqlFile MEASURE = SqlFile.of(StaleBacklog.class, "backlog.sql");
  private static final SqlFile HELD = SqlFile.of(StaleBacklog.class, "held_books.sql");
  private static final SqlFile UNTAKEN = SqlFile.of(StaleBacklog.class, "untaken_book.sql");
  private static final SqlFile MARK_RANGE = SqlFile.of(StaleBacklog.class, "mark_range.sql");

  private final Transactions transactions;

  public StaleBacklog(Transactions transactions) {
    this.transactions = transactions;
  }

  /**
   * The backlog of all replicas, now.
   *
   * @param mostCounted where the count stops; counting a million marks takes some tenths of a
   *     second
   */
  public Backlog measure(long mostCounted) throws SQLException {
    return transactions.autoCommit(
        connection -> {
          try (PreparedStatement statement = MEASURE.prepare(connection)) {
            statement.setLong(1, mostCounted);
            statement.setLong(2, mostCounted);
            try (ResultSet row = statement.executeQuery()) {
              row.next();
              return new Backlog(
                  row.getLong("books"),
                  row.getLong("due"),
                  row.getLong("failing"),
                  duration(row, "oldest_seconds"),
                  duration(row, "overdue_seconds"));
            }
          }
        });
  }

  private static Duration duration(ResultSet row, String column) throws SQLException {
    return Duration.ofMillis(Math.max(0, Math.round(row.getDouble(column) * 1000)));
  }

  /**
   * Stale books that may recover by themselves: somebody had locked their rows, or they were in one
   * batch with a book that hung.
   */
  public long held() throws SQLException {
    return transactions.autoCommit(
        connection -> {
          try (PreparedStatement statement = HELD.prepare(connection)) {
            statement.setString(1, SqlState.LOCK_NOT_AVAILABLE.code());
            statement.setString(2, SqlState.QUERY_CANCELED.code());
            try (ResultSet row = statement.executeQuery()) {
              row.next();
              return row.getLong("held");
            }
          }
        });
  }

  /** Whether a book is due whose batch, mark or range no worker has taken. */
  public boolean hasUntaken() throws SQLException {
    return transactions.autoCommit(
        connection -> {
          try (PreparedStatement statement = UNTAKEN.prepare(connection);
              ResultSet row = statement.executeQuery()) {
            return row.next();
          }
        });
  }

  /**
   * One step of marking.
   *
   * @param lastId last book looked at: the next step goes on after it
   * @param marked books of this step that are to be recalculated
   * @param finished whether there was no book left to look at
   */
  public record MarkedRange(long lastId, long marked, boolean finished) {}

  /**
   * Marks the books of one range of ids as stale, with one row for all of them, in one transaction.
   *
   * @param olderThan only books whose rating is older; zero: all
   * @param afterId where the range begins, exclusive
   * @param bookCount how many books the range has
   */
  public MarkedRange markRange(Duration olderThan, long afterId, int bookCount)
      throws SQLException {
    return transactions.autoCommit(
        connection -> {
          try (PreparedStatement statement = MARK_RANGE.prepare(connection)) {
            statement.setDouble(1, olderThan.toNanos() / 1e9);
            statement.setInt(2, bookCount);
            statement.setLong(3, afterId);
            try (ResultSet row = statement.executeQuery()) {
              row.next();
              return new MarkedRange(
                  row.getLong("after_id"), row.getLong("marked"), row.getBoolean("finished"));
            }
          }
        });
  }
}

package org.bookvotes.testing;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import org.awaitility.Awaitility;

/**
 * A transaction that holds the row locks of some books, so that who recalculates them or votes for
 * them must wait. Used by one thread at a time.
 */
public final class HeldBooks implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Connection connection;

  private HeldBooks(Connection connection) {
    this.connection = connection;
  }

  /** Locks books in ascending order; they must be free. */
  public static HeldBooks hold(TestDatabase database, Long... bookIds) {
    try {
      Connection connection = database.connect();
      connection.setAutoCommit(false);
      try (PreparedStatement statement =
          connection.prepareStatement(
              "SELECT FROM books WHERE book_id = ANY (?) ORDER BY book_id FOR NO KEY UPDATE NOWAIT")) {
        statement.setArray(1, connection.createArrayOf("bigint", bookIds));
        statement.execute();
      }
      return new HeldBooks(connection);
    } catch (SQLException e) {
      throw new IllegalStateException("the books cannot be locked", e);
    }
  }

  /** Runs one statement in the transaction. */
  public void execute(String sql) {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.execute();
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** Commits what was executed, and lets the books go. */
  public void commit() {
    try {
      connection.commit();
    } catch (SQLException e) {
      throw new IllegalStateException("commit", e);
    }
  }

  /** Waits until {@code count} background workers of {@code database} wait for a lock. */
  public static void awaitWaitingWorkers(TestDatabase database, int count) {
    Awaitility.await(count + " workers that wait for a lock")
        .atMost(PATIENCE)
        .until(
            () ->
                database.queryLong(
                        """
                        SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND backend_type = 'pg_background'
                          AND wait_event_type = 'Lock'
                        """)
                    == count);
  }

  /** Rolls back what was not committed, and lets the books go. */
  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException("close", e);
    }
  }
}

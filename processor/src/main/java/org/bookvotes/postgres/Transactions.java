package org.bookvotes.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Runs work on a pooled connection, in a transaction or statement by statement. Thread-safe. */
public final class Transactions {

  /** Work on a connection that it must not close. */
  @FunctionalInterface
  public interface SqlWork<T> {
    T on(Connection connection) throws SQLException;
  }

  private final DataSource dataSource;

  public Transactions(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * Runs {@code work} in one transaction: commits if it returns, rolls back if it throws.
   *
   * @throws SQLException what the work or the commit threw; after a lost connection the commit may
   *     have happened or not
   */
  public <T> T inTransaction(SqlWork<T> work) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      // The pool turns it on again when the connection comes back.
      connection.setAutoCommit(false);
      try {
        T result = work.on(connection);
        connection.commit();
        return result;
      } catch (SQLException | RuntimeException | Error e) {
        try {
          connection.rollback();
        } catch (SQLException rollback) {
          e.addSuppressed(rollback);
        }
        throw e;
      }
    }
  }

  /**
   * Runs {@code work} with each statement its own transaction.
   *
   * @throws SQLException what the work threw
   */
  public <T> T autoCommit(SqlWork<T> work) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      return work.on(connection);
    }
  }
}

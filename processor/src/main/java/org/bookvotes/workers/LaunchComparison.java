package org.bookvotes.workers;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.SqlFile;
import org.bookvotes.postgres.SqlState;

/**
 * Times how long it takes to have {@code SELECT 1} run again and again: in a session of its own, by
 * a worker of pg_background each, by a session of dblink each. Used by one thread.
 */
public final class LaunchComparison implements AutoCloseable {

  private static final SqlFile ENGINE = SqlFile.of(LaunchComparison.class, "engine.sql");
  private static final SqlFile PATH = SqlFile.of(LaunchComparison.class, "compare_path.sql");
  private static final SqlFile PLAIN = SqlFile.of(LaunchComparison.class, "compare_plain.sql");
  private static final SqlFile PG_BACKGROUND_1_0 =
      SqlFile.of(LaunchComparison.class, "compare_pg_background_1_0.sql");
  private static final SqlFile PG_BACKGROUND_1_6 =
      SqlFile.of(LaunchComparison.class, "compare_pg_background_1_6.sql");
  private static final SqlFile PG_BACKGROUND_2_0 =
      SqlFile.of(LaunchComparison.class, "compare_pg_background_2_0.sql");
  private static final SqlFile DBLINK = SqlFile.of(LaunchComparison.class, "compare_dblink.sql");

  /** How the statement is run. */
  public enum Way {
    PLAIN,
    PG_BACKGROUND,
    DBLINK
  }

  private final Database database;
  private final Connection connection;

  /**
   * Takes a session of its own.
   *
   * @param database a migrated one
   * @throws SQLException if there is no session to be had
   */
  public LaunchComparison(Database database) throws SQLException {
    this.database = database;
    this.connection = database.pool().getConnection();
  }

  /**
   * Makes a way ready.
   *
   * @return the engine as it is called in the database, empty for none
   * @throws SQLException if the database does not have it; SQLSTATE 42704
   */
  public String prepare(Way way) throws SQLException {
    String choice =
        switch (way) {
          case PLAIN -> "";
          case PG_BACKGROUND -> WorkerEngine.PG_BACKGROUND.setting();
          case DBLINK -> WorkerEngine.DBLINK.setting();
        };
    if (choice.isEmpty()) {
      return "";
    }
    String engine;
    try (PreparedStatement statement = ENGINE.prepare(connection)) {
      statement.setString(1, choice);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        engine = row.getString(1);
      }
    }
    try (PreparedStatement statement = PATH.prepare(connection)) {
      statement.setString(1, engine);
      statement.execute();
    }
    return engine;
  }

  /**
   * Runs the statement {@code runs} times, one after the other, and once before that.
   *
   * @param engine what {@link #prepare} has returned
   * @throws SQLException if the server refuses, or for want of a worker a hundred times in a row
   */
  public Duration time(String engine, int runs) throws SQLException {
    SqlFile sql =
        switch (engine) {
          case "" -> PLAIN;
          case "pg_background 1.0" -> PG_BACKGROUND_1_0;
          case "pg_background 1.6" -> PG_BACKGROUND_1_6;
          case "pg_background 2.0" -> PG_BACKGROUND_2_0;
          case "dblink" -> DBLINK;
          default -> throw new IllegalArgumentException("no such engine: " + engine);
        };
    try (PreparedStatement statement = sql.prepare(connection)) {
      run(statement);
      long startNanos = System.nanoTime();
      for (int run = 0; run < runs; run++) {
        run(statement);
      }
      return Duration.ofNanos(System.nanoTime() - startNanos);
    }
  }

  /** Ends the session: its search path is no longer that of others. */
  @Override
  public void close() throws SQLException {
    try (connection) {
      database.evict(connection);
    }
  }

  /** A worker that has ended leaves its place in the server's pool a moment later. */
  private static void run(PreparedStatement statement) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next() || row.getInt(1) != 1) {
          throw new SQLException("SELECT 1 has not returned 1");
        }
        return;
      } catch (SQLException e) {
        if (attempt == 100 || !WorkerShortage.isShortage(SqlState.of(e))) {
          throw e;
        }
      }
    }
  }
}

package org.bookvotes.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.bookvotes.postgres.SqlFile;
import org.bookvotes.postgres.SqlState;

/** The peers that are a statement in a session. Used by one thread. */
final class SqlWork {

  private static final SqlFile COURSE = SqlFile.of(SqlWork.class, "course_update_rating.sql");
  private static final String ONE_UPDATE =
      "UPDATE books SET rating = rating(votes_up, votes_down), rating_at = clock_timestamp()";

  private final PostgresServer server;

  /** Makes the course's procedure. */
  SqlWork(PostgresServer server) throws SQLException {
    this.server = server;
    server.execute(COURSE.text());
  }

  /** All books in one statement. */
  void oneUpdate() throws SQLException {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(ONE_UPDATE);
      flushStatistics(statement);
    }
  }

  /**
   * The course's procedure, which the server ends after {@code limit}: what it has committed by
   * then stays.
   */
  void course(int batchSize, Duration limit) throws SQLException, InterruptedException {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement();
        PreparedStatement call =
            connection.prepareStatement("CALL course_update_rating(?, interval '1 day')")) {
      statement.execute("SET statement_timeout = " + limit.toMillis());
      call.setInt(1, batchSize);
      try {
        call.execute();
      } catch (SQLException e) {
        if (!SqlState.QUERY_CANCELED.matches(e)) {
          throw e;
        }
      }
      statement.execute("SET statement_timeout = 0");
      flushStatistics(statement);
    }
    awaitNoWorker();
  }

  /** A worker outlives who launched it: the vacuum of a procedure that was ended runs on. */
  private void awaitNoWorker() throws SQLException, InterruptedException {
    while (server.number(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'pg_background'")
        > 0) {
      Thread.sleep(50);
    }
  }

  /** A session tells what it has done now and then only. */
  private static void flushStatistics(Statement statement) throws SQLException {
    statement.execute("SELECT pg_stat_force_next_flush()");
    statement.execute("SELECT 1");
  }
}

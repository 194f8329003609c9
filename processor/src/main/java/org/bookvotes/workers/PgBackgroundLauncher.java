package org.bookvotes.workers;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.bookvotes.postgres.SqlFile;
import org.bookvotes.postgres.SqlState;
import org.jspecify.annotations.Nullable;

/**
 * Launches workers through the extension pg_background 2.0 or later. Thread-safe: the slots are not
 * shared.
 */
public final class PgBackgroundLauncher implements WorkerLauncher {

  private static final SqlFile RECALCULATE =
      SqlFile.of(PgBackgroundLauncher.class, "launch_recalculate.sql");
  private static final SqlFile VACUUM_BOOKS =
      SqlFile.of(PgBackgroundLauncher.class, "launch_vacuum_books.sql");
  private static final SqlFile VACUUM_STALE_BATCHES =
      SqlFile.of(PgBackgroundLauncher.class, "launch_vacuum_stale_batches.sql");
  private static final SqlFile VACUUM_STALE_MARKS =
      SqlFile.of(PgBackgroundLauncher.class, "launch_vacuum_stale_marks.sql");
  private static final SqlFile ENDED = SqlFile.of(PgBackgroundLauncher.class, "worker_ended.sql");
  private static final SqlFile RECALCULATED =
      SqlFile.of(PgBackgroundLauncher.class, "worker_recalculated.sql");

  private final double[] freshnessBoundsSeconds;

  /**
   * @param freshnessBoundsSeconds ascending upper bounds of the freshness histogram
   */
  public PgBackgroundLauncher(double[] freshnessBoundsSeconds) {
    this.freshnessBoundsSeconds = freshnessBoundsSeconds.clone();
  }

  @Override
  public Worker launch(WorkerSlot slot, WorkerCommand command) throws SQLException {
    Connection connection = slot.connection();
    return switch (command) {
      case WorkerCommand.Recalculate recalculate -> launch(connection, recalculate);
      case WorkerCommand.Vacuum vacuum -> launch(connection, vacuum);
    };
  }

  private Worker launch(Connection connection, WorkerCommand.Recalculate command)
      throws SQLException {
    try (PreparedStatement statement = RECALCULATE.prepare(connection)) {
      RecalculationReport.bind(statement, command, freshnessBoundsSeconds);
      // The time budget is looked at between batches only.
      statement.setString(4, WorkerSlot.milliseconds(command.limit()));
      return launched(connection, statement, true);
    }
  }

  private static Worker launch(Connection connection, WorkerCommand.Vacuum command)
      throws SQLException {
    SqlFile sql =
        switch (command.table()) {
          case BOOKS -> VACUUM_BOOKS;
          case STALE_BATCHES -> VACUUM_STALE_BATCHES;
          case STALE_MARKS -> VACUUM_STALE_MARKS;
        };
    try (PreparedStatement statement = sql.prepare(connection)) {
      return launched(connection, statement, false);
    }
  }

  private static Worker launched(
      Connection connection, PreparedStatement statement, boolean reports) throws SQLException {
    try (ResultSet handle = statement.executeQuery()) {
      handle.next();
      return new PgBackgroundWorker(
          connection, handle.getInt("pid"), handle.getLong("cookie"), reports);
    }
  }

  /**
   * @param cookie tells this worker from a later one with the same process id
   * @param reports whether the command returns what it recalculated
   */
  private record PgBackgroundWorker(Connection connection, int pid, long cookie, boolean reports)
      implements Worker {

    @Override
    public Optional<WorkerOutcome> await(Duration timeout) throws SQLException {
      try (PreparedStatement statement = ENDED.prepare(connection)) {
        statement.setInt(1, pid);
        statement.setLong(2, cookie);
        statement.setInt(3, Math.toIntExact(timeout.toMillis()));
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          return row.getBoolean("ended") ? Optional.of(outcome(row)) : Optional.empty();
        }
      }
    }

    private WorkerOutcome outcome(ResultSet ended) throws SQLException {
      if (ended.getBoolean("has_error")) {
        return failed(ended.getString("sqlstate"), ended.getString("error_message"));
      }
      if (!ended.getBoolean("completed")) {
        return failed(null, "the worker ended without saying how");
      }
      return reports
          ? recalculated()
          : new WorkerOutcome.Completed(WorkerOutcome.Recalculated.NOTHING);
    }

    private static WorkerOutcome failed(@Nullable String sqlState, @Nullable String message) {
      return new WorkerOutcome.Failed(
          sqlState == null ? SqlState.NONE : sqlState,
          message == null ? "no message" : message,
          WorkerOutcome.Recalculated.NOTHING);
    }

    private WorkerOutcome recalculated() throws SQLException {
      try (PreparedStatement statement = RECALCULATED.prepare(connection)) {
        statement.setInt(1, pid);
        statement.setLong(2, cookie);
        try (ResultSet row = statement.executeQuery()) {
          if (!row.next()) {
            return failed(null, "the worker ended without its report");
          }
          return RecalculationReport.read(row);
        }
      }
    }
  }
}

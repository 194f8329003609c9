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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Launches workers with the engine that the database has: a generation of the extension
 * pg_background, or dblink. What differs between them is in the database (V7__launch.sql); here an
 * engine is a name that is given to its functions. Thread-safe: the slots are not shared.
 */
public final class EngineLauncher implements WorkerLauncher {

  private static final Logger LOG = LoggerFactory.getLogger(EngineLauncher.class);

  private static final SqlFile ENGINE = SqlFile.of(EngineLauncher.class, "engine.sql");
  private static final SqlFile RECALCULATE =
      SqlFile.of(EngineLauncher.class, "launch_recalculate.sql");
  private static final SqlFile VACUUM_BOOKS =
      SqlFile.of(EngineLauncher.class, "launch_vacuum_books.sql");
  private static final SqlFile VACUUM_STALE_BATCHES =
      SqlFile.of(EngineLauncher.class, "launch_vacuum_stale_batches.sql");
  private static final SqlFile VACUUM_STALE_MARKS =
      SqlFile.of(EngineLauncher.class, "launch_vacuum_stale_marks.sql");
  private static final SqlFile ENDED = SqlFile.of(EngineLauncher.class, "worker_ended.sql");

  private final WorkerEngine choice;
  private final double[] freshnessBoundsSeconds;
  // The engine that was found, null until the first launch and after a worker that it did not fit.
  private volatile @Nullable String engine;

  /**
   * @param choice which engines may be used
   * @param freshnessBoundsSeconds ascending upper bounds of the freshness histogram
   */
  public EngineLauncher(WorkerEngine choice, double[] freshnessBoundsSeconds) {
    this.choice = choice;
    this.freshnessBoundsSeconds = freshnessBoundsSeconds.clone();
  }

  @Override
  public Worker launch(WorkerSlot slot, WorkerCommand command) throws SQLException {
    String found = engine(slot.connection());
    slot.unsettled();
    try {
      return switch (command) {
        case WorkerCommand.Recalculate recalculate -> launch(found, slot, recalculate);
        case WorkerCommand.Vacuum vacuum -> launch(found, slot, vacuum);
      };
    } catch (SQLException e) {
      if (WorkerShortage.isShortage(SqlState.of(e))) {
        // Refused before there was a worker.
        slot.settled();
      }
      doubt(e);
      throw e;
    }
  }

  private String engine(Connection connection) throws SQLException {
    String known = engine;
    if (known != null) {
      return known;
    }
    try (PreparedStatement statement = ENGINE.prepare(connection)) {
      statement.setString(1, choice.setting());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        String found = row.getString(1);
        LOG.info("workers are launched with {}", found);
        engine = found;
        return found;
      }
    }
  }

  private Worker launch(String found, WorkerSlot slot, WorkerCommand.Recalculate command)
      throws SQLException {
    try (PreparedStatement statement = RECALCULATE.prepare(slot.connection())) {
      RecalculationReport.bind(statement, command, freshnessBoundsSeconds);
      // The time budget is looked at between batches only.
      statement.setString(4, WorkerSlot.milliseconds(command.limit()));
      statement.setString(5, found);
      return launched(found, slot, statement, true);
    }
  }

  private Worker launch(String found, WorkerSlot slot, WorkerCommand.Vacuum command)
      throws SQLException {
    SqlFile sql =
        switch (command.table()) {
          case BOOKS -> VACUUM_BOOKS;
          case STALE_BATCHES -> VACUUM_STALE_BATCHES;
          case STALE_MARKS -> VACUUM_STALE_MARKS;
        };
    try (PreparedStatement statement = sql.prepare(slot.connection())) {
      statement.setString(1, found);
      return launched(found, slot, statement, false);
    }
  }

  private Worker launched(
      String found, WorkerSlot slot, PreparedStatement statement, boolean reports)
      throws SQLException {
    try (ResultSet handle = statement.executeQuery()) {
      handle.next();
      return new EngineWorker(found, slot, handle.getInt("pid"), handle.getLong("cookie"), reports);
    }
  }

  /** The extension may have been updated or dropped: then the next launch looks again. */
  private void doubt(SQLException e) {
    if (SqlState.SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION.matches(e)) {
      engine = null;
    }
  }

  private final class EngineWorker implements Worker {
    private final String launchedWith;
    private final WorkerSlot slot;
    private final int pid;
    private final long cookie;
    private final boolean reports;

    /**
     * @param cookie tells this worker from a later one with the same process id, if the engine does
     * @param reports whether the command returns what it recalculated
     */
    EngineWorker(String launchedWith, WorkerSlot slot, int pid, long cookie, boolean reports) {
      this.launchedWith = launchedWith;
      this.slot = slot;
      this.pid = pid;
      this.cookie = cookie;
      this.reports = reports;
    }

    @Override
    public int pid() {
      return pid;
    }

    @Override
    public Optional<WorkerOutcome> await(Duration timeout) throws SQLException {
      try (PreparedStatement statement = ENDED.prepare(slot.connection())) {
        statement.setString(1, launchedWith);
        statement.setInt(2, pid);
        statement.setLong(3, cookie);
        statement.setInt(4, Math.toIntExact(timeout.toMillis()));
        statement.setBoolean(5, reports);
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          if (!row.getBoolean("has_ended")) {
            return Optional.empty();
          }
          slot.settled();
          return Optional.of(outcome(row));
        }
      } catch (SQLException e) {
        doubt(e);
        throw e;
      }
    }

    private WorkerOutcome outcome(ResultSet ended) throws SQLException {
      String sqlState = ended.getString("worker_sqlstate");
      String message = ended.getString("worker_message");
      if (sqlState != null || message != null) {
        return new WorkerOutcome.Failed(
            sqlState == null ? SqlState.NONE : sqlState,
            message == null ? "no message" : message,
            WorkerOutcome.Recalculated.NOTHING);
      }
      return reports
          ? RecalculationReport.read(ended)
          : new WorkerOutcome.Completed(WorkerOutcome.Recalculated.NOTHING);
    }
  }
}

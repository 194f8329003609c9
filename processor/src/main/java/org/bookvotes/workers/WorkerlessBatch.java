package org.bookvotes.workers;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.bookvotes.postgres.SqlFile;

/**
 * Recalculates in the slot's own session, without any worker: what is done when none is to be had.
 * The slot bounds it as it bounds a worker. Thread-safe: the slots are not shared.
 */
public final class WorkerlessBatch {

  private static final SqlFile RECALCULATE =
      SqlFile.of(WorkerlessBatch.class, "workerless_recalculate.sql");

  private final double[] freshnessBoundsSeconds;

  /**
   * @param freshnessBoundsSeconds ascending upper bounds of the freshness histogram
   */
  public WorkerlessBatch(double[] freshnessBoundsSeconds) {
    this.freshnessBoundsSeconds = freshnessBoundsSeconds.clone();
  }

  /**
   * Runs {@code command} and returns when it has ended, at the latest after its limit.
   *
   * @throws SQLException if the server ended it or the connection broke
   */
  WorkerOutcome run(WorkerSlot slot, WorkerCommand.Recalculate command) throws SQLException {
    slot.limitStatements(command.limit());
    try (PreparedStatement statement = RECALCULATE.prepare(slot.connection())) {
      RecalculationReport.bind(statement, command, freshnessBoundsSeconds);
      try (ResultSet report = statement.executeQuery()) {
        report.next();
        return RecalculationReport.read(report);
      }
    }
  }
}

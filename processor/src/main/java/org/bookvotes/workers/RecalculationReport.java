package org.bookvotes.workers;

import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;

/** What the procedure bookvotes.recalculate is given and what it returns. Stateless. */
final class RecalculationReport {

  private RecalculationReport() {}

  /** Sets the procedure's three parameters. */
  static void bind(
      PreparedStatement statement,
      WorkerCommand.Recalculate command,
      double[] freshnessBoundsSeconds)
      throws SQLException {
    Array bounds =
        statement
            .getConnection()
            .createArrayOf("float8", Arrays.stream(freshnessBoundsSeconds).boxed().toArray());
    statement.setInt(1, command.batchSize());
    statement.setDouble(2, command.timeBudget().toNanos() / 1e9);
    statement.setArray(3, bounds);
  }

  /** Reads the present row. */
  static WorkerOutcome read(ResultSet row) throws SQLException {
    WorkerOutcome.Recalculated recalculated =
        new WorkerOutcome.Recalculated(
            row.getLong("books"),
            row.getInt("batches"),
            longs(row.getArray("freshness_counts")),
            doubles(row.getArray("freshness_seconds")));
    long failedBooks = row.getLong("failed_books");
    return failedBooks == 0
        ? new WorkerOutcome.Completed(recalculated)
        : new WorkerOutcome.Failed(
            row.getString("error_sqlstate"),
            failedBooks + " books failed, the first: " + row.getString("error_message"),
            recalculated);
  }

  private static long[] longs(Array array) throws SQLException {
    return Arrays.stream((Long[]) array.getArray()).mapToLong(Long::longValue).toArray();
  }

  private static double[] doubles(Array array) throws SQLException {
    return Arrays.stream((Double[]) array.getArray()).mapToDouble(Double::doubleValue).toArray();
  }
}

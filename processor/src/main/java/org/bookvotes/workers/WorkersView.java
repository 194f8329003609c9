package org.bookvotes.workers;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.bookvotes.postgres.SqlFile;
import org.bookvotes.postgres.Transactions;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the slots and the last runs of all replicas, and at the server's whole pool of
 * background workers. Thread-safe.
 */
public final class WorkersView {

  private static final SqlFile SLOTS = SqlFile.of(WorkersView.class, "view_slots.sql");
  private static final SqlFile POOL = SqlFile.of(WorkersView.class, "view_pool.sql");
  private static final SqlFile RUNS = SqlFile.of(WorkersView.class, "view_runs.sql");

  private final Transactions transactions;
  private final int slotCount;

  /**
   * @param slotCount number of slots over all replicas
   */
  public WorkersView(Transactions transactions, int slotCount) {
    this.transactions = transactions;
    this.slotCount = slotCount;
  }

  /**
   * One slot as the server sees it.
   *
   * @param slot number
   * @param state {@code free}, {@code busy} (held), or {@code orphaned} (a worker runs, its holder
   *     is gone)
   * @param replica address of the holder, null if nobody holds it or the server may not tell
   * @param pid of the worker, null if none runs
   * @param command that the worker runs, null if none runs
   * @param runs for how long, null if none runs
   */
  public record Slot(
      int slot,
      String state,
      @Nullable String replica,
      @Nullable Integer pid,
      @Nullable String command,
      @Nullable Duration runs) {}

  /**
   * The server's pool of background workers.
   *
   * @param size {@code max_worker_processes}
   * @param ours workers in slots of Bookvotes, of this database
   * @param others all else that draws on the pool, as far as our role may see it
   */
  public record Pool(int size, int ours, int others) {
    /** Workers that the pool has left. */
    public int free() {
      return Math.max(0, size - ours - others);
    }
  }

  /**
   * A run from the journal. Times are by the server's clock.
   *
   * @param number ascending over all replicas; some are missing
   * @param command {@code recalculate} or {@code vacuum}
   * @param table that was to be vacuumed, null if it is no vacuum
   * @param slot number
   * @param replica its name
   * @param pid of the worker, null if it never started or the server did not tell
   * @param startedAt when the first launch was tried
   * @param finishedAt when the outcome was known
   * @param outcome {@code completed}, {@code failed}, {@code exhausted}, {@code fallback} or {@code
   *     lost}
   * @param sqlState of the error, if there was one
   * @param message of the error; of a vacuum that completed, why it removed nothing
   * @param books recalculated
   * @param batches transactions that took books
   * @param removedRows dead rows that a vacuum removed, null if it is none or cannot be told
   */
  public record EndedRun(
      long number,
      String command,
      @Nullable String table,
      int slot,
      String replica,
      @Nullable Integer pid,
      Instant startedAt,
      Instant finishedAt,
      String outcome,
      @Nullable String sqlState,
      @Nullable String message,
      long books,
      int batches,
      @Nullable Long removedRows) {}

  /** All slots in order. */
  public List<Slot> slots() throws SQLException {
    return transactions.autoCommit(
        connection -> {
          try (PreparedStatement statement = SLOTS.prepare(connection)) {
            statement.setInt(1, slotCount);
            statement.setInt(2, WorkerSlots.LOCK_CLASS);
            try (ResultSet row = statement.executeQuery()) {
              List<Slot> slots = new ArrayList<>();
              while (row.next()) {
                double seconds = row.getDouble("runs_seconds");
                boolean running = !row.wasNull();
                slots.add(
                    new Slot(
                        row.getInt("slot"),
                        row.getString("state"),
                        row.getString("replica"),
                        running ? row.getInt("pid") : null,
                        row.getString("command"),
                        running ? Duration.ofMillis(Math.round(seconds * 1000)) : null));
              }
              return slots;
            }
          }
        });
  }

  /** The pool now. */
  public Pool pool() throws SQLException {
    return transactions.autoCommit(
        connection -> {
          try (PreparedStatement statement = POOL.prepare(connection);
              ResultSet row = statement.executeQuery()) {
            row.next();
            return new Pool(row.getInt("size"), row.getInt("ours"), row.getInt("others"));
          }
        });
  }

  /** The last runs of all replicas, the latest first, at most {@code most}. */
  public List<EndedRun> lastRuns(int most) throws SQLException {
    return transactions.autoCommit(
        connection -> {
          try (PreparedStatement statement = RUNS.prepare(connection)) {
            statement.setInt(1, most);
            statement.setInt(2, most);
            try (ResultSet row = statement.executeQuery()) {
              List<EndedRun> runs = new ArrayList<>();
              while (row.next()) {
                runs.add(
                    new EndedRun(
                        row.getLong("run_id"),
                        row.getString("command"),
                        row.getString("table_name"),
                        row.getInt("slot"),
                        row.getString("replica"),
                        row.getObject("pid", Integer.class),
                        row.getObject("started_at", OffsetDateTime.class).toInstant(),
                        row.getObject("finished_at", OffsetDateTime.class).toInstant(),
                        row.getString("outcome"),
                        row.getString("sqlstate"),
                        row.getString("message"),
                        row.getLong("books"),
                        row.getInt("batches"),
                        row.getObject("removed_rows", Long.class)));
              }
              return runs;
            }
          }
        });
  }
}

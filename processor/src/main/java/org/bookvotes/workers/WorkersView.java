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
  private static final SqlFile RUNS_AFTER = SqlFile.of(WorkersView.class, "view_runs_after.sql");

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
   * @param address of the holder, null if nobody holds it or the server may not tell
   * @param pid of the worker, null if none runs
   * @param command that the worker runs, null if none runs
   * @param runs for how long, null if none runs
   * @param vacuum how far its vacuum is, null if it is none, or has not begun, or the server may
   *     not tell
   */
  public record Slot(
      int slot,
      String state,
      @Nullable String address,
      @Nullable Integer pid,
      @Nullable String command,
      @Nullable Duration runs,
      @Nullable VacuumProgress vacuum) {}

  /**
   * How far a vacuum is.
   *
   * @param table its name
   * @param phase as {@code pg_stat_progress_vacuum} has it
   * @param scannedPages of the table
   * @param pages of the table
   */
  public record VacuumProgress(String table, String phase, long scannedPages, long pages) {}

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
   * @param freshP50Seconds the time from mark to fresh rating that half of the books took at most,
   *     null without books
   * @param freshP99Seconds the same of 99 % of the books
   * @param address that the replica had to the server, null if it was not told
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
      @Nullable Long removedRows,
      @Nullable Double freshP50Seconds,
      @Nullable Double freshP99Seconds,
      @Nullable String address) {}

  /**
   * What charts need of a run that recalculated books. Times are seconds since 1970, by the
   * server's clock.
   *
   * @param number of the run
   */
  public record RatedBooks(
      long number,
      double startedSeconds,
      double finishedSeconds,
      long books,
      @Nullable Double freshP50Seconds,
      @Nullable Double freshP99Seconds) {}

  /**
   * Runs that recalculated books, in the order of their numbers.
   *
   * @param lastNumber that any run has, of any kind
   */
  public record RatedBooksAfter(long lastNumber, List<RatedBooks> runs) {}

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
                        row.getString("address"),
                        running ? row.getInt("pid") : null,
                        row.getString("command"),
                        running ? Duration.ofMillis(Math.round(seconds * 1000)) : null,
                        vacuum(row)));
              }
              return slots;
            }
          }
        });
  }

  private static @Nullable VacuumProgress vacuum(ResultSet row) throws SQLException {
    String phase = row.getString("vacuum_phase");
    return phase == null
        ? null
        : new VacuumProgress(
            row.getString("vacuum_table"),
            phase,
            row.getLong("vacuum_scanned"),
            row.getLong("vacuum_total"));
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
                        row.getObject("removed_rows", Long.class),
                        row.getObject("fresh_p50_seconds", Double.class),
                        row.getObject("fresh_p99_seconds", Double.class),
                        row.getString("address")));
              }
              return runs;
            }
          }
        });
  }

  /**
   * The runs of all replicas that recalculated books and ended within {@code maxAge}, in the order
   * of their numbers: those after {@code number}, at most the last {@code most} of them, and some
   * before it that may have been seen already.
   */
  public RatedBooksAfter ratedBooksAfter(long number, int most, Duration maxAge)
      throws SQLException {
    return transactions.autoCommit(
        connection -> {
          try (PreparedStatement statement = RUNS_AFTER.prepare(connection)) {
            statement.setLong(1, number);
            statement.setInt(2, most);
            statement.setDouble(3, maxAge.toNanos() / 1e9);
            try (ResultSet row = statement.executeQuery()) {
              long lastNumber = 0;
              List<RatedBooks> runs = new ArrayList<>();
              while (row.next()) {
                lastNumber = row.getLong("last_value");
                long run = row.getLong("run_id");
                if (!row.wasNull()) {
                  runs.add(
                      new RatedBooks(
                          run,
                          row.getDouble("started"),
                          row.getDouble("finished"),
                          row.getLong("books"),
                          row.getObject("fresh_p50_seconds", Double.class),
                          row.getObject("fresh_p99_seconds", Double.class)));
                }
              }
              return new RatedBooksAfter(lastNumber, runs);
            }
          }
        });
  }
}

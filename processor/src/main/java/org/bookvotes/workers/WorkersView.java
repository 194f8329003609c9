package org.bookvotes.workers;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.bookvotes.postgres.SqlFile;
import org.bookvotes.postgres.Transactions;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the slots of all replicas and at the server's whole pool of background workers.
 * Thread-safe.
 */
public final class WorkersView {

  private static final SqlFile SLOTS = SqlFile.of(WorkersView.class, "view_slots.sql");
  private static final SqlFile POOL = SqlFile.of(WorkersView.class, "view_pool.sql");

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
}

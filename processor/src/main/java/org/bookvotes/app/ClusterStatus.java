package org.bookvotes.app;

import java.sql.SQLException;
import java.util.List;
import org.bookvotes.dispatch.Backlog;
import org.bookvotes.dispatch.StaleBacklog;
import org.bookvotes.postgres.Transactions;
import org.bookvotes.workers.WorkersView;
import org.jspecify.annotations.Nullable;

/**
 * What the database tells of all replicas together.
 *
 * @param staleBooks books whose rating does not show all votes
 * @param oldestStaleSeconds age of the oldest mark, 0 without any
 * @param lastRuns from the journal, the latest first
 */
record ClusterStatus(
    long staleBooks,
    double oldestStaleSeconds,
    List<Slot> slots,
    Pool pool,
    List<WorkersView.EndedRun> lastRuns) {

  /** One worker slot. See {@link WorkersView.Slot}. */
  record Slot(
      int slot,
      String state,
      @Nullable String replica,
      @Nullable Integer pid,
      @Nullable String command,
      @Nullable Double runsSeconds) {}

  /** The server's background workers. See {@link WorkersView.Pool}. */
  record Pool(int size, int ours, int others, int free) {}

  /**
   * Asks the database.
   *
   * @param slotCount number of slots over all replicas
   * @param mostRuns how many of the last runs are read
   * @throws SQLException if it does not answer
   */
  static ClusterStatus read(Transactions transactions, int slotCount, int mostRuns)
      throws SQLException {
    Backlog backlog = new StaleBacklog(transactions).measure(StaleBacklog.MOST_COUNTED);
    WorkersView workers = new WorkersView(transactions, slotCount);
    WorkersView.Pool pool = workers.pool();
    return new ClusterStatus(
        backlog.books(),
        backlog.oldest().toNanos() / 1e9,
        workers.slots().stream()
            .map(
                s ->
                    new Slot(
                        s.slot(),
                        s.state(),
                        s.replica(),
                        s.pid(),
                        s.command(),
                        s.runs() == null ? null : s.runs().toNanos() / 1e9))
            .toList(),
        new Pool(pool.size(), pool.ours(), pool.others(), pool.free()),
        workers.lastRuns(mostRuns));
  }
}

package org.bookvotes.observability;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What happens in a processor, told to whoever counts or shows it. Called on the threads that do
 * the work: return at once. All methods do nothing unless overridden. What an implementation throws
 * is logged and goes no further.
 */
public interface ProcessorListener {

  /** A batch of votes was committed. */
  default void votesCounted(long up, long down, Duration took) {}

  /** Writing a batch failed; it will be read and tried again. */
  default void batchFailed(String sqlState) {}

  /** An event is on the dead-letter topic, acknowledged. */
  default void deadLettered(String reason) {}

  /**
   * The backlog was measured.
   *
   * @param books stale books
   * @param failing those of them whose last recalculation failed
   * @param oldest age of the oldest mark, zero if there is none
   */
  default void backlogMeasured(long books, long failing, Duration oldest) {}

  /** A worker slot was had after having been wanted for {@code waited}. */
  default void slotAcquired(int slot, Duration waited) {}

  /** A launch was refused for want of resources and will be tried again. */
  default void launchRetried(String sqlState) {}

  /** A run has ended, whatever the outcome; a vacuum that completed has been judged, too. */
  default void runEnded(Run run) {}

  /**
   * Books were recalculated; {@code counts[i]} of them, {@code seconds[i]} together, in the i-th
   * freshness bucket.
   */
  default void booksRecalculated(long books, long[] counts, double[] seconds) {}

  /** That many of the books were recalculated without a worker, as none was to be had. */
  default void recalculatedWithoutWorker(long books) {}

  /**
   * Launches have been refused for so long that small batches are recalculated without a worker; or
   * that is over.
   */
  default void degraded(boolean begins) {}

  /** A vacuum has removed dead rows. */
  default void vacuumRemoved(long rows) {}

  /**
   * A vacuum removed nothing although there was something to remove; {@code null} if the last one
   * was not blocked.
   */
  default void vacuumBlocked(String table, @Nullable Blocker blocker) {}

  /** The tables that recalculation fills with dead rows were looked at. */
  default void tablesMeasured(List<Table> tables) {}

  /**
   * The slots of all replicas and the server's pool of background workers were looked at.
   *
   * @param slots from slot 1 upwards
   * @param ours workers in slots of Bookvotes
   * @param others all else that draws on the pool
   * @param free workers that the pool has left
   */
  default void workersMeasured(List<SlotState> slots, int ours, int others, int free) {}

  /**
   * How many events of each of this replica's partitions are not counted yet, by partition; those
   * of which it cannot be told are left out.
   */
  default void lagMeasured(Map<Integer, Long> events) {}

  /**
   * What this replica needs to be ready was looked at.
   *
   * @param database whether the database answers
   * @param schema whether it was migrated when it last answered
   * @param assignment whether the consumer is in its group and knows its offsets
   */
  default void readinessChecked(boolean database, boolean schema, boolean assignment) {}

  /** What becomes of a slot. */
  enum SlotState {
    FREE,
    RECALCULATES,
    VACUUMS,
    /** A replica has it, and no worker runs in it. */
    HELD,
    /** A worker runs in it, and its replica is gone. */
    ORPHANED
  }

  /**
   * What keeps a vacuum from removing dead rows.
   *
   * @param cause {@code snapshot}, {@code prepared-transaction}, {@code replication-slot}, {@code
   *     standby}, {@code permission}, {@code lock}, or {@code unknown} if our role may not see it
   * @param holder who it is, in at most 100 characters, the same as long as it is the same one
   * @param held for how long it has been so, null if that cannot be told
   */
  record Blocker(String cause, String holder, @Nullable Duration held) {}

  /**
   * One table, its partitions and what it keeps out of line (TOAST) included.
   *
   * @param name as SQL has it
   * @param deadRows by the server's statistics, as are the updates
   * @param updates since the server's statistics began
   * @param hotUpdates those of them that touched no index
   * @param size on disk, null if it cannot be told without waiting for somebody's lock
   */
  record Table(
      String name, long deadRows, long updates, long hotUpdates, @Nullable TableSize size) {}

  /** Bytes on disk of a table's rows, of what they keep out of line, and of its indexes. */
  record TableSize(long heapBytes, long toastBytes, long indexBytes) {}

  /**
   * One launch of a worker and what came of it.
   *
   * @param command {@code recalculate} or {@code vacuum}
   * @param table that was to be vacuumed, null if it is no vacuum
   * @param slot number of the slot
   * @param pid process id of the worker, 0 if it never started; of one that had ended before it was
   *     looked at the server may tell a negative number, which means nothing
   * @param outcome {@code completed}, {@code failed}, {@code exhausted}, {@code fallback} or {@code
   *     lost}
   * @param sqlState of the error, if there was one
   * @param message of the error, if there was one; of a vacuum that completed, why it removed
   *     nothing
   * @param took from launch to outcome
   * @param books recalculated
   * @param batches transactions that took books
   * @param removedRows dead rows that a vacuum removed; null if it is no vacuum, did not complete,
   *     or cannot be told
   * @param freshP50Seconds the time from mark to fresh rating that half of the books took at most,
   *     null without books
   * @param freshP99Seconds the same of 99 % of the books
   */
  record Run(
      String command,
      @Nullable String table,
      int slot,
      int pid,
      String outcome,
      @Nullable String sqlState,
      @Nullable String message,
      Duration took,
      long books,
      int batches,
      @Nullable Long removedRows,
      @Nullable Double freshP50Seconds,
      @Nullable Double freshP99Seconds) {}
}

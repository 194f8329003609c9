package org.bookvotes.observability;

import java.time.Duration;
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
   * @param oldest age of the oldest mark, zero if there is none
   */
  default void backlogMeasured(long books, Duration oldest) {}

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
  default void vacuumBlocked(String table, @Nullable String cause) {}

  /** The slots of all replicas and the server's pool of background workers were looked at. */
  default void workersMeasured(int busySlots, int allSlots, int ours, int others, int free) {}

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
      @Nullable Long removedRows) {}
}

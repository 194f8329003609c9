package org.bookvotes.dispatch;

import java.time.Duration;

/**
 * How many books are stale.
 *
 * @param books all of them; counting stops where who asked had it stop
 * @param due those that may be recalculated now, that is without the ones that pause after a
 *     failure
 * @param failing those whose last recalculation failed
 * @param oldest age of the oldest mark, zero if there is none
 * @param overdue for how long the one of the due books that has waited longest has been due, zero
 *     if there is none
 */
public record Backlog(long books, long due, long failing, Duration oldest, Duration overdue) {

  /**
   * What one worker should find to be worth its launch beside another. A launch costs about 5 ms
   * and a worker recalculates in the order of 100,000 books a second, so that many batches are
   * about a second's work.
   */
  static final int BATCHES_PER_WORKER = 50;

  /**
   * A backlog that has waited for so long is worth another worker: whoever has the slots that are
   * worth it does not get on. A replica that hangs, or that is cut off, keeps its slot until the
   * server has missed it.
   */
  static final Duration PATIENCE = Duration.ofSeconds(2);

  /**
   * How many workers this backlog is worth, however long it has been due.
   *
   * @param batchSize books a transaction
   * @param mostWorkers the limit
   * @return 0 if nothing is due, 1 for a short backlog, at most {@code mostWorkers}
   */
  int worthWorkersBySize(int batchSize, int mostWorkers) {
    long booksPerWorker = (long) batchSize * BATCHES_PER_WORKER;
    return (int) Math.min(mostWorkers, (due + booksPerWorker - 1) / booksPerWorker);
  }

  /**
   * How many workers this backlog is worth. Marks that a worker has taken and not yet committed
   * count as due, too: what is beyond {@link #worthWorkersBySize} is worth it only if there are
   * others.
   *
   * @param batchSize books a transaction
   * @param mostWorkers the limit
   * @return 0 if nothing is due, 1 for a short backlog, one more for each {@link #PATIENCE} that it
   *     is overdue, at most {@code mostWorkers}
   */
  public int worthWorkers(int batchSize, int mostWorkers) {
    if (due == 0) {
      return 0;
    }
    return (int)
        Math.min(
            mostWorkers, worthWorkersBySize(batchSize, mostWorkers) + overdue.dividedBy(PATIENCE));
  }
}

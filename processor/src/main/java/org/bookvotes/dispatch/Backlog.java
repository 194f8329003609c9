package org.bookvotes.dispatch;

import java.time.Duration;

/**
 * How many books are stale.
 *
 * @param books all of them; counting stops where who asked had it stop
 * @param due those that may be recalculated now, that is without the ones that pause after a
 *     failure
 * @param oldest age of the oldest mark, zero if there is none
 */
public record Backlog(long books, long due, Duration oldest) {

  /**
   * What one worker should find to be worth its launch beside another. A launch costs about 5 ms
   * and a worker recalculates in the order of 100,000 books a second, so that many batches are
   * about a second's work.
   */
  static final int BATCHES_PER_WORKER = 50;

  /**
   * How many workers this backlog is worth.
   *
   * @param batchSize books a transaction
   * @param mostWorkers the limit
   * @return 0 without a backlog, 1 for a short one, at most {@code mostWorkers}
   */
  public int worthWorkers(int batchSize, int mostWorkers) {
    long booksPerWorker = (long) batchSize * BATCHES_PER_WORKER;
    return (int) Math.min(mostWorkers, (due + booksPerWorker - 1) / booksPerWorker);
  }
}

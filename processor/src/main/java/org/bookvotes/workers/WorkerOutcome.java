package org.bookvotes.workers;

/** What came of a launch. */
public sealed interface WorkerOutcome {

  /** Name for meters and logs. */
  String name();

  /** The worker did all it was asked to. */
  record Completed(Recalculated recalculated) implements WorkerOutcome {
    @Override
    public String name() {
      return "completed";
    }
  }

  /**
   * The worker ended with an error, could not be launched because of one, or had to leave out some
   * books.
   *
   * @param sqlState of the error
   * @param message of the error
   * @param recalculated what it got done all the same
   */
  record Failed(String sqlState, String message, Recalculated recalculated)
      implements WorkerOutcome {
    @Override
    public String name() {
      return "failed";
    }
  }

  /**
   * The server had no worker to give, as often as it was asked.
   *
   * @param sqlState of the last refusal
   * @param attempts how often it was asked
   */
  record Exhausted(String sqlState, int attempts) implements WorkerOutcome {
    @Override
    public String name() {
      return "exhausted";
    }
  }

  /**
   * The server had no worker to give, and has not had one for long: one small batch was
   * recalculated in the slot's own session.
   */
  record FellBack(Recalculated recalculated) implements WorkerOutcome {
    @Override
    public String name() {
      return "fallback";
    }
  }

  /**
   * The slot's connection broke, or the processor stops and waits no longer. The worker may still
   * run: its name in {@code pg_stat_activity} keeps the slot taken until it has ended.
   */
  record Lost(String sqlState, String message) implements WorkerOutcome {
    @Override
    public String name() {
      return "lost";
    }
  }

  /**
   * What a recalculation reports.
   *
   * @param books recalculated
   * @param batches transactions that took books
   * @param freshnessCounts books in each freshness bucket
   * @param freshnessSeconds sum of the times from mark to fresh rating in each bucket
   */
  @SuppressWarnings("ArrayRecordComponent") // Handed from the driver to the meters, never compared.
  record Recalculated(long books, int batches, long[] freshnessCounts, double[] freshnessSeconds) {
    /** Nothing was recalculated. */
    public static final Recalculated NOTHING = new Recalculated(0, 0, new long[0], new double[0]);
  }
}

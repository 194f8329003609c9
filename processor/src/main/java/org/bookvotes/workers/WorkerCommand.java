package org.bookvotes.workers;

import java.time.Duration;

/** What a worker is launched for: one command of the server each. */
public sealed interface WorkerCommand {

  /** Name for meters and logs. */
  String name();

  /**
   * Recalculates stale books until few are left or the time is up.
   *
   * @param batchSize books a transaction
   * @param timeBudget how long to go on taking batches
   * @param limit when the server ends it although it is in the middle of a batch; longer than the
   *     time budget
   */
  record Recalculate(int batchSize, Duration timeBudget, Duration limit) implements WorkerCommand {

    /** What a batch that begins with the last of the time budget may take. */
    static final Duration LONGEST_BATCH = Duration.ofMinutes(1);

    /** Books that are recalculated at once without a worker. */
    static final int WORKERLESS_BATCH_SIZE = 100;

    /**
     * Short enough for every wait of a stop, and for the driver, which takes a silent server for
     * lost.
     */
    static final Duration WORKERLESS_LIMIT = Duration.ofSeconds(5);

    /** With as much beyond the time budget as a batch may take. */
    public Recalculate(int batchSize, Duration timeBudget) {
      this(batchSize, timeBudget, timeBudget.plus(LONGEST_BATCH));
    }

    /** What of this is done at once when no worker is to be had: one small batch. */
    Recalculate workerless() {
      return new Recalculate(
          Math.min(batchSize, WORKERLESS_BATCH_SIZE),
          Duration.ZERO,
          limit.compareTo(WORKERLESS_LIMIT) < 0 ? limit : WORKERLESS_LIMIT);
    }

    @Override
    public String name() {
      return "recalculate";
    }
  }

  /** Removes dead rows of one table. */
  record Vacuum(Table table) implements WorkerCommand {
    @Override
    public String name() {
      return "vacuum";
    }
  }

  /** The tables that recalculation fills with dead rows. */
  enum Table {
    BOOKS("books"),
    STALE_BATCHES("bookvotes.stale_batches"),
    STALE_MARKS("bookvotes.stale_marks");

    private final String qualifiedName;

    Table(String qualifiedName) {
      this.qualifiedName = qualifiedName;
    }

    /** The name as SQL has it. */
    public String qualifiedName() {
      return qualifiedName;
    }
  }
}

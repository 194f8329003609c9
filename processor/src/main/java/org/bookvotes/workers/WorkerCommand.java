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
   * @param timeBudget how long to go on
   */
  record Recalculate(int batchSize, Duration timeBudget) implements WorkerCommand {
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
    STALE_BOOKS("bookvotes.stale_books");

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

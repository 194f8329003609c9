package org.bookvotes.bench;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.bookvotes.observability.Freshness;
import org.bookvotes.postgres.Database;
import org.bookvotes.workers.EngineLauncher;
import org.bookvotes.workers.Worker;
import org.bookvotes.workers.WorkerCommand;
import org.bookvotes.workers.WorkerEngine;
import org.bookvotes.workers.WorkerOutcome;
import org.bookvotes.workers.WorkerSlot;
import org.bookvotes.workers.WorkerSlots;

/** The product's way to a worker: slot, launch, outcome, release. Used by one thread. */
final class WorkerSession implements AutoCloseable {

  private static final Duration LOOK = Duration.ofMillis(50);

  private final Database database;
  private final WorkerSlots slots;
  private final EngineLauncher launcher =
      new EngineLauncher(WorkerEngine.AUTO, Freshness.boundsSeconds());

  WorkerSession(PostgresServer server) {
    database = Database.open(server.url(), server.user(), server.password(), 1);
    slots = new WorkerSlots(database, 1);
  }

  /**
   * One recalculation from the slot's acquisition to its release.
   *
   * @return how many books
   */
  long recalculate(WorkerCommand.Recalculate command) throws SQLException {
    try (WorkerSlot slot = slots.tryAcquire(1).orElseThrow()) {
      Worker worker = launcher.launch(slot, command);
      Optional<WorkerOutcome> outcome = worker.await(LOOK);
      while (outcome.isEmpty()) {
        outcome = worker.await(LOOK);
      }
      if (outcome.get() instanceof WorkerOutcome.Completed completed) {
        return completed.recalculated().books();
      }
      throw new IllegalStateException("the worker did not complete: " + outcome.get());
    }
  }

  @Override
  public void close() {
    database.close();
  }
}

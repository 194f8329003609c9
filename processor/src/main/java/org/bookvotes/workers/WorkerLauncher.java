package org.bookvotes.workers;

import java.sql.SQLException;

/** Starts background workers: the port to whatever extension of the server does it. Thread-safe. */
public interface WorkerLauncher {

  /**
   * Launches a worker for {@code command} from the session of {@code slot}.
   *
   * @throws SQLException if the server refuses; SQLSTATE 53000 means that its pool of workers is
   *     empty
   */
  Worker launch(WorkerSlot slot, WorkerCommand command) throws SQLException;
}

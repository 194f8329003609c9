package org.bookvotes.workers;

import java.sql.SQLException;

/** Starts workers: the port to whatever the server has to run them. Thread-safe. */
public interface WorkerLauncher {

  /**
   * Launches a worker for {@code command} from the session of {@code slot}.
   *
   * @throws SQLException if the server refuses; SQLSTATE 53000 means that its pool of workers is
   *     empty, 53300 that it has no connection left for one
   */
  Worker launch(WorkerSlot slot, WorkerCommand command) throws SQLException;
}

package org.bookvotes.workers;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;

/** A launched worker, as seen by the session that launched it. Used by one thread at a time. */
public interface Worker {

  /** Process id on the server. */
  int pid();

  /**
   * Waits for the worker to end.
   *
   * @param timeout how long to wait; the session holds a snapshot meanwhile, so keep it short
   * @return how it ended, empty if it still runs
   * @throws SQLException if the slot's connection broke
   */
  Optional<WorkerOutcome> await(Duration timeout) throws SQLException;
}

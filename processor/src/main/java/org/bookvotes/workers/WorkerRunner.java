package org.bookvotes.workers;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.bookvotes.observability.ProcessorListener;
import org.bookvotes.postgres.SqlState;
import org.bookvotes.workers.WorkerOutcome.Recalculated;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one command in one slot from launch to outcome. Thread-safe: each call runs on the caller's
 * thread with its own slot.
 */
public final class WorkerRunner {

  private static final Logger LOG = LoggerFactory.getLogger(WorkerRunner.class);

  // The waiting session holds a snapshot: rows that die meanwhile cannot be pruned until the next
  // look.
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(50);

  private final WorkerLauncher launcher;
  private final LaunchRetry retry;
  private final ProcessorListener listener;
  private final StopSignal stop;
  private final StopSignal abandon;

  /**
   * @param stop nothing more is launched once it is sent
   * @param abandon nothing more is waited for once it is sent
   */
  public WorkerRunner(
      WorkerLauncher launcher,
      LaunchRetry retry,
      ProcessorListener listener,
      StopSignal stop,
      StopSignal abandon) {
    this.launcher = launcher;
    this.retry = retry;
    this.listener = listener;
    this.stop = stop;
    this.abandon = abandon;
  }

  /**
   * Launches {@code command} in {@code slot}, watches it to its end, and tells the listener. The
   * caller closes the slot.
   */
  public WorkerOutcome run(WorkerSlot slot, WorkerCommand command) {
    long startNanos = System.nanoTime();
    int pid = 0;
    WorkerOutcome outcome;
    try {
      Launch launch = launch(slot, command);
      switch (launch) {
        case Launch.Refused refused -> outcome = refused.outcome();
        case Launch.Launched launched -> {
          pid = launched.worker().pid();
          outcome = watch(launched.worker());
        }
      }
    } catch (SQLException e) {
      outcome = failure(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      outcome = new WorkerOutcome.Lost(SqlState.NONE, "interrupted");
    }
    report(slot, command, pid, outcome, Duration.ofNanos(System.nanoTime() - startNanos));
    return outcome;
  }

  private sealed interface Launch {
    record Launched(Worker worker) implements Launch {}

    record Refused(WorkerOutcome outcome) implements Launch {}
  }

  private Launch launch(WorkerSlot slot, WorkerCommand command)
      throws SQLException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      if (stop.isSent()) {
        return new Launch.Refused(
            new WorkerOutcome.Lost(SqlState.NONE, "the processor stopped before the launch"));
      }
      try {
        return new Launch.Launched(launcher.launch(slot, command));
      } catch (SQLException e) {
        if (!SqlState.INSUFFICIENT_RESOURCES.matches(e)
            || SqlState.CONFIGURATION_LIMIT_EXCEEDED.matches(e)) {
          throw e;
        }
        String state = SqlState.of(e);
        if (attempt >= retry.attempts()) {
          return new Launch.Refused(new WorkerOutcome.Exhausted(state, attempt));
        }
        listener.launchRetried(state);
        if (stop.await(retry.delayAfter(attempt, ThreadLocalRandom.current()))) {
          return new Launch.Refused(new WorkerOutcome.Exhausted(state, attempt));
        }
      }
    }
  }

  private WorkerOutcome watch(Worker worker) throws SQLException {
    while (true) {
      Optional<WorkerOutcome> outcome = worker.await(LOOK_INTERVAL);
      if (outcome.isPresent()) {
        return outcome.get();
      }
      if (abandon.isSent()) {
        return new WorkerOutcome.Lost(SqlState.NONE, "the processor stopped before the worker did");
      }
    }
  }

  private static WorkerOutcome failure(SQLException e) {
    String state = SqlState.of(e);
    String message = String.valueOf(e.getMessage());
    return SqlState.CONNECTION_EXCEPTION.matches(e) || SqlState.OPERATOR_INTERVENTION.matches(e)
        ? new WorkerOutcome.Lost(state, message)
        : new WorkerOutcome.Failed(state, message, Recalculated.NOTHING);
  }

  private void report(
      WorkerSlot slot, WorkerCommand command, int pid, WorkerOutcome outcome, Duration took) {
    Recalculated recalculated = Recalculated.NOTHING;
    String state = null;
    String message = null;
    switch (outcome) {
      case WorkerOutcome.Completed completed -> recalculated = completed.recalculated();
      case WorkerOutcome.Failed failed -> {
        recalculated = failed.recalculated();
        state = failed.sqlState();
        message = failed.message();
        if (SqlState.CONFIGURATION_LIMIT_EXCEEDED.matches(state)) {
          LOG.error(
              "slot {} tracked too many workers, its session forgets them now: this is a bug of ours",
              slot.number());
        }
      }
      case WorkerOutcome.Exhausted exhausted -> {
        state = exhausted.sqlState();
        message = "no worker to be had in " + exhausted.attempts() + " attempts";
      }
      case WorkerOutcome.Lost lost -> {
        state = lost.sqlState();
        message = lost.message();
      }
    }
    if (message == null) {
      LOG.info(
          "{} in slot {} (worker {}) {} in {} ms{}",
          command.name(),
          slot.number(),
          pid,
          outcome.name(),
          took.toMillis(),
          recalculated.books() == 0 ? "" : ": " + recalculated.books() + " books");
    } else {
      LOG.warn(
          "{} in slot {} (worker {}) {}: {} ({})",
          command.name(),
          slot.number(),
          pid,
          outcome.name(),
          message,
          state);
    }
    if (recalculated.books() > 0) {
      listener.booksRecalculated(
          recalculated.books(), recalculated.freshnessCounts(), recalculated.freshnessSeconds());
    }
    listener.runEnded(
        new ProcessorListener.Run(
            command.name(),
            slot.number(),
            pid,
            outcome.name(),
            state,
            message,
            took,
            recalculated.books()));
  }
}

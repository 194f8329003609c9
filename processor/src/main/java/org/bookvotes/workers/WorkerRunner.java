package org.bookvotes.workers;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.bookvotes.observability.ProcessorListener;
import org.bookvotes.postgres.SqlState;
import org.bookvotes.workers.WorkerOutcome.Recalculated;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Takes one command in one slot from launch to outcome. Thread-safe: each call runs on the caller's
 * thread with its own slot.
 */
public final class WorkerRunner {

  private static final Logger LOG = LoggerFactory.getLogger(WorkerRunner.class);

  // A session that waits in the server holds a snapshot, and the worker cannot reuse the room of
  // rows that have died since: looks are short, and between two of them a long run is waited for
  // here.
  private static final Duration LOOK = Duration.ofMillis(5);
  private static final int EAGER_LOOKS = 10;
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final WorkerLauncher launcher;
  private final WorkerlessBatch workerlessBatch;
  private final LaunchRetry retry;
  private final WorkerShortage shortage;
  private final ProcessorListener listener;
  private final StopSignal stop;
  private final StopSignal abandon;

  /**
   * @param workerlessBatch does a little recalculation while there is a {@code shortage}
   * @param stop nothing more is launched once it is sent
   * @param abandon nothing more is waited for once it is sent
   */
  public WorkerRunner(
      WorkerLauncher launcher,
      WorkerlessBatch workerlessBatch,
      LaunchRetry retry,
      WorkerShortage shortage,
      ProcessorListener listener,
      StopSignal stop,
      StopSignal abandon) {
    this.launcher = launcher;
    this.workerlessBatch = workerlessBatch;
    this.retry = retry;
    this.shortage = shortage;
    this.listener = listener;
    this.stop = stop;
    this.abandon = abandon;
  }

  /**
   * Launches {@code command} in {@code slot}, watches it to its end, and tells the listener. If no
   * worker has been to be had for long, does a small part of a recalculation without one. The
   * caller closes the slot.
   */
  public WorkerOutcome run(WorkerSlot slot, WorkerCommand command) {
    Ended ended = runToOutcome(slot, command);
    report(slot, command, ended, null);
    return ended.outcome();
  }

  /**
   * The same for a vacuum, of which the listener is told once it has been judged.
   *
   * @throws SQLException if it cannot be judged; the listener has been told all the same
   */
  public WorkerOutcome run(WorkerSlot slot, WorkerCommand.Vacuum command, VacuumJudge judge)
      throws SQLException {
    Ended ended = runToOutcome(slot, command);
    Verdict verdict = null;
    try {
      if (ended.outcome() instanceof WorkerOutcome.Completed) {
        verdict = judge.judge();
      }
    } finally {
      report(slot, command, ended, verdict);
    }
    return ended.outcome();
  }

  /** Finds out what a vacuum has done that ended without error. */
  @FunctionalInterface
  public interface VacuumJudge {
    Verdict judge() throws SQLException;
  }

  /**
   * What a vacuum has done.
   *
   * @param removedRows dead rows that are gone
   * @param blocked what kept it from removing any; null if nothing did
   */
  public record Verdict(long removedRows, @Nullable String blocked) {}

  private record Ended(int pid, WorkerOutcome outcome, Duration took) {}

  private Ended runToOutcome(WorkerSlot slot, WorkerCommand command) {
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
        case Launch.Degraded degraded -> outcome = fallBack(slot, degraded.batch());
      }
    } catch (SQLException e) {
      outcome = failure(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      outcome = new WorkerOutcome.Lost(SqlState.NONE, "interrupted");
    }
    return new Ended(pid, outcome, Duration.ofNanos(System.nanoTime() - startNanos));
  }

  /** Whether recalculation goes on in small batches, without workers. */
  public boolean isDegraded() {
    return shortage.isDegraded();
  }

  private sealed interface Launch {
    record Launched(Worker worker) implements Launch {}

    record Refused(WorkerOutcome outcome) implements Launch {}

    record Degraded(WorkerCommand.Recalculate batch) implements Launch {}
  }

  private Launch launch(WorkerSlot slot, WorkerCommand command)
      throws SQLException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      if (stop.isSent()) {
        return new Launch.Refused(
            new WorkerOutcome.Lost(SqlState.NONE, "the processor stopped before the launch"));
      }
      try {
        Worker worker = launcher.launch(slot, command);
        switch (command) {
          case WorkerCommand.Recalculate recalculate -> shortage.launched();
          case WorkerCommand.Vacuum vacuum -> {}
        }
        return new Launch.Launched(worker);
      } catch (SQLException e) {
        String state = SqlState.of(e);
        if (!WorkerShortage.isShortage(state)) {
          throw e;
        }
        switch (command) {
          case WorkerCommand.Recalculate recalculate -> {
            if (shortage.refused(state) && !stop.isSent()) {
              return new Launch.Degraded(recalculate.workerless());
            }
          }
          // Autovacuum does a vacuum's work without the pool. If this is the only slot,
          // recalculation must not wait for it through all attempts.
          case WorkerCommand.Vacuum vacuum -> {
            if (shortage.isDegraded()) {
              return new Launch.Refused(new WorkerOutcome.Exhausted(state, attempt));
            }
          }
        }
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

  private WorkerOutcome watch(Worker worker) throws SQLException, InterruptedException {
    for (int look = 1; ; look++) {
      Optional<WorkerOutcome> outcome = worker.await(LOOK);
      if (outcome.isPresent()) {
        return outcome.get();
      }
      if (look < EAGER_LOOKS ? abandon.isSent() : abandon.await(PAUSE)) {
        return new WorkerOutcome.Lost(SqlState.NONE, "the processor stopped before the worker did");
      }
    }
  }

  private WorkerOutcome fallBack(WorkerSlot slot, WorkerCommand.Recalculate batch)
      throws SQLException {
    WorkerOutcome outcome = workerlessBatch.run(slot, batch);
    Recalculated recalculated = recalculated(outcome);
    listener.recalculatedWithoutWorker(recalculated.books());
    return outcome instanceof WorkerOutcome.Completed
        ? new WorkerOutcome.FellBack(recalculated)
        : outcome;
  }

  private static Recalculated recalculated(WorkerOutcome outcome) {
    return switch (outcome) {
      case WorkerOutcome.Completed completed -> completed.recalculated();
      case WorkerOutcome.Failed failed -> failed.recalculated();
      case WorkerOutcome.FellBack fellBack -> fellBack.recalculated();
      case WorkerOutcome.Exhausted exhausted -> Recalculated.NOTHING;
      case WorkerOutcome.Lost lost -> Recalculated.NOTHING;
    };
  }

  private static WorkerOutcome failure(SQLException e) {
    String state = SqlState.of(e);
    String message = String.valueOf(e.getMessage());
    return SqlState.CONNECTION_EXCEPTION.matches(e) || SqlState.OPERATOR_INTERVENTION.matches(e)
        ? new WorkerOutcome.Lost(state, message)
        : new WorkerOutcome.Failed(state, message, Recalculated.NOTHING);
  }

  private void report(
      WorkerSlot slot, WorkerCommand command, Ended ended, @Nullable Verdict verdict) {
    WorkerOutcome outcome = ended.outcome();
    Recalculated recalculated = recalculated(outcome);
    String state = null;
    String message = null;
    switch (outcome) {
      case WorkerOutcome.Completed completed -> {}
      case WorkerOutcome.FellBack fellBack -> {}
      case WorkerOutcome.Failed failed -> {
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
    LoggingEventBuilder line =
        LOG.atLevel(level(command, outcome))
            .addKeyValue("slot", slot.number())
            .addKeyValue("pid", ended.pid())
            .addKeyValue("outcome", outcome.name())
            .addKeyValue("millis", ended.took().toMillis())
            .addKeyValue("books", recalculated.books());
    if (state != null) {
      line = line.addKeyValue("sqlstate", state);
    }
    line.log("{} {}{}", command.name(), outcome.name(), message == null ? "" : ": " + message);
    if (recalculated.books() > 0) {
      listener.booksRecalculated(
          recalculated.books(), recalculated.freshnessCounts(), recalculated.freshnessSeconds());
    }
    listener.runEnded(
        new ProcessorListener.Run(
            command.name(),
            table(command),
            slot.number(),
            ended.pid(),
            outcome.name(),
            state,
            verdict == null ? message : verdict.blocked(),
            ended.took(),
            recalculated.books(),
            recalculated.batches(),
            verdict == null ? null : verdict.removedRows()));
  }

  /**
   * Recalculations that go well are up to twenty a second: the journal and the meters have them. So
   * do batches without a worker, whose beginning and end are told.
   */
  private static Level level(WorkerCommand command, WorkerOutcome outcome) {
    return switch (outcome) {
      case WorkerOutcome.Completed completed ->
          switch (command) {
            case WorkerCommand.Recalculate recalculate -> Level.DEBUG;
            case WorkerCommand.Vacuum vacuum -> Level.INFO;
          };
      case WorkerOutcome.FellBack fellBack -> Level.DEBUG;
      case WorkerOutcome.Failed failed -> Level.WARN;
      case WorkerOutcome.Exhausted exhausted -> Level.WARN;
      case WorkerOutcome.Lost lost -> Level.WARN;
    };
  }

  private static @Nullable String table(WorkerCommand command) {
    return switch (command) {
      case WorkerCommand.Recalculate recalculate -> null;
      case WorkerCommand.Vacuum vacuum -> vacuum.table().qualifiedName();
    };
  }
}

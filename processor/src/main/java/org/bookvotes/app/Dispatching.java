package org.bookvotes.app;

import java.time.Duration;
import org.bookvotes.dispatch.DeadRows;
import org.bookvotes.dispatch.Dispatcher;
import org.bookvotes.dispatch.StaleBacklog;
import org.bookvotes.dispatch.VacuumPolicy;
import org.bookvotes.observability.Freshness;
import org.bookvotes.observability.Listeners;
import org.bookvotes.observability.ProcessorListener;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.Transactions;
import org.bookvotes.workers.LaunchRetry;
import org.bookvotes.workers.PgBackgroundLauncher;
import org.bookvotes.workers.RunJournal;
import org.bookvotes.workers.StopSignal;
import org.bookvotes.workers.WorkerCommand;
import org.bookvotes.workers.WorkerRunner;
import org.bookvotes.workers.WorkerShortage;
import org.bookvotes.workers.WorkerSlots;
import org.bookvotes.workers.WorkerlessBatch;
import org.bookvotes.workers.WorkersView;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A dispatcher on its thread and the journal of its runs, wired from the settings, with their
 * ordered stop. Started and stopped by one thread.
 */
final class Dispatching {

  private static final Logger LOG = LoggerFactory.getLogger(Dispatching.class);

  private static final Duration ABANDON_TIMEOUT = Duration.ofSeconds(2);

  private final StopSignal stop = new StopSignal();
  private final StopSignal abandon = new StopSignal();
  private final RunJournal journal;
  private final Dispatcher dispatcher;
  private final Thread thread;

  /**
   * @param name of this replica, for the journal
   * @param onFailure told what ended the thread, if anything but a stop did
   */
  Dispatching(
      ProcessorConfig config,
      String name,
      Database database,
      ProcessorListener listener,
      java.util.function.Consumer<Throwable> onFailure) {
    Transactions transactions = database.transactions();
    WorkerSlots slots = new WorkerSlots(database, config.workerSlots());
    journal = new RunJournal(transactions, name);
    ProcessorListener all = new Listeners(listener, journal);
    WorkerRunner runner =
        new WorkerRunner(
            new PgBackgroundLauncher(Freshness.boundsSeconds()),
            new WorkerlessBatch(Freshness.boundsSeconds()),
            new LaunchRetry(config.launchAttempts(), config.launchRetryDelay()),
            new WorkerShortage(config.fallbackAfter(), all),
            all,
            stop,
            abandon);
    dispatcher =
        new Dispatcher(
            new StaleBacklog(transactions),
            new DeadRows(transactions),
            VacuumPolicy.DEFAULT,
            slots,
            new WorkersView(transactions, config.workerSlots()),
            runner,
            new WorkerCommand.Recalculate(config.batchSize(), config.workerTimeBudget()),
            all,
            stop);
    thread =
        Thread.ofPlatform()
            .name("dispatch")
            .unstarted(
                () -> {
                  try {
                    dispatcher.run();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  } catch (RuntimeException | Error e) {
                    onFailure.accept(e);
                  }
                });
  }

  void start() {
    journal.start();
    thread.start();
  }

  /** Something may be due. */
  void wake() {
    dispatcher.wake();
  }

  /** From now on nothing is launched. Returns at once. */
  void stopLaunching() {
    stop.send();
    dispatcher.wake();
  }

  /**
   * After {@link #stopLaunching}: waits for the workers that run. What takes longer outlives us,
   * and its name keeps its slot taken. Their runs are written to the journal at the end.
   */
  void drain(Duration timeout) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + timeout.toNanos();
    try (journal) {
      if (!thread.join(timeout)
          || !dispatcher.awaitRuns(Duration.ofNanos(deadlineNanos - System.nanoTime()))) {
        LOG.warn(
            "workers are still running after {} s, they go on without us", timeout.toSeconds());
      }
      abandon.send();
      dispatcher.awaitRuns(ABANDON_TIMEOUT);
    }
  }
}

package org.bookvotes.dispatch;

import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.bookvotes.observability.ProcessorListener;
import org.bookvotes.observability.ProcessorListener.SlotState;
import org.bookvotes.postgres.SqlState;
import org.bookvotes.postgres.SqlTrouble;
import org.bookvotes.workers.StopSignal;
import org.bookvotes.workers.WorkerCommand;
import org.bookvotes.workers.WorkerCommand.Table;
import org.bookvotes.workers.WorkerOutcome;
import org.bookvotes.workers.WorkerRunner;
import org.bookvotes.workers.WorkerSlot;
import org.bookvotes.workers.WorkerSlots;
import org.bookvotes.workers.WorkersView;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks what is due and launches workers for it, on a thread of its own; each run has a thread too.
 *
 * <p>Recalculation takes the slots from 1 upwards, and only as many as the backlog is worth. As a
 * slot is the same lock for all replicas, they need not agree on who serves a short backlog:
 * whoever gets slot 1 does. A vacuum takes the highest free slot.
 */
public final class Dispatcher {

  private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

  /** The clock: finds marks of other replicas, pauses that have ended, and vacuums that are due. */
  static final Duration TICK = Duration.ofSeconds(1);

  /** Looks come no closer than this. */
  static final Duration PACE = Duration.ofMillis(50);

  /**
   * Nor closer than this while runs find fewer than {@link #WORTHWHILE} books: a launch for every
   * few votes would cost more than it brings.
   */
  static final Duration SLOW_PACE = Duration.ofMillis(200);

  /** A launch costs a worker about as much as some hundred books. */
  private static final long WORTHWHILE = 200;

  /**
   * A long backlog is counted to its end no more often: that takes the server some tenths of a
   * second.
   */
  private static final Duration WHOLE_BACKLOG_INTERVAL = Duration.ofSeconds(10);

  private final StaleBacklog backlog;
  private final Vacuums vacuums;
  private final WorkerSlots slots;
  private final WorkersView workers;
  private final WorkerRunner runner;
  private final WorkerCommand.Recalculate recalculate;
  private final ProcessorListener listener;
  private final StopSignal stop;
  private final Waiter waiter = new Waiter();
  // Our own runs by slot. Put by the dispatcher thread, removed by the run's own thread.
  private final Map<Integer, Run> running = new ConcurrentHashMap<>();
  // How many books the last recalculation found. Written by the run's thread.
  private volatile long lastRunBooks;
  // Owned by the dispatcher thread: since when more slots have been wanted than were free, 0 if
  // they are not.
  private long wantedSinceNanos;
  // Owned by the dispatcher thread: when slots, pool and tables are looked at.
  private final SurveyRhythm surveys = new SurveyRhythm(TICK, System.nanoTime());
  // Owned by the dispatcher thread.
  private long wholeBacklogNanos = System.nanoTime() - WHOLE_BACKLOG_INTERVAL.toNanos();

  private record Run(WorkerCommand command, Thread thread) {}

  /**
   * @param recalculate the command for stale books
   * @param stop ends {@link #run}
   */
  public Dispatcher(
      StaleBacklog backlog,
      DeadRows deadRows,
      VacuumPolicy vacuumPolicy,
      WorkerSlots slots,
      WorkersView workers,
      WorkerRunner runner,
      WorkerCommand.Recalculate recalculate,
      ProcessorListener listener,
      StopSignal stop) {
    this.backlog = backlog;
    this.vacuums = new Vacuums(deadRows, vacuumPolicy, runner, listener);
    this.slots = slots;
    this.workers = workers;
    this.runner = runner;
    this.recalculate = recalculate;
    this.listener = listener;
    this.stop = stop;
  }

  /** Something may be due: look soon. Returns at once, from any thread. */
  public void wake() {
    waiter.wake();
  }

  /** Dispatches until the stop signal, then returns; runs that were launched go on. */
  public void run() throws InterruptedException {
    boolean failing = false;
    boolean woken = true;
    while (!stop.isSent()) {
      try {
        dispatch(woken);
        if (failing) {
          LOG.info("the database answers again");
        }
        failing = false;
      } catch (SQLException e) {
        if (!failing) {
          LOG.warn(
              "nothing can be dispatched, the next tick tries again: {}", SqlTrouble.describe(e));
        }
        failing = true;
      }
      if (!stop.await(lastRunBooks < WORTHWHILE ? SLOW_PACE : PACE)) {
        woken = waiter.await(TICK);
      }
    }
  }

  /**
   * Waits for the runs that this dispatcher launched.
   *
   * @return whether all have ended within {@code timeout}
   */
  public boolean awaitRuns(Duration timeout) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + timeout.toNanos();
    for (Run run : List.copyOf(running.values())) {
      if (!run.thread().join(Duration.ofNanos(Math.max(1, deadlineNanos - System.nanoTime())))) {
        return false;
      }
    }
    return true;
  }

  private void dispatch(boolean woken) throws SQLException {
    boolean atRest = !woken && running.isEmpty();
    if (surveys.isDue(atRest, System.nanoTime())) {
      measureWorkers();
      vacuums.survey(runningVacuums());
      surveys.done(atRest, System.nanoTime());
    }
    vacuums.launchDue(this::launchVacuum);
    Backlog now = measureBacklog();
    // With a vacuum due and more than one slot, recalculation leaves one alone: else a long backlog
    // keeps vacuums out.
    boolean vacuumWaits = vacuums.areWaiting() && runningVacuums().isEmpty() && slots.count() > 1;
    // Degraded, one batch at a time over all replicas: sessions are not meant to do all the work of
    // workers.
    recalculate(now, runner.isDegraded() ? 1 : slots.count() - (vacuumWaits ? 1 : 0));
  }

  /**
   * Counts as far as it matters for what to launch, and now and then as far as people want to know.
   */
  private Backlog measureBacklog() throws SQLException {
    long mostWorthwhile =
        Math.min(
            (long) slots.count() * Backlog.BATCHES_PER_WORKER * recalculate.batchSize(),
            StaleBacklog.MOST_COUNTED);
    Backlog now = backlog.measure(mostWorthwhile);
    if (now.books() < mostWorthwhile) {
      listener.backlogMeasured(now.books(), now.failing(), now.oldest());
    } else if (System.nanoTime() - wholeBacklogNanos > WHOLE_BACKLOG_INTERVAL.toNanos()) {
      Backlog whole = backlog.measure(StaleBacklog.MOST_COUNTED);
      listener.backlogMeasured(whole.books(), whole.failing(), whole.oldest());
      wholeBacklogNanos = System.nanoTime();
    }
    return now;
  }

  private void measureWorkers() throws SQLException {
    WorkersView.Pool pool = workers.pool();
    listener.workersMeasured(
        workers.slots().stream().map(Dispatcher::stateOf).toList(),
        pool.ours(),
        pool.others(),
        pool.free());
  }

  private static SlotState stateOf(WorkersView.Slot slot) {
    if (slot.state().equals("busy")) {
      return switch (slot.command()) {
        case "vacuum" -> SlotState.VACUUMS;
        case null -> SlotState.HELD;
        default -> SlotState.RECALCULATES;
      };
    }
    return slot.state().equals("orphaned") ? SlotState.ORPHANED : SlotState.FREE;
  }

  private void recalculate(Backlog now, int mostSlots) throws SQLException {
    int wantedSlots = now.worthWorkers(recalculate.batchSize(), mostSlots);
    int wantedBySize = now.worthWorkersBySize(recalculate.batchSize(), mostSlots);
    boolean allHad = true;
    for (int number = 1; number <= wantedSlots && !stop.isSent(); number++) {
      if (running.containsKey(number)) {
        continue;
      }
      if (number > wantedBySize && !backlog.hasUntaken()) {
        // It is overdue because a worker has taken it and hangs: another one would find nothing.
        break;
      }
      if (wantedSinceNanos == 0) {
        wantedSinceNanos = System.nanoTime();
      }
      Optional<WorkerSlot> slot = slots.tryAcquire(number);
      if (slot.isPresent()) {
        // While another replica had the slot the backlog was served: no mark has waited for it
        // longer than it is old.
        Duration wanted = Duration.ofNanos(System.nanoTime() - wantedSinceNanos);
        listener.slotAcquired(number, wanted.compareTo(now.oldest()) < 0 ? wanted : now.oldest());
        start(slot.get(), recalculate);
      } else {
        allHad = false;
      }
    }
    if (allHad) {
      wantedSinceNanos = 0;
    }
  }

  private Set<Table> runningVacuums() {
    Set<Table> tables = EnumSet.noneOf(Table.class);
    for (Run run : running.values()) {
      if (run.command() instanceof WorkerCommand.Vacuum vacuum) {
        tables.add(vacuum.table());
      }
    }
    return tables;
  }

  private boolean launchVacuum(Table table) throws SQLException {
    for (int number = slots.count(); number >= 1 && !stop.isSent(); number--) {
      if (running.containsKey(number)) {
        continue;
      }
      Optional<WorkerSlot> slot = slots.tryAcquire(number);
      if (slot.isPresent()) {
        start(slot.get(), new WorkerCommand.Vacuum(table));
        return true;
      }
    }
    return false;
  }

  private void start(WorkerSlot slot, WorkerCommand command) {
    Thread thread =
        Thread.ofVirtual()
            .name("slot-" + slot.number())
            .unstarted(
                () -> {
                  boolean worked = false;
                  try (slot) {
                    worked =
                        switch (command) {
                          case WorkerCommand.Recalculate c -> recalculate(slot, c);
                          case WorkerCommand.Vacuum c -> vacuums.run(slot, c);
                        };
                  } catch (SQLException e) {
                    LOG.warn(
                        "what {} did cannot be told: {} ({})",
                        command.name(),
                        e.getMessage(),
                        SqlState.of(e));
                  } finally {
                    running.remove(slot.number());
                    // After a run that came to nothing the next tick is soon enough.
                    if (worked) {
                      waiter.wake();
                    }
                  }
                });
    running.put(slot.number(), new Run(command, thread));
    thread.start();
  }

  /**
   * @return whether books were recalculated
   */
  private boolean recalculate(WorkerSlot slot, WorkerCommand.Recalculate command) {
    long books =
        switch (runner.run(slot, command)) {
          case WorkerOutcome.Completed completed -> completed.recalculated().books();
          case WorkerOutcome.Failed failed -> failed.recalculated().books();
          case WorkerOutcome.FellBack fellBack -> fellBack.recalculated().books();
          case WorkerOutcome.Exhausted exhausted -> 0;
          case WorkerOutcome.Lost lost -> 0;
        };
    lastRunBooks = books;
    return books > 0;
  }
}

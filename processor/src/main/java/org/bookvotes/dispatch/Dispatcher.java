package org.bookvotes.dispatch;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.bookvotes.observability.ProcessorListener;
import org.bookvotes.postgres.SqlState;
import org.bookvotes.postgres.SqlTrouble;
import org.bookvotes.workers.StopSignal;
import org.bookvotes.workers.WorkerCommand;
import org.bookvotes.workers.WorkerCommand.Table;
import org.bookvotes.workers.WorkerOutcome;
import org.bookvotes.workers.WorkerRunner;
import org.bookvotes.workers.WorkerRunner.Verdict;
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
  private final DeadRows deadRows;
  private final VacuumPolicy vacuumPolicy;
  private final WorkerSlots slots;
  private final WorkersView workers;
  private final WorkerRunner runner;
  private final WorkerCommand.Recalculate recalculate;
  private final ProcessorListener listener;
  private final StopSignal stop;
  private final Waiter waiter = new Waiter();
  // Our own runs by slot. Put by the dispatcher thread, removed by the run's own thread.
  private final Map<Integer, Run> running = new ConcurrentHashMap<>();
  // Tables whose last vacuum did not do its work, with the time (nanoTime) of that. Written by the
  // vacuum's thread.
  private final Map<Table, Long> unvacuumedNanos = new ConcurrentHashMap<>();
  // How many books the last recalculation found. Written by the run's thread.
  private volatile long lastRunBooks;
  // Owned by the dispatcher thread: since when more slots have been wanted than were free, 0 if
  // they are not.
  private long wantedSinceNanos;
  // Owned by the dispatcher thread: when slots, pool and dead rows are looked at, and the vacuums
  // found due then that could not be launched yet.
  private final SurveyRhythm surveys = new SurveyRhythm(TICK, System.nanoTime());
  private List<Table> dueVacuums = List.of();
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
    this.deadRows = deadRows;
    this.vacuumPolicy = vacuumPolicy;
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
      dueVacuums = dueVacuums();
      surveys.done(atRest, System.nanoTime());
    }
    List<Table> waiting = new ArrayList<>();
    for (Table table : dueVacuums) {
      if (!launchVacuum(table)) {
        waiting.add(table);
      }
    }
    dueVacuums = waiting;
    Backlog now = measureBacklog();
    // With a vacuum due and more than one slot, recalculation leaves one alone: else a long backlog
    // keeps vacuums out.
    boolean vacuumWaits = !isRunningVacuum() && !waiting.isEmpty() && slots.count() > 1;
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
      listener.backlogMeasured(now.books(), now.oldest());
    } else if (System.nanoTime() - wholeBacklogNanos > WHOLE_BACKLOG_INTERVAL.toNanos()) {
      Backlog whole = backlog.measure(StaleBacklog.MOST_COUNTED);
      listener.backlogMeasured(whole.books(), whole.oldest());
      wholeBacklogNanos = System.nanoTime();
    }
    return now;
  }

  private void measureWorkers() throws SQLException {
    WorkersView.Pool pool = workers.pool();
    int busy = 0;
    for (WorkersView.Slot slot : workers.slots()) {
      if (!slot.state().equals("free")) {
        busy++;
      }
    }
    listener.workersMeasured(busy, slots.count(), pool.ours(), pool.others(), pool.free());
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

  private List<Table> dueVacuums() throws SQLException {
    List<Table> due = new ArrayList<>();
    Map<Table, DeadRows.Activity> activities = deadRows.ofAll();
    for (Table table : Table.values()) {
      WorkerCommand vacuum = new WorkerCommand.Vacuum(table);
      if (running.values().stream().anyMatch(run -> run.command().equals(vacuum))) {
        continue;
      }
      DeadRows.Activity activity = Objects.requireNonNull(activities.get(table));
      Long unvacuumed = unvacuumedNanos.get(table);
      if (unvacuumed != null && activity.permitted() && !vacuumPolicy.isWorthwhile(activity)) {
        // Autovacuum or another replica has done it since.
        forgetBlocked(table);
        unvacuumed = null;
      }
      Optional<Duration> sinceInVain =
          unvacuumed == null
              ? Optional.empty()
              : Optional.of(Duration.ofNanos(System.nanoTime() - unvacuumed));
      if (vacuumPolicy.isDue(activity, sinceInVain)) {
        due.add(table);
      }
    }
    return due;
  }

  private boolean isRunningVacuum() {
    return running.values().stream().anyMatch(run -> run.command() instanceof WorkerCommand.Vacuum);
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
                          case WorkerCommand.Vacuum c -> vacuum(slot, c);
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

  /**
   * A vacuum's success is what it removed: without the right to it, or under an old snapshot, it
   * ends without error too.
   *
   * @return whether the vacuum was carried out
   */
  private boolean vacuum(WorkerSlot slot, WorkerCommand.Vacuum command) throws SQLException {
    Table table = command.table();
    DeadRows.Activity before = deadRows.of(table);
    if (!vacuumPolicy.isWorthwhile(before)) {
      return false; // Another replica was faster.
    }
    long startNanos = System.nanoTime();
    WorkerOutcome outcome = runner.run(slot, command, () -> judge(table, before, startNanos));
    if (!(outcome instanceof WorkerOutcome.Completed)) {
      unvacuumedNanos.put(table, System.nanoTime());
      return false;
    }
    return true;
  }

  private Verdict judge(Table table, DeadRows.Activity before, long startNanos)
      throws SQLException {
    DeadRows.Activity after = deadRows.of(table);
    if (after.vacuums() == before.vacuums()) {
      return blockedBy(
          table,
          after.permitted() ? "lock" : "permission",
          after.permitted()
              ? "somebody else holds or vacuums the table"
              : "our role may not vacuum it: GRANT MAINTAIN ON "
                  + table.qualifiedName()
                  + " TO our role");
    }
    if (vacuumPolicy.removedNothing(before, after)) {
      Duration took = Duration.ofNanos(System.nanoTime() - startNanos);
      Optional<DeadRows.Blocker> blocker = deadRows.blocker(took);
      if (blocker.isPresent()) {
        return blockedBy(table, blocker.get().cause(), blocker.get().detail());
      }
      // Nobody was in its way: as many rows died meanwhile.
    }
    forgetBlocked(table);
    long removed = Math.max(0, before.dead() - after.dead());
    listener.vacuumRemoved(removed);
    return new Verdict(removed, null);
  }

  private void forgetBlocked(Table table) {
    unvacuumedNanos.remove(table);
    listener.vacuumBlocked(table.qualifiedName(), null);
  }

  private Verdict blockedBy(Table table, String cause, String detail) {
    unvacuumedNanos.put(table, System.nanoTime());
    LOG.warn(
        "the vacuum of {} removed nothing, cause {}: {}", table.qualifiedName(), cause, detail);
    listener.vacuumBlocked(table.qualifiedName(), cause);
    return new Verdict(0, cause + ": " + detail);
  }
}

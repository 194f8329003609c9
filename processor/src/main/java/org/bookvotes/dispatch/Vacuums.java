package org.bookvotes.dispatch;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.bookvotes.observability.ProcessorListener;
import org.bookvotes.observability.ProcessorListener.Blocker;
import org.bookvotes.workers.WorkerCommand;
import org.bookvotes.workers.WorkerCommand.Table;
import org.bookvotes.workers.WorkerOutcome;
import org.bookvotes.workers.WorkerRunner;
import org.bookvotes.workers.WorkerRunner.Verdict;
import org.bookvotes.workers.WorkerSlot;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which tables are to be vacuumed, and what their vacuums have come to. {@link #run} is called by
 * the threads of the runs, all else by the dispatcher's.
 */
final class Vacuums {

  private static final Logger LOG = LoggerFactory.getLogger(Vacuums.class);

  private final DeadRows deadRows;
  private final VacuumPolicy policy;
  private final WorkerRunner runner;
  private final ProcessorListener listener;
  // Tables whose last vacuum did not do its work, with the time (nanoTime) of that. Written by the
  // vacuum's thread.
  private final Map<Table, Long> inVainNanos = new ConcurrentHashMap<>();
  // Owned by the dispatcher thread: found due by the last survey and not launched yet.
  private List<Table> due = List.of();

  Vacuums(DeadRows deadRows, VacuumPolicy policy, WorkerRunner runner, ProcessorListener listener) {
    this.deadRows = deadRows;
    this.policy = policy;
    this.runner = runner;
    this.listener = listener;
  }

  /** Launches vacuums where there is a slot. */
  @FunctionalInterface
  interface Launch {
    /** Launches the vacuum of {@code table} and returns true, or finds no slot for it. */
    boolean launch(Table table) throws SQLException;
  }

  /**
   * Looks at all tables, tells the listener, and finds out which are due.
   *
   * @param running tables that are being vacuumed by this replica
   */
  void survey(Set<Table> running) throws SQLException {
    Map<Table, DeadRows.Activity> activities = deadRows.ofAll();
    List<ProcessorListener.Table> measured = new ArrayList<>();
    List<Table> found = new ArrayList<>();
    for (Table table : Table.values()) {
      DeadRows.Activity activity = Objects.requireNonNull(activities.get(table));
      measured.add(
          new ProcessorListener.Table(
              table.qualifiedName(),
              activity.dead(),
              activity.updates(),
              activity.hotUpdates(),
              activity.size()));
      if (!running.contains(table) && isDue(table, activity)) {
        found.add(table);
      }
    }
    due = found;
    listener.tablesMeasured(measured);
  }

  private boolean isDue(Table table, DeadRows.Activity activity) {
    Long inVain = inVainNanos.get(table);
    if (inVain != null && activity.permitted() && !policy.isWorthwhile(activity)) {
      // Autovacuum or another replica has done it since.
      forgetBlocked(table);
      inVain = null;
    }
    return policy.isDue(
        activity,
        inVain == null
            ? Optional.empty()
            : Optional.of(Duration.ofNanos(System.nanoTime() - inVain)));
  }

  /** Launches those that are due; what finds no slot stays due. */
  void launchDue(Launch launch) throws SQLException {
    List<Table> waiting = new ArrayList<>();
    for (Table table : due) {
      if (!launch.launch(table)) {
        waiting.add(table);
      }
    }
    due = waiting;
  }

  /** Whether one is due that has found no slot. */
  boolean areWaiting() {
    return !due.isEmpty();
  }

  /**
   * Vacuums a table in {@code slot}, which the caller closes. Success is what it removed: without
   * the right to it, or under an old snapshot, a vacuum ends without error too.
   *
   * @return whether the vacuum was carried out
   * @throws SQLException if what it did cannot be told
   */
  boolean run(WorkerSlot slot, WorkerCommand.Vacuum command) throws SQLException {
    Table table = command.table();
    DeadRows.Activity before = deadRows.of(table);
    if (!policy.isWorthwhile(before)) {
      return false; // Another replica was faster.
    }
    long startNanos = System.nanoTime();
    WorkerOutcome outcome = runner.run(slot, command, () -> judge(table, before, startNanos));
    if (!(outcome instanceof WorkerOutcome.Completed)) {
      inVainNanos.put(table, System.nanoTime());
      return false;
    }
    return true;
  }

  private Verdict judge(Table table, DeadRows.Activity before, long startNanos)
      throws SQLException {
    DeadRows.Activity after = deadRows.of(table);
    if (after.vacuums() == before.vacuums()) {
      return after.permitted()
          ? blockedBy(
              table,
              new Blocker("lock", "somebody else who holds or vacuums the table", null),
              "somebody else holds or vacuums the table")
          : blockedBy(
              table,
              new Blocker("permission", "our role may not vacuum it", null),
              "our role may not vacuum it: GRANT MAINTAIN ON "
                  + table.qualifiedName()
                  + " TO our role");
    }
    if (policy.removedNothing(before, after)) {
      Duration took = Duration.ofNanos(System.nanoTime() - startNanos);
      Optional<DeadRows.Blocker> blocker = deadRows.blocker(took);
      if (blocker.isPresent()) {
        DeadRows.Blocker found = blocker.get();
        return blockedBy(
            table, new Blocker(found.cause(), found.holder(), found.held()), found.detail());
      }
      // Nobody was in its way: as many rows died meanwhile.
    }
    forgetBlocked(table);
    long removed = Math.max(0, before.dead() - after.dead());
    listener.vacuumRemoved(removed);
    return new Verdict(removed, null);
  }

  private void forgetBlocked(Table table) {
    inVainNanos.remove(table);
    listener.vacuumBlocked(table.qualifiedName(), null);
  }

  private Verdict blockedBy(Table table, Blocker blocker, String detail) {
    inVainNanos.put(table, System.nanoTime());
    LOG.warn(
        "the vacuum of {} removed nothing, cause {}: {}",
        table.qualifiedName(),
        blocker.cause(),
        detail);
    listener.vacuumBlocked(table.qualifiedName(), blocker);
    return new Verdict(0, blocker.cause() + ": " + detail);
  }
}

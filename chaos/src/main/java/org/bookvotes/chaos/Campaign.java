package org.bookvotes.chaos;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Lets the faults of a schedule strike and tells what happens. Run by one thread, once. */
final class Campaign {

  private static final Duration SETTLE = Duration.ofSeconds(1);
  private static final Duration AFTER_PIN = Duration.ofSeconds(10);
  private static final int MOST_TRIES = 5;

  private final Schedule schedule;
  private final Stack stack;
  private final Sampler sampler;
  private final Progress progress;
  private final PrintStream out;
  private final Group group;
  private final ReplicaFaults replicas;
  private final Map<FaultKind, Injector> injectors = new EnumMap<>(FaultKind.class);

  private final Instant startedAt = Instant.now();
  private final List<Incident> incidents = Collections.synchronizedList(new ArrayList<>());
  private final List<String> missed = Collections.synchronizedList(new ArrayList<>());

  Campaign(Schedule schedule, Stack stack, Sampler sampler, Progress progress, PrintStream out) {
    this.schedule = schedule;
    this.stack = stack;
    this.sampler = sampler;
    this.progress = progress;
    this.out = out;
    this.group = new Group(stack);
    Targets targets = new Targets();
    replicas = new ReplicaFaults(stack, targets, sampler);
    PostgresFaults postgres = new PostgresFaults(stack, targets);
    BrokerFaults brokers = new BrokerFaults(stack, targets);
    NetworkFaults network = new NetworkFaults(stack, targets, replicas);
    SessionFaults sessions = new SessionFaults(stack, targets);
    for (FaultKind kind : FaultKind.values()) {
      injectors.put(
          kind,
          switch (kind) {
            case REPLICA_KILL -> replicas::kill;
            case REPLICA_STOP -> replicas::stop;
            case REPLICA_FREEZE -> replicas::freeze;
            case REBALANCE_STORM -> replicas::storm;
            case POSTGRES_FAST -> postgres::restartFast;
            case POSTGRES_IMMEDIATE -> postgres::restartImmediate;
            case WORKER_KILL -> postgres::killWorker;
            case TERMINATE_SLOT -> postgres::terminateSlot;
            case TERMINATE_INGEST -> postgres::terminateIngest;
            case TERMINATE_WORKER -> postgres::terminateWorker;
            case BROKER_KILL -> brokers::kill;
            case CUT_POSTGRES -> network::cutPostgres;
            case CUT_KAFKA -> network::cutKafka;
            case POOL_EMPTIED -> sessions::emptyPool;
            case SNAPSHOT_PINNED -> sessions::pinSnapshot;
            case BOOKS_LOCKED -> sessions::lockBooks;
            case DEAD_LETTERS_REFUSED -> brokers::refuseDeadLetters;
            case DISK_FULL -> postgres::fillDisk;
          });
    }
  }

  /** What replicas did that they must not do. */
  List<String> irregularities() {
    return replicas.irregularities();
  }

  /** Faults that have struck. */
  List<Incident> incidents() {
    return List.copyOf(incidents);
  }

  /** Faults that never struck, however often they were tried. */
  List<String> missed() {
    return List.copyOf(missed);
  }

  /** Runs the whole schedule; when it returns, every fault is over. */
  void run() throws InterruptedException {
    for (Fault fault : schedule.alone()) {
      group.awaitWhole();
      Thread.sleep(SETTLE);
      execute(fault, true);
    }
    List<Future<?>> lanes = new ArrayList<>();
    try (ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().name("lane-", 1).factory())) {
      for (List<Fault> lane : schedule.lanes()) {
        lanes.add(
            threads.submit(
                () -> {
                  for (Fault fault : lane) {
                    execute(fault, false);
                    Thread.sleep(gap(fault));
                  }
                  return null;
                }));
      }
    }
    for (Future<?> lane : lanes) {
      try {
        lane.get();
      } catch (ExecutionException e) {
        throw new IllegalStateException("the harness failed, not the system", e.getCause());
      }
    }
    replicas.ensureAllRunning();
  }

  /** After a pinned snapshot it takes a while to clean up. */
  private static Duration gap(Fault fault) {
    long millis = new Random(fault.seed()).nextLong(SETTLE.toMillis() * 2);
    return fault.kind() == FaultKind.SNAPSHOT_PINNED
        ? Duration.ofMillis(millis).plus(AFTER_PIN)
        : Duration.ofMillis(millis);
  }

  private void execute(Fault fault, boolean alone) throws InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        incidents.add(strike(fault, alone));
        return;
      } catch (InterruptedException e) {
        throw e;
      } catch (Strike.MissedException | java.sql.SQLException e) {
        // Another fault may have taken its victim, or the server.
        print(fault, "missed, try " + attempt, String.valueOf(e.getMessage()), "");
        if (attempt == MOST_TRIES) {
          missed.add(fault.number() + " " + fault.kind().title() + ": " + e.getMessage());
          return;
        }
        Thread.sleep(SETTLE);
      } catch (Exception e) {
        throw new IllegalStateException("the harness could not let " + fault + " strike", e);
      }
    }
  }

  private Incident strike(Fault fault, boolean alone) throws Exception {
    Injector injector = injectors.get(fault.kind());
    if (injector == null) {
      throw new IllegalStateException("nobody can let " + fault.kind() + " strike");
    }
    Map<Integer, String> holders = sampler.slotHolders();
    Instant before = Instant.now();
    Strike strike = injector.strike(fault, new Random(fault.seed()));
    Instant struck = Instant.now();
    progress.startPauses();
    if (!alone) {
      print(fault, "strikes", strike.what(), "");
    }
    @Nullable Recovery recovery = null;
    Duration pause;
    String note;
    Instant ended;
    if (alone && fault.kind().isSurvivable()) {
      String victim = addressOf(strike.what());
      Set<Integer> orphaned =
          fault.kind() == FaultKind.REPLICA_KILL ? slotsOf(victim, sampler, holders) : Set.of();
      recovery = Recovery.await(struck, orphaned, victim, progress, sampler);
      sleepUntil(struck.plus(strike.lasts()));
      pause = progress.longestPause();
      ended = Instant.now();
      note = strike.end().undo();
    } else {
      sleepUntil(struck.plus(strike.lasts()));
      pause = progress.longestPause();
      note = strike.end().undo();
      ended = Instant.now();
      if (alone) {
        recovery = Recovery.await(ended, Set.of(), "", progress, sampler);
      }
    }
    String what = note.isEmpty() ? strike.what() : strike.what() + ", " + note;
    Instant since = strike.lasts().isZero() ? before : struck;
    print(
        fault,
        "over",
        what,
        recovery == null ? "" : describe(recovery) + ", paused " + Text.seconds(pause));
    return new Incident(
        fault, alone, what, since, Duration.between(since, ended), alone ? pause : null, recovery);
  }

  private String addressOf(String service) {
    for (int number = 1; number <= 3; number++) {
      if (stack.replica(number).service().equals(service)) {
        return stack.replica(number).address();
      }
    }
    return "";
  }

  /** Slot 1, if it was the victim's: the others are in use only while the backlog is long. */
  private static Set<Integer> slotsOf(
      String victim, Sampler sampler, Map<Integer, String> holdersBefore) {
    return victim.equals(sampler.slotHolders().get(1)) || victim.equals(holdersBefore.get(1))
        ? Set.of(1)
        : Set.of();
  }

  private static String describe(Recovery recovery) {
    return String.format(
        Locale.ROOT,
        "batch %s, rating %s, all partitions %s, caught up %s%s",
        Text.seconds(recovery.firstBatch()),
        Text.seconds(recovery.firstRating()),
        Text.seconds(recovery.allPartitions()),
        Text.seconds(recovery.caughtUp()),
        recovery.slotsTaken() == null ? "" : ", slots " + Text.seconds(recovery.slotsTaken()));
  }

  private void print(Fault fault, String state, String what, String recovery) {
    Duration since = Duration.between(startedAt, Instant.now());
    synchronized (out) {
      out.printf(
          "%02d:%02d #%-3d %-20s %-8s %s%s%n",
          since.toMinutes(),
          since.toSecondsPart(),
          fault.number(),
          fault.kind().title(),
          state,
          what,
          recovery.isEmpty() ? "" : " | " + recovery);
    }
  }

  private static void sleepUntil(Instant time) throws InterruptedException {
    Duration left = Duration.between(Instant.now(), time);
    if (left.isPositive()) {
      Thread.sleep(left);
    }
  }
}

package org.bookvotes.chaos;

import java.io.PrintStream;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Lets the faults of a schedule strike and tells what happens. Run by one thread, once. */
final class Campaign {

  private static final Duration SETTLE = Duration.ofSeconds(1);
  private static final Duration AFTER_PIN = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration RATING_TIMEOUT = Duration.ofMinutes(2);

  private final Schedule schedule;
  private final Stack stack;
  private final Sampler sampler;
  private final Progress progress;
  private final PrintStream out;
  private final Targets targets = new Targets();
  private final Group group;
  private final ReplicaFaults replicas;
  private final Map<FaultKind, Injector> injectors = new EnumMap<>(FaultKind.class);

  private final Instant startedAt = Instant.now();
  private final List<Incident> incidents = Collections.synchronizedList(new ArrayList<>());
  private final List<String> apart = new ArrayList<>();

  Campaign(Schedule schedule, Stack stack, Sampler sampler, Progress progress, PrintStream out) {
    this.schedule = schedule;
    this.stack = stack;
    this.sampler = sampler;
    this.progress = progress;
    this.out = out;
    this.group = new Group(stack);
    replicas = new ReplicaFaults(stack, group, sampler);
    PostgresFaults postgres = new PostgresFaults(stack);
    BrokerFaults brokers = new BrokerFaults(stack);
    NetworkFaults network = new NetworkFaults(stack, replicas);
    SessionFaults sessions = new SessionFaults(stack);
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
    List<String> all = new ArrayList<>(replicas.irregularities());
    all.addAll(apart);
    return all;
  }

  /** Faults that have struck. */
  List<Incident> incidents() {
    return List.copyOf(incidents);
  }

  /** Runs the whole schedule; when it returns, every fault is over. */
  void run() throws InterruptedException {
    for (Fault fault : schedule.alone()) {
      if (!group.awaitWhole()) {
        apart.add("the replicas had not come together before #" + fault.number());
      }
      Thread.sleep(SETTLE);
      execute(fault, true);
    }
    runLanes();
    replicas.ensureAllRunning();
  }

  private void runLanes() throws InterruptedException {
    ExecutorService threads =
        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().name("lane-", 1).factory());
    CompletionService<Boolean> lanes = new ExecutorCompletionService<>(threads);
    for (List<Fault> lane : schedule.lanes()) {
      lanes.submit(
          () -> {
            for (Fault fault : lane) {
              execute(fault, false);
              Thread.sleep(gap(fault));
            }
            return true;
          });
    }
    try {
      for (int lane = 0; lane < schedule.lanes().size(); lane++) {
        lanes.take().get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("the harness failed, not the system", e.getCause());
    } finally {
      threads.shutdownNow();
    }
  }

  /** After a pinned snapshot it takes a while to clean up. */
  private static Duration gap(Fault fault) {
    long millis = new Random(fault.seed()).nextLong(SETTLE.toMillis() * 2);
    return fault.kind() == FaultKind.SNAPSHOT_PINNED
        ? Duration.ofMillis(millis).plus(AFTER_PIN)
        : Duration.ofMillis(millis);
  }

  private void execute(Fault fault, boolean alone) throws InterruptedException {
    Instant start = Instant.now();
    while (true) {
      try (Targets.Lease lease = targets.lease()) {
        stack.awaitPostgres();
        incidents.add(strike(fault, alone, lease));
        return;
      } catch (Strike.MissedException | SQLException e) {
        // Another fault may have taken its victim, or the server.
        print(fault, "missed", String.valueOf(e.getMessage()), "");
        if (Duration.between(start, Instant.now()).compareTo(PATIENCE) > 0) {
          return;
        }
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException("the harness could not let " + fault + " strike", e);
      }
      Thread.sleep(SETTLE);
    }
  }

  private Incident strike(Fault fault, boolean alone, Targets.Lease lease) throws Exception {
    Injector injector = injectors.get(fault.kind());
    if (injector == null) {
      throw new IllegalStateException("nobody can let " + fault.kind() + " strike");
    }
    progress.startPauses();
    Strike strike = injector.strike(fault, new Random(fault.seed()), lease);
    if (!alone) {
      print(fault, "strikes", strike.what(), "");
      sleepUntil(strike.at().plus(strike.lasts()));
      return over(fault, strike, strike.end().undo(), Instant.now(), null, null, null);
    }
    @Nullable Recovery recovery = null;
    if (fault.kind().isSurvivable()) {
      String killed = fault.kind() == FaultKind.REPLICA_KILL ? addressOf(strike.what()) : "";
      recovery = Recovery.await(strike.at(), killed, progress, sampler);
    }
    sleepUntil(strike.at().plus(strike.lasts()));
    Duration pause = progress.longestPause();
    String note = strike.end().undo();
    Instant ended = Instant.now();
    @Nullable Duration ratingAfterEnd = awaitRating(ended);
    if (recovery == null) {
      recovery = Recovery.await(ended, "", progress, sampler);
    }
    return over(fault, strike, note, ended, pause, ratingAfterEnd, recovery);
  }

  private Incident over(
      Fault fault,
      Strike strike,
      String note,
      Instant ended,
      @Nullable Duration pause,
      @Nullable Duration ratingAfterEnd,
      @Nullable Recovery recovery) {
    String what = note.isEmpty() ? strike.what() : strike.what() + ", " + note;
    print(
        fault,
        "over",
        what,
        recovery == null ? "" : recovery + ", no rating for " + Text.seconds(pause));
    return new Incident(
        fault,
        recovery != null,
        what,
        strike.at(),
        Duration.between(strike.at(), ended),
        pause,
        ratingAfterEnd,
        recovery);
  }

  private @Nullable Duration awaitRating(Instant since) throws InterruptedException {
    Instant seen = since;
    while (Duration.between(since, Instant.now()).compareTo(RATING_TIMEOUT) < 0) {
      Progress.Look look = progress.awaitAfter(seen, Duration.ofSeconds(1));
      seen = look.at().isAfter(seen) ? look.at() : seen;
      if (look.rated() != null && look.rated().isAfter(since)) {
        return Duration.between(since, look.rated());
      }
    }
    return null;
  }

  private String addressOf(String service) {
    for (int number = 1; number <= 3; number++) {
      if (stack.replica(number).service().equals(service)) {
        return stack.replica(number).address();
      }
    }
    return "";
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

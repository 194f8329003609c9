package org.bookvotes.chaos;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.random.RandomGenerator;

/**
 * Kills, stops and freezes replicas. Replica 1 is never ended, only frozen, so that something is
 * there that could leak for the whole run. Thread-safe.
 */
final class ReplicaFaults {

  /** Those that may be ended. */
  private static final List<Integer> MORTAL = List.of(2, 3);

  private static final Duration STORM_INTERVAL = Duration.ofSeconds(2);
  private static final Duration SLOT_PATIENCE = Duration.ofSeconds(3);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);

  /** Bit 14 of the set of signals, which are counted from 1. */
  private static final long SIGTERM = 1L << 14;

  private final Stack stack;
  private final Group group;
  private final Sampler sampler;
  // What replicas did that they must not do.
  private final List<String> irregularities = new CopyOnWriteArrayList<>();

  ReplicaFaults(Stack stack, Group group, Sampler sampler) {
    this.stack = stack;
    this.group = group;
    this.sampler = sampler;
  }

  /** Replicas that ended by themselves, or not in order when asked to. */
  List<String> irregularities() {
    return irregularities;
  }

  /** Kills a replica, if possible the one that holds slot 1, which is always in use. */
  Strike kill(Fault fault, RandomGenerator random, Targets.Lease lease)
      throws InterruptedException, Strike.MissedException {
    // Both, so that whoever holds the slot can be struck at once.
    for (int number : MORTAL) {
      lease.take(stack.replica(number).service());
      ensureRunning(stack.replica(number));
    }
    Instant patience = Instant.now().plus(SLOT_PATIENCE);
    Container replica = stack.replica(MORTAL.get(random.nextInt(MORTAL.size())));
    while (Instant.now().isBefore(patience)) {
      Optional<Container> holder =
          MORTAL.stream()
              .map(stack::replica)
              .filter(one -> sampler.holdsFirstSlot(one.address()))
              .findFirst();
      if (holder.isPresent()) {
        replica = holder.get();
        break;
      }
      Thread.sleep(2);
    }
    Container victim = replica;
    victim.signal("KILL");
    return new Strike(
        victim.service(),
        Instant.now(),
        fault.hold(),
        () -> {
          victim.awaitEnd(STOP_TIMEOUT);
          victim.start();
          return "";
        });
  }

  Strike stop(Fault fault, RandomGenerator random, Targets.Lease lease)
      throws InterruptedException, Strike.MissedException {
    Container replica = stack.replica(MORTAL.get(random.nextInt(MORTAL.size())));
    lease.take(replica.service());
    ensureRunning(replica);
    awaitHandler(replica);
    boolean served = hasStarted(replica);
    Instant asked = Instant.now();
    replica.signal("TERM");
    return new Strike(
        replica.service(),
        asked,
        fault.hold(),
        () -> {
          checkExit(replica, served);
          Duration took = Duration.between(asked, Instant.now()).minus(fault.hold());
          replica.start();
          return took.compareTo(Duration.ofSeconds(1)) > 0
              ? "stopped " + Text.seconds(took) + " after the hold"
              : "";
        });
  }

  /** Freezes a replica until the group has given its partitions to others, at least. */
  Strike freeze(Fault fault, RandomGenerator random, Targets.Lease lease)
      throws InterruptedException, Strike.MissedException {
    Container replica = stack.replica(1 + random.nextInt(3));
    lease.take(replica.service());
    ensureRunning(replica);
    replica.signal("STOP");
    return new Strike(
        replica.service(),
        Instant.now(),
        fault.hold(),
        () -> {
          try {
            if (group.hasMemberAt(replica.address())) {
              throw new Strike.MissedException("the group has not missed " + replica.service());
            }
            return "missed by the group";
          } finally {
            replica.signal("CONT");
          }
        });
  }

  /** Stops or kills two replicas in turn, and starts them again, until the time is over. */
  Strike storm(Fault fault, RandomGenerator random, Targets.Lease lease)
      throws InterruptedException, Strike.MissedException {
    for (int number : MORTAL) {
      lease.take(stack.replica(number).service());
    }
    Instant start = Instant.now();
    Instant next = start;
    int turns = 0;
    while (Instant.now().isBefore(start.plus(fault.hold()))) {
      Container replica = stack.replica(MORTAL.get(turns % MORTAL.size()));
      ensureRunning(replica);
      if (random.nextBoolean()) {
        awaitHandler(replica);
        boolean served = hasStarted(replica);
        replica.signal("TERM");
        checkExit(replica, served);
      } else {
        replica.signal("KILL");
        replica.awaitEnd(STOP_TIMEOUT);
      }
      replica.start();
      turns++;
      next = next.plus(STORM_INTERVAL);
      Duration left = Duration.between(Instant.now(), next);
      if (left.isPositive()) {
        Thread.sleep(left);
      }
    }
    return Strike.over(turns + " restarts", Instant.now());
  }

  /** A replica that ends by itself is one of the things to be found; it is started again. */
  void ensureRunning(Container replica) {
    if (!replica.isRunning()) {
      irregularities.add(
          replica.service()
              + " has ended by itself, with exit code "
              + replica.awaitEnd(STOP_TIMEOUT).map(String::valueOf).orElse("?"));
      replica.start();
    }
  }

  /** Notes the replicas that have ended by themselves. */
  void ensureAllRunning() {
    for (int number = 1; number <= 3; number++) {
      ensureRunning(stack.replica(number));
    }
  }

  /**
   * Waits until the replica handles SIGTERM. It is process 1 of its container, and what such a
   * process does not handle the kernel withholds from it: in the first moments of a JVM the signal
   * would be lost.
   */
  private static void awaitHandler(Container replica) throws InterruptedException {
    Instant deadline = Instant.now().plus(STOP_TIMEOUT);
    while (replica.isRunning() && (handledSignals(replica) & SIGTERM) == 0) {
      if (Instant.now().isAfter(deadline)) {
        throw new IllegalStateException(replica.service() + " does not handle SIGTERM");
      }
      Thread.sleep(50);
    }
  }

  private static long handledSignals(Container replica) {
    try {
      return Long.parseUnsignedLong(
          replica.execute("sed", "-n", "s/^SigCgt:[[:space:]]*//p", "/proc/1/status").strip(), 16);
    } catch (Docker.FailedException e) {
      return 0; // It is about to start, or has ended.
    }
  }

  private static boolean hasStarted(Container replica) {
    return replica.logSince(replica.startedAt()).contains("Processor - started");
  }

  /**
   * @param served whether it had started before it was asked: a JVM without its handlers says 143
   */
  private void checkExit(Container replica, boolean served) {
    Optional<Integer> code = replica.awaitEnd(STOP_TIMEOUT);
    if (code.isEmpty()) {
      irregularities.add(replica.service() + " does not end in " + STOP_TIMEOUT + " at SIGTERM");
      replica.signal("KILL");
      replica.awaitEnd(STOP_TIMEOUT);
    } else if (code.get() != 0 && (served || code.get() != 143)) {
      irregularities.add(replica.service() + " exits with " + code.get() + " at SIGTERM");
    }
  }
}

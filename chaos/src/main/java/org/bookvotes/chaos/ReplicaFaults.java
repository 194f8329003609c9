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

  private final Stack stack;
  private final Targets targets;
  private final Sampler sampler;
  // What replicas did that they must not do.
  private final List<String> irregularities = new CopyOnWriteArrayList<>();

  ReplicaFaults(Stack stack, Targets targets, Sampler sampler) {
    this.stack = stack;
    this.targets = targets;
    this.sampler = sampler;
  }

  /** Replicas that ended by themselves, or with another code than 0 when asked to. */
  List<String> irregularities() {
    return irregularities;
  }

  /** Kills a replica, if possible the one that holds slot 1, which is always in use. */
  Strike kill(Fault fault, RandomGenerator random) throws InterruptedException {
    Instant patience = Instant.now().plus(SLOT_PATIENCE);
    int number = MORTAL.get(random.nextInt(MORTAL.size()));
    while (Instant.now().isBefore(patience)) {
      String holder = sampler.slotHolders().get(1);
      Optional<Integer> mortal =
          MORTAL.stream().filter(n -> stack.replica(n).address().equals(holder)).findFirst();
      if (mortal.isPresent()) {
        number = mortal.get();
        break;
      }
      Thread.sleep(5);
    }
    Container replica = stack.replica(number);
    targets.take(replica.service());
    ensureRunning(replica);
    replica.signal("KILL");
    return new Strike(
        replica.service(),
        fault.hold(),
        () -> {
          replica.awaitEnd();
          replica.start();
          targets.giveBack(replica.service());
          return "";
        });
  }

  Strike stop(Fault fault, RandomGenerator random) throws InterruptedException {
    Container replica = stack.replica(MORTAL.get(random.nextInt(MORTAL.size())));
    targets.take(replica.service());
    ensureRunning(replica);
    Instant asked = Instant.now();
    replica.signal("TERM");
    return new Strike(
        replica.service(),
        fault.hold(),
        () -> {
          checkExit(replica, replica.awaitEnd());
          Duration took = Duration.between(asked, Instant.now()).minus(fault.hold());
          replica.start();
          targets.giveBack(replica.service());
          return took.isPositive() ? "stopped " + Text.seconds(took) + " after the hold" : "";
        });
  }

  Strike freeze(Fault fault, RandomGenerator random) throws InterruptedException {
    Container replica = stack.replica(1 + random.nextInt(3));
    targets.take(replica.service());
    ensureRunning(replica);
    replica.signal("STOP");
    return new Strike(
        replica.service(),
        fault.hold(),
        () -> {
          replica.signal("CONT");
          targets.giveBack(replica.service());
          return "";
        });
  }

  /** Stops or kills two replicas in turn, and starts them again, until the time is over. */
  Strike storm(Fault fault, RandomGenerator random) throws InterruptedException {
    for (int number : MORTAL) {
      targets.take(stack.replica(number).service());
    }
    try {
      Instant end = Instant.now().plus(fault.hold());
      int turns = 0;
      while (Instant.now().isBefore(end)) {
        Container replica = stack.replica(MORTAL.get(turns % MORTAL.size()));
        ensureRunning(replica);
        boolean asked = random.nextBoolean();
        replica.signal(asked ? "TERM" : "KILL");
        int code = replica.awaitEnd();
        if (asked) {
          checkExit(replica, code);
        }
        replica.start();
        turns++;
        Thread.sleep(STORM_INTERVAL);
      }
      return Strike.over(turns + " restarts");
    } finally {
      for (int number : MORTAL) {
        targets.giveBack(stack.replica(number).service());
      }
    }
  }

  /** A replica that ends by itself is one of the things to be found; it is started again. */
  void ensureRunning(Container replica) {
    if (!replica.isRunning()) {
      irregularities.add(
          replica.service() + " has ended by itself, with exit code " + replica.awaitEnd());
      replica.start();
    }
  }

  /** Notes the replicas that have ended by themselves. */
  void ensureAllRunning() {
    for (int number = 1; number <= 3; number++) {
      ensureRunning(stack.replica(number));
    }
  }

  private void checkExit(Container replica, int code) {
    // Before its handlers are in place, a JVM that is asked to end says 143.
    boolean justStarted =
        Duration.between(replica.startedAt(), Instant.now()).compareTo(Duration.ofSeconds(10)) < 0;
    if (code != 0 && !(code == 143 && justStarted)) {
      irregularities.add(replica.service() + " exits with " + code + " at SIGTERM");
    }
  }
}

package org.bookvotes.chaos;

import java.util.List;
import java.util.Scanner;
import java.util.random.RandomGenerator;

/**
 * Drops packets between a replica and its servers: nobody is told, nothing is reset. Thread-safe.
 */
final class NetworkFaults {

  private final Stack stack;
  private final Targets targets;
  private final ReplicaFaults replicas;

  NetworkFaults(Stack stack, Targets targets, ReplicaFaults replicas) {
    this.stack = stack;
    this.targets = targets;
    this.replicas = replicas;
  }

  Strike cutPostgres(Fault fault, RandomGenerator random) throws InterruptedException {
    return cut(fault, random, List.of(stack.postgres()));
  }

  Strike cutKafka(Fault fault, RandomGenerator random) throws InterruptedException {
    return cut(fault, random, List.of(stack.broker(1), stack.broker(2), stack.broker(3)));
  }

  private Strike cut(Fault fault, RandomGenerator random, List<Container> peers)
      throws InterruptedException {
    Container replica = stack.replica(1 + random.nextInt(3));
    targets.take(replica.service());
    replicas.ensureRunning(replica);
    for (Container peer : peers) {
      stack.iptables(replica, "--append", "INPUT", "--source", peer.address(), "--jump", "DROP");
      stack.iptables(
          replica, "--append", "OUTPUT", "--destination", peer.address(), "--jump", "DROP");
    }
    return new Strike(
        replica.service(),
        fault.hold(),
        () -> {
          try {
            long dropped = droppedPackets(replica);
            stack.iptables(replica, "--flush");
            if (dropped == 0) {
              throw new Strike.MissedException("no packet was dropped");
            }
            return dropped + " packets dropped";
          } finally {
            targets.giveBack(replica.service());
          }
        });
  }

  private long droppedPackets(Container replica) {
    return stack
        .iptables(replica, "--list", "--verbose", "--exact", "--numeric")
        .lines()
        .filter(line -> line.contains("DROP"))
        .mapToLong(line -> new Scanner(line).nextLong())
        .sum();
  }
}

package org.bookvotes.chaos;

import java.time.Instant;
import java.util.List;
import java.util.Scanner;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * Drops packets between a replica and its servers: nobody is told, nothing is reset. Thread-safe.
 */
final class NetworkFaults {

  private final Stack stack;
  private final ReplicaFaults replicas;

  NetworkFaults(Stack stack, ReplicaFaults replicas) {
    this.stack = stack;
    this.replicas = replicas;
  }

  Strike cutPostgres(Fault fault, RandomGenerator random, Targets.Lease lease)
      throws InterruptedException, Strike.MissedException {
    return cut(fault, random, lease, List.of(stack.postgres()));
  }

  Strike cutKafka(Fault fault, RandomGenerator random, Targets.Lease lease)
      throws InterruptedException, Strike.MissedException {
    return cut(fault, random, lease, List.of(stack.broker(1), stack.broker(2), stack.broker(3)));
  }

  private Strike cut(
      Fault fault, RandomGenerator random, Targets.Lease lease, List<Container> peers)
      throws InterruptedException, Strike.MissedException {
    Container replica = stack.replica(1 + random.nextInt(3));
    lease.take(replica.service());
    replicas.ensureRunning(replica);
    String rules =
        peers.stream()
            .map(
                peer ->
                    "iptables --wait --append INPUT --source %1$s --jump DROP && iptables --wait --append OUTPUT --destination %1$s --jump DROP"
                        .formatted(peer.address()))
            .collect(Collectors.joining(" && "));
    stack.inNetworkOf(replica, rules);
    return new Strike(
        replica.service(),
        Instant.now(),
        fault.hold(),
        () -> {
          long dropped =
              droppedPackets(
                  stack.inNetworkOf(
                      replica,
                      "iptables --list --verbose --exact --numeric; iptables --wait --flush"));
          if (dropped == 0) {
            throw new Strike.MissedException("no packet was dropped");
          }
          return dropped + " packets dropped";
        });
  }

  private static long droppedPackets(String list) {
    return list.lines()
        .filter(line -> line.contains("DROP"))
        .mapToLong(line -> new Scanner(line).nextLong())
        .sum();
  }
}

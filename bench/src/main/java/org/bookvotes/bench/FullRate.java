package org.bookvotes.bench;

import java.time.Duration;
import java.util.Locale;
import org.bookvotes.bench.Bookvotes.Replica;
import org.bookvotes.contracts.VoteTopics;

/**
 * Finds how many votes a second the whole system counts at most, while the producer that feeds it
 * runs beside it. Used by one thread.
 */
final class FullRate {

  // Also when the benchmark is only tried: what follows is loaded by this.
  private static final Duration LEAST = Duration.ofSeconds(5);
  private static final Duration DRAIN_TIMEOUT = Duration.ofMinutes(20);

  private FullRate() {}

  /**
   * Measures, then lets the replica catch up.
   *
   * @param books that votes are sent for
   * @param warmUp before, under the same load; at least five seconds
   * @param length of the measurement; at least five seconds
   * @param log told also how far ahead the producer was: if not at all, it was the slower one
   * @return votes a second
   */
  static double measure(
      Servers servers, Replica replica, int books, Duration warmUp, Duration length, Log log)
      throws Exception {
    double rate;
    try (SteadyLoad load = SteadyLoad.start(servers, books, 0)) {
      Thread.sleep(longer(warmUp));
      long before = servers.bookvotes().counted();
      load.begin();
      long startNanos = System.nanoTime();
      Thread.sleep(longer(length));
      long after = servers.bookvotes().counted();
      rate = (after - before) / ((System.nanoTime() - startNanos) / 1e9);
      log.say(
          String.format(
              Locale.ROOT,
              "  full rate: %,.0f votes a second counted, %,.0f sent, %,d waiting",
              rate,
              load.rate(),
              servers.kafka().recordCount(VoteTopics.VOTES) - after));
    }
    if (rate <= 0) {
      throw new IllegalStateException("nothing was counted in " + length);
    }
    servers.bookvotes().awaitFresh(replica, DRAIN_TIMEOUT);
    return rate;
  }

  private static Duration longer(Duration duration) {
    return duration.compareTo(LEAST) < 0 ? LEAST : duration;
  }
}

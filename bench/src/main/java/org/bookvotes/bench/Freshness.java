package org.bookvotes.bench;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bookvotes.bench.Bookvotes.Replica;
import org.bookvotes.bench.Probes.Probe;

/** How long it takes from a vote to the rating that it is part of. */
final class Freshness implements Benchmark {

  private static final Metric SENT = new Metric("votes a second, sent", "");
  private static final Metric P50 = new Metric("acknowledged to fresh, p50", "ms");
  private static final Metric P99 = new Metric("p99", "ms");
  private static final Metric MAX = new Metric("max", "ms");
  private static final Metric P50_SENT = new Metric("sent to fresh, p50", "ms");
  private static final Metric P99_SENT = new Metric("sent to fresh, p99", "ms");
  private static final Metric SHARE = new Metric("sent, of what was to be sent", "");

  private static final List<Integer> LOADS_PERCENT = List.of(10, 50, 80);
  private static final int GOAL_PERCENT = 50;
  private static final int BOOKS = 100_000;
  private static final int LENGTH_SECONDS = 60;
  private static final int WARM_UP_SECONDS = 15;
  private static final Duration FULL_RATE_LENGTH = Duration.ofSeconds(30);
  private static final int PROBES_PER_SECOND = 50;
  private static final Duration DRAIN_TIMEOUT = Duration.ofMinutes(10);

  // The next probe is a book that nobody has voted for.
  private long nextProbe = BOOKS + 1L;

  @Override
  public String name() {
    return "freshness";
  }

  @Override
  public String title() {
    return "From a vote to the rating that it is part of, at three loads";
  }

  @Override
  public Result run(Options options) throws Exception {
    int books = options.scaled(BOOKS);
    Duration warmUp = options.scaled(Duration.ofSeconds(WARM_UP_SECONDS));
    Duration length = options.scaled(Duration.ofSeconds(LENGTH_SECONDS));
    try (Servers servers = Servers.start(options.root(), Map.of());
        Replica replica = servers.bookvotes().run("bookvotes", IngestPeers.JVM)) {
      servers.bookvotes().awaitReady(replica);
      double most =
          FullRate.measure(
              servers, replica, books, warmUp, options.scaled(FULL_RATE_LENGTH), options.log());
      List<Row> rows =
          Rounds.inTurn(
              options.rounds(),
              LOADS_PERCENT.stream()
                  .map(
                      percent ->
                          new Contestant(
                              percent + " %",
                              () ->
                                  attempt(
                                      servers,
                                      replica,
                                      books,
                                      most * percent / 100,
                                      warmUp,
                                      length)))
                  .toList(),
              options.log());
      Row half = rows.get(LOADS_PERCENT.indexOf(GOAL_PERCENT));
      return new Result(
          name(),
          title(),
          options.scale(),
          settings(books, most, length),
          List.of(new Result.Table("", rows)),
          List.of(
              Goal.atMost(100, "at 50 %, p50", half.figure(P50)),
              Goal.atMost(1000, "at 50 %, p99", half.figure(P99)),
              Goal.atLeast(0.95, "at 50 %, share of the load that was sent", half.figure(SHARE))),
          List.of(),
          NOTES);
    }
  }

  private Map<Metric, Double> attempt(
      Servers servers, Replica replica, int books, double rate, Duration warmUp, Duration length)
      throws Exception {
    int count = (int) Math.max(20, length.toMillis() * PROBES_PER_SECOND / 1000);
    try (Probes probes = Probes.register(servers, nextProbe, count)) {
      nextProbe += count;
      double sent;
      try (SteadyLoad load = SteadyLoad.start(servers, books, rate)) {
        Thread.sleep(warmUp);
        load.begin();
        probes.send(length);
        sent = load.rate();
      }
      servers.bookvotes().awaitFresh(replica, DRAIN_TIMEOUT);
      List<Probe> all = probes.read();
      Percentiles fromAcknowledged = millis(all, true);
      Percentiles fromSent = millis(all, false);
      Map<Metric, Double> measured = new LinkedHashMap<>();
      measured.put(SENT, sent);
      measured.put(P50, fromAcknowledged.at(50));
      measured.put(P99, fromAcknowledged.at(99));
      measured.put(MAX, fromAcknowledged.max());
      measured.put(P50_SENT, fromSent.at(50));
      measured.put(P99_SENT, fromSent.at(99));
      measured.put(SHARE, (sent - count / (length.toNanos() / 1e9)) / rate);
      return measured;
    }
  }

  private static Percentiles millis(List<Probe> probes, boolean acknowledged) {
    return new Percentiles(
        probes.stream()
            .mapToDouble(
                probe ->
                    1000
                        * (acknowledged
                            ? probe.secondsFromAcknowledged()
                            : probe.secondsFromSent()))
            .toArray());
  }

  private static Map<String, String> settings(int books, double most, Duration length) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(
        "100 %",
        String.format(
            Locale.ROOT,
            "%,.0f votes a second: what the whole system counts while a producer sends as fast as"
                + " it can on the same machine",
            most));
    settings.put(
        "load",
        String.format(
            Locale.ROOT,
            "Zipf with exponent 1 over %,d books, %d s each, after a warm-up",
            books,
            length.toSeconds()));
    settings.put("JVM", String.join(" ", IngestPeers.JVM));
    settings.put("PostgreSQL", PostgresServer.SETTINGS.toString());
    return settings;
  }

  private static final List<String> NOTES =
      List.of(
          "Beside the load, "
              + PROBES_PER_SECOND
              + " votes a second go to books that get no other vote, sent one by one (acks=all, no"
              + " linger). Such a book's row is written twice, with its vote and with its rating, so that"
              + " when all is over the row's xmin tells which transaction made the vote count, and"
              + " pg_xact_commit_timestamp when. Nothing looks at the books while the load runs. A"
              + " probe without exactly its vote and rating ends the benchmark.",
          "The servers' containers, the replica and the producers share one machine and its clock. The"
              + " server takes the time just before the commit is flushed, so that a reader sees the"
              + " rating about one flush later.",
          "From \"acknowledged\" the clock runs when the producer's thread has Kafka's answer; on a busy"
              + " machine that may be late. From \"sent\" it runs before: the truth is between the two.");
}

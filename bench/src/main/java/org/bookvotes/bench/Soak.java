package org.bookvotes.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bookvotes.bench.Bookvotes.Replica;
import org.bookvotes.bench.Probes.Probe;
import org.bookvotes.bench.SoakWatch.Look;
import org.bookvotes.postgres.SqlFile;

/** Half an hour of votes over a million books: what grows, and what does not. */
final class Soak implements Benchmark {

  private static final Metric COUNTED = new Metric("votes a second", "");
  private static final Metric HOT = new Metric("HOT updates", "%");
  private static final Metric GROWTH = new Metric("heap at the end, over that at a sixth", "×");
  private static final Metric MEMORY = new Metric("most memory (RSS)", "MB");
  private static final Metric P50 = new Metric("acknowledged to fresh, p50", "ms");
  private static final Metric P99 = new Metric("p99", "ms");
  private static final Metric WAL = new Metric("write-ahead log a vote", "bytes");

  private static final SqlFile HOT_UPDATES = SqlFile.of(Soak.class, "hot_updates.sql");

  private static final int BOOKS = 1_000_000;
  private static final Duration LENGTH = Duration.ofMinutes(30);
  private static final Duration FULL_RATE_LENGTH = Duration.ofSeconds(30);
  private static final Duration WARM_UP = Duration.ofSeconds(20);
  private static final Duration WAL_LENGTH = Duration.ofSeconds(60);
  private static final Duration LOOK_INTERVAL = Duration.ofSeconds(5);
  private static final Duration DRAIN_TIMEOUT = Duration.ofMinutes(20);
  private static final double SHARE_OF_FULL_RATE = 0.5;
  private static final List<Integer> WAL_LOADS_PERCENT = List.of(10, 50, 80);
  private static final int PROBES_PER_SECOND = 10;
  private static final int PROBES_A_POINT = 200;
  private static final List<String> JVM = List.of("-Xmx256m");

  /** Updates of the books until now, and those of them that stayed on their page. */
  private record Updates(double all, double hot) {}

  @Override
  public String name() {
    return "soak";
  }

  @Override
  public String title() {
    return "Half an hour of votes over a million books at half of the full rate";
  }

  @Override
  public Result run(Options options) throws Exception {
    int books = options.scaled(BOOKS);
    Duration length = options.scaled(LENGTH);
    try (Servers servers = Servers.start(options.root(), Map.of())) {
      double most = fullRate(servers, books, options);
      // Bloat that full rate made is not what is watched.
      servers.postgres().execute("VACUUM (FULL, ANALYZE) books", "CHECKPOINT");
      try (Replica replica = servers.bookvotes().run("bookvotes", JVM)) {
        servers.bookvotes().awaitReady(replica);
        int probeCount = (int) Math.max(20, length.toSeconds() * PROBES_PER_SECOND);
        List<Look> looks;
        List<Probe> probes;
        Updates before = updates(servers.postgres());
        try (Probes sender = Probes.register(servers, BOOKS + 1L, probeCount)) {
          looks = watchLoad(servers, replica, books, most * SHARE_OF_FULL_RATE, sender, length);
          servers.bookvotes().awaitFresh(replica, DRAIN_TIMEOUT);
          probes = sender.read();
        }
        Updates after = updates(servers.postgres());
        double memory = replica.program().peakMemoryBytes() / 1e6;
        options.log().say("  at the end: " + SoakWatch.describe(looks.getLast()));
        List<Row> walRows = walAtLoads(servers, replica, books, most, options);
        Row soak = Row.of("half an hour", soakValues(looks, probes, before, after, memory));
        return new Result(
            name(),
            title(),
            options.scale(),
            settings(books, most, length),
            List.of(
                new Result.Table("The whole time", List.of(soak)),
                new Result.Table("Write-ahead log by load", walRows)),
            List.of(
                Goal.atLeast(95, "HOT updates", soak.figure(HOT)),
                Goal.atMost(
                    1.2, "heap at the end, over that after the first sixth", soak.figure(GROWTH))),
            plots(looks, probes),
            NOTES);
      }
    }
  }

  private static double fullRate(Servers servers, int books, Options options) throws Exception {
    try (Replica replica = servers.bookvotes().run("bookvotes", JVM)) {
      servers.bookvotes().awaitReady(replica);
      return FullRate.measure(
          servers,
          replica,
          books,
          options.scaled(WARM_UP),
          options.scaled(FULL_RATE_LENGTH),
          options.log());
    }
  }

  private static List<Look> watchLoad(
      Servers servers, Replica replica, int books, double rate, Probes probes, Duration length)
      throws Exception {
    Duration interval =
        LOOK_INTERVAL.compareTo(length.dividedBy(60)) < 0 ? LOOK_INTERVAL : length.dividedBy(60);
    try (SteadyLoad load = SteadyLoad.start(servers, books, rate);
        SoakWatch watch = SoakWatch.start(servers.postgres(), replica.program(), interval)) {
      probes.send(length);
      load.rate(); // Fails if the producer has ended.
      return watch.end();
    }
  }

  private static List<Row> walAtLoads(
      Servers servers, Replica replica, int books, double most, Options options) throws Exception {
    List<Row> rows = new ArrayList<>();
    for (int percent : WAL_LOADS_PERCENT) {
      try (SteadyLoad load = SteadyLoad.start(servers, books, most * percent / 100)) {
        Thread.sleep(options.scaled(WARM_UP));
        double wal = servers.postgres().walBytes();
        long counted = servers.bookvotes().counted();
        load.begin();
        Thread.sleep(options.scaled(WAL_LENGTH));
        double rate = load.rate();
        double votes = servers.bookvotes().counted() - counted;
        Map<Metric, List<Double>> values = new LinkedHashMap<>();
        values.put(COUNTED, List.of(rate));
        values.put(WAL, List.of((servers.postgres().walBytes() - wal) / votes));
        rows.add(Row.of(percent + " %", values));
      }
      servers.bookvotes().awaitFresh(replica, DRAIN_TIMEOUT);
    }
    return rows;
  }

  private static Map<Metric, List<Double>> soakValues(
      List<Look> looks, List<Probe> probes, Updates before, Updates after, double memory) {
    Look first = looks.getFirst();
    Look last = looks.getLast();
    double sixth = last.seconds() / 6;
    Look settled = looks.stream().filter(look -> look.seconds() >= sixth).findFirst().orElseThrow();
    Percentiles fresh =
        new Percentiles(
            probes.stream().mapToDouble(probe -> 1000 * probe.secondsFromAcknowledged()).toArray());
    Map<Metric, List<Double>> values = new LinkedHashMap<>();
    values.put(
        COUNTED, List.of((last.counted() - first.counted()) / (last.seconds() - first.seconds())));
    values.put(HOT, List.of(100 * (after.hot() - before.hot()) / (after.all() - before.all())));
    values.put(GROWTH, List.of(last.heap() / settled.heap()));
    values.put(MEMORY, List.of(memory));
    values.put(P50, List.of(fresh.at(50)));
    values.put(P99, List.of(fresh.at(99)));
    values.put(
        WAL,
        List.of(
            (last.walMegabytes() - first.walMegabytes())
                * 1e6
                / (last.counted() - first.counted())));
    return values;
  }

  private static Updates updates(PostgresServer postgres)
      throws SQLException, InterruptedException {
    // Sessions report what they did only now and then.
    Thread.sleep(Duration.ofSeconds(12));
    try (Connection connection = postgres.connect();
        PreparedStatement statement = HOT_UPDATES.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return new Updates(row.getDouble("updates"), row.getDouble("hot"));
    }
  }

  private static List<Plot> plots(List<Look> looks, List<Probe> probes) {
    return List.of(
        new Plot(
            "soak-size",
            "Size of books",
            "MB",
            List.of(
                SoakWatch.series("heap", looks, Look::heap),
                SoakWatch.series("index", looks, Look::index),
                SoakWatch.series("files of stale_batches", looks, Look::staleHeap))),
        new Plot(
            "soak-stale",
            "Rows",
            "",
            List.of(
                SoakWatch.series("stale books", looks, Look::staleBooks),
                SoakWatch.series("dead rows of books", looks, Look::deadRows))),
        new Plot(
            "soak-votes",
            "Votes counted",
            "a second",
            List.of(SoakWatch.rate("votes", looks, Look::counted))),
        new Plot(
            "soak-wal",
            "Write-ahead log",
            "MB a second",
            List.of(SoakWatch.rate("write-ahead log", looks, Look::walMegabytes))),
        new Plot(
            "soak-memory",
            "Memory of the processor",
            "MB",
            List.of(SoakWatch.series("RSS", looks, Look::memory))),
        new Plot(
            "soak-freshness",
            "From acknowledged to fresh",
            "ms",
            List.of(freshness("p50", probes, 50), freshness("p99", probes, 99))));
  }

  /** A point for so many probes. */
  private static Plot.Series freshness(String name, List<Probe> probes, int percent) {
    List<Plot.Point> points = new ArrayList<>();
    for (int from = 0; from < probes.size(); from += PROBES_A_POINT) {
      List<Probe> some = probes.subList(from, Math.min(probes.size(), from + PROBES_A_POINT));
      double seconds =
          Duration.between(probes.getFirst().sent(), some.getLast().sent()).toNanos() / 1e9;
      Percentiles percentiles =
          new Percentiles(
              some.stream().mapToDouble(p -> 1000 * p.secondsFromAcknowledged()).toArray());
      points.add(new Plot.Point(seconds, percentiles.at(percent)));
    }
    return new Plot.Series(name, points);
  }

  private static Map<String, String> settings(int books, double most, Duration length) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(
        "load",
        String.format(
            Locale.ROOT,
            "%,.0f votes a second for %d s, Zipf with exponent 1 over %,d books",
            most * SHARE_OF_FULL_RATE,
            length.toSeconds(),
            books));
    settings.put(
        "full rate",
        String.format(
            Locale.ROOT, "%,.0f votes a second, with the producer on the same machine", most));
    settings.put("JVM", String.join(" ", JVM));
    settings.put("PostgreSQL", PostgresServer.SETTINGS.toString());
    return settings;
  }

  private static final List<String> NOTES =
      List.of(
          "Before the half hour the full rate is measured on the same books; then the replica is"
              + " started anew and the books are rewritten without bloat. Autovacuum is as out of the"
              + " box.",
          "Freshness is measured as in the benchmark of that name, with "
              + PROBES_PER_SECOND
              + " probes a second.",
          "HOT updates are those of pg_stat_user_tables over the whole time, votes and ratings"
              + " together.",
          "At the end all votes of the topic must be in the books and each rating must be that of its"
              + " votes; else there is no result.");
}

package org.bookvotes.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bookvotes.bench.Bookvotes.Replica;
import org.bookvotes.postgres.SqlFile;

/** What a replica takes: to start, while nothing happens, and at full rate. */
final class Footprint implements Benchmark {

  private static final Metric START = new Metric("start to ready", "s");
  private static final Metric CPU = new Metric("processor, of one core", "%");
  private static final Metric STATEMENTS = new Metric("statements a second", "");
  private static final Metric TRANSACTIONS = new Metric("transactions a second", "");
  private static final Metric WAKE_UPS = new Metric("wake-ups a second", "");
  private static final Metric LAUNCHES = new Metric("workers launched", "");
  private static final Metric MEMORY = new Metric("most memory (RSS)", "MB");

  private static final int STARTS = 10;
  private static final int BOOKS = 100_000;
  private static final int VOTES = 2_000_000;
  private static final int IDLE_SECONDS = 60;
  // Pools, connections and the consumer's first fetches have settled by then.
  private static final Duration SETTLE = Duration.ofSeconds(20);
  private static final Duration FRESH_TIMEOUT = Duration.ofMinutes(15);
  private static final String LAUNCHES_METER = "bookvotes_worker_launches_total";
  private static final String MEMORY_LIMIT = "-Xmx256m";
  private static final List<String> JVM = List.of(MEMORY_LIMIT);

  private static final SqlFile STATEMENTS_SEEN = SqlFile.of(Footprint.class, "statements_seen.sql");
  private static final SqlFile TOP_STATEMENTS = SqlFile.of(Footprint.class, "top_statements.sql");

  /** What counters say at one moment. */
  private record Counters(
      long nanos, Duration cpu, double statements, double transactions, long wakeUps) {}

  @Override
  public String name() {
    return "footprint";
  }

  @Override
  public String title() {
    return "What a replica takes to start, while nothing happens, and at full rate";
  }

  @Override
  public Result run(Options options) throws Exception {
    int books = options.scaled(BOOKS);
    Path cache = options.root().resolve("bench/target/bookvotes.aot");
    try (Servers servers =
            Servers.start(
                options.root(), Map.of("shared_preload_libraries", "pg_stat_statements"));
        Connection watch = servers.postgres().connect()) {
      servers.postgres().execute("CREATE EXTENSION pg_stat_statements");
      try (Program produce = servers.bookvotes().produce(1, books, 0)) {
        Bookvotes.awaitSent(produce);
      }
      trainCache(servers.bookvotes(), cache);
      List<String> cached = List.of(MEMORY_LIMIT, "-XX:AOTCache=" + cache);
      List<Row> starts =
          Rounds.inTurn(
              options.scaled(STARTS),
              List.of(
                  new Contestant("the jar", () -> start(servers, JVM)),
                  new Contestant(
                      "with a class cache, as in the image", () -> start(servers, cached))),
              options.log());

      List<String> top;
      Row idle;
      Row busy;
      try (Replica replica = servers.bookvotes().run("bookvotes", JVM)) {
        servers.bookvotes().awaitReady(replica);
        servers.bookvotes().awaitFresh(replica, FRESH_TIMEOUT);
        Thread.sleep(SETTLE);
        Duration length = options.scaled(Duration.ofSeconds(IDLE_SECONDS));
        servers.postgres().execute("SELECT pg_stat_statements_reset()");
        idle = Row.of("idle", single(idle(servers, watch, replica, length)));
        top = topStatements(watch, length);
        double launchesBefore = servers.bookvotes().metric(replica, LAUNCHES_METER);
        busy = fullRate(servers, replica, options.scaled(VOTES), books);
        if (servers.bookvotes().metric(replica, LAUNCHES_METER) <= launchesBefore) {
          throw new IllegalStateException(
              LAUNCHES_METER
                  + " does not grow under load: it cannot tell that nothing was launched");
        }
      }
      return new Result(
          name(),
          title(),
          options.scale(),
          settings(books, options.scaled(VOTES)),
          List.of(
              new Result.Table("Start", starts),
              new Result.Table("Idle", List.of(idle)),
              new Result.Table("Full rate", List.of(busy))),
          List.of(
              Goal.atMost(1, "idle, share of one core", idle.figure(CPU)),
              Goal.atMost(2, "idle, statements a second", idle.figure(STATEMENTS)),
              Goal.atMost(0, "idle, workers launched", idle.figure(LAUNCHES)),
              Goal.atMost(2, "start to ready, as in the image", starts.get(1).figure(START)),
              Goal.atMost(400, "most memory at full rate", busy.figure(MEMORY))),
          List.of(),
          notes(top));
    }
  }

  /** Records the classes of a start, as the image does when it is built. */
  private static void trainCache(Bookvotes bookvotes, Path cache)
      throws IOException, InterruptedException {
    Files.deleteIfExists(cache);
    bookvotes.help(List.of("-XX:AOTCacheOutput=" + cache));
    if (!Files.exists(cache)) {
      throw new IllegalStateException("no class cache was written to " + cache);
    }
  }

  private static Map<Metric, Double> start(Servers servers, List<String> jvm) throws Exception {
    try (Replica replica = servers.bookvotes().run("bookvotes", jvm)) {
      servers.bookvotes().awaitReady(replica);
      return Map.of(START, replica.program().age().toNanos() / 1e9);
    }
  }

  private static Map<Metric, Double> idle(
      Servers servers, Connection watch, Replica replica, Duration length) throws Exception {
    double launches = servers.bookvotes().metric(replica, LAUNCHES_METER);
    Counters before = counters(watch, replica.program());
    Thread.sleep(length);
    Counters after = counters(watch, replica.program());
    launches = servers.bookvotes().metric(replica, LAUNCHES_METER) - launches;
    double seconds = (after.nanos() - before.nanos()) / 1e9;
    Map<Metric, Double> measured = new LinkedHashMap<>();
    measured.put(CPU, 100 * after.cpu().minus(before.cpu()).toNanos() / 1e9 / seconds);
    measured.put(STATEMENTS, (after.statements() - before.statements()) / seconds);
    measured.put(TRANSACTIONS, (after.transactions() - before.transactions()) / seconds);
    measured.put(WAKE_UPS, (after.wakeUps() - before.wakeUps()) / seconds);
    measured.put(LAUNCHES, launches);
    return measured;
  }

  private static Counters counters(Connection watch, Program program)
      throws SQLException, IOException {
    try (PreparedStatement statement = STATEMENTS_SEEN.prepare(watch);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return new Counters(
          System.nanoTime(),
          program.cpu(),
          row.getDouble("statements"),
          row.getDouble("transactions"),
          program.wakeUps());
    }
  }

  /** The commonest statements, each with its rate. */
  private static List<String> topStatements(Connection watch, Duration length) throws SQLException {
    List<String> top = new java.util.ArrayList<>();
    try (PreparedStatement statement = TOP_STATEMENTS.prepare(watch);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        top.add(
            String.format(
                Locale.ROOT,
                "%.2f a second: `%s`",
                row.getDouble("calls") / (length.toNanos() / 1e9),
                row.getString("query")));
      }
    }
    return top;
  }

  private static Row fullRate(Servers servers, Replica replica, int votes, int books)
      throws Exception {
    try (Program produce = servers.bookvotes().produce(votes, books, 0)) {
      Bookvotes.awaitSent(produce);
    }
    servers.bookvotes().awaitFresh(replica, FRESH_TIMEOUT);
    return Row.of("full rate", single(Map.of(MEMORY, replica.program().peakMemoryBytes() / 1e6)));
  }

  private static Map<Metric, List<Double>> single(Map<Metric, Double> values) {
    Map<Metric, List<Double>> single = new LinkedHashMap<>();
    values.forEach((metric, value) -> single.put(metric, List.of(value)));
    return single;
  }

  private static Map<String, String> settings(int books, int votes) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("books", String.format(Locale.ROOT, "%,d", books));
    settings.put(
        "full rate",
        String.format(Locale.ROOT, "%,d votes sent as fast as Kafka takes them", votes));
    settings.put("JVM", String.join(" ", JVM));
    settings.put("PostgreSQL", PostgresServer.SETTINGS + ", pg_stat_statements");
    return settings;
  }

  private static List<String> notes(List<String> top) {
    List<String> notes = new java.util.ArrayList<>();
    notes.add(
        "Starts are in turn, "
            + STARTS
            + " of each; idle and full rate are measured once. Start: from the start of the process"
            + " until /health/ready answers 200, which takes a database"
            + " that is migrated and a place in the consumer group. The class cache is recorded as"
            + " the image's is.");
    notes.add(
        "Idle: no votes, nothing stale, after "
            + SETTLE.toSeconds()
            + " s to settle. Statements are counted by pg_stat_statements, all of them, also those"
            + " that begin and end transactions; those of the measurement itself are left out."
            + " Wake-ups are voluntary context switches of the threads that live at both ends.");
    notes.add("Memory: the kernel's high-water mark (VmHWM) of the same process, at the end.");
    if (!top.isEmpty()) {
      notes.add("The commonest statements while idle: " + String.join("; ", top) + ".");
    }
    return notes;
  }
}

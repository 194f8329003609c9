package org.bookvotes.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.bookvotes.observability.Freshness;
import org.bookvotes.workers.WorkerCommand;

/** What it costs to have a short command run by somebody else than the own session. */
final class Launch implements Benchmark {

  private static final int LAUNCHES = 1000;
  private static final WorkerCommand.Recalculate COMMAND =
      new WorkerCommand.Recalculate(1000, Duration.ofSeconds(10));

  private static final Metric TIME = new Metric("time", "s");
  private static final Metric EACH = new Metric("each", "ms");
  private static final Metric SERVER_CPU = new Metric("server's processor time", "s");

  private static final String LAUNCH = "SELECT pid, cookie FROM pg_background_launch(?)";
  private static final String SELECT_RESULT =
      "SELECT r.result FROM pg_background_result(?, ?) AS r(result int)";
  private static final String CALL_RESULT =
      "SELECT r.books FROM pg_background_result(?, ?) AS r(books bigint, batches int, failed_books bigint,"
          + " error_sqlstate text, error_message text, freshness_counts bigint[],"
          + " freshness_seconds double precision[])";
  private static final String DBLINK =
      "SELECT r.result FROM dblink(?, 'SELECT 1') AS r(result int)";

  @Override
  public String name() {
    return "launch";
  }

  @Override
  public String title() {
    return "Launching a short command again and again";
  }

  @Override
  public Result run(Options options) throws Exception {
    int launches = options.scaled(LAUNCHES);
    List<Row> rows;
    try (BenchNetwork network = new BenchNetwork();
        PostgresServer server = PostgresServer.start(network);
        WorkerSession ours = new WorkerSession(server)) {
      BookTable.migrate(server, options.root());
      server.execute("CREATE EXTENSION dblink");
      try (Connection session = server.connect()) {
        String address = dblinkAddress(server, session);
        rows =
            Rounds.inTurn(
                options.rounds(),
                List.of(
                    contestant("plain", server, launches, () -> number(session, "SELECT 1")),
                    contestant(
                        "pg_background: launch and result",
                        server,
                        launches,
                        () -> launchBare(session, "SELECT 1", SELECT_RESULT)),
                    contestant(
                        "dblink, scram password",
                        server,
                        launches,
                        () -> number(session, DBLINK, address)),
                    contestant(
                        "pg_background: launch and result of our CALL",
                        server,
                        launches,
                        () -> launchBare(session, call(), CALL_RESULT)),
                    contestant(
                        "Bookvotes: slot, launch, outcome and release of that CALL",
                        server,
                        launches,
                        () -> ours.recalculate(COMMAND))),
                options.log());
      }
    }
    Figure ratio = rows.get(4).figure(TIME).over(rows.get(3).figure(TIME));
    Map<String, String> settings = new LinkedHashMap<>(PostgresServer.SETTINGS);
    settings.put("launches", String.valueOf(launches));
    return new Result(
        name(),
        title(),
        options.scale(),
        settings,
        List.of(new Result.Table("", rows)),
        List.of(
            Goal.atMost(1.25, "our launch to a bare launch and result of the same CALL", ratio)),
        List.of(),
        List.of(
            "Ours launches no other commands than its own: it is compared with a launch by hand of the"
                + " same, `CALL bookvotes.recalculate` when nothing is stale. The others run"
                + " `SELECT 1`."));
  }

  /** Does it once and returns what came of it. */
  @FunctionalInterface
  private interface Once {
    long run() throws SQLException;
  }

  private static Contestant contestant(
      String name, PostgresServer server, int launches, Once once) {
    return new Contestant(
        name,
        () -> {
          long sum = 0;
          long first = once.run();
          Duration cpu = server.cpu();
          long startNanos = System.nanoTime();
          for (int launch = 0; launch < launches; launch++) {
            sum += once.run();
          }
          double seconds = (System.nanoTime() - startNanos) / 1e9;
          if (sum != first * launches) {
            throw new IllegalStateException(name + " returned something else now and then");
          }
          Map<Metric, Double> measured = new LinkedHashMap<>();
          measured.put(TIME, seconds);
          measured.put(EACH, seconds / launches * 1e3);
          measured.put(SERVER_CPU, server.cpu().minus(cpu).toNanos() / 1e9);
          return measured;
        });
  }

  private static long launchBare(Connection session, String command, String result)
      throws SQLException {
    int pid;
    long cookie;
    try (PreparedStatement statement = session.prepareStatement(LAUNCH)) {
      statement.setString(1, command);
      try (ResultSet handle = statement.executeQuery()) {
        handle.next();
        pid = handle.getInt("pid");
        cookie = handle.getLong("cookie");
      }
    }
    return number(session, result, pid, cookie);
  }

  /** Of the only row the first column. */
  private static long number(Connection session, String sql, Object... arguments)
      throws SQLException {
    try (PreparedStatement statement = session.prepareStatement(sql)) {
      for (int i = 0; i < arguments.length; i++) {
        statement.setObject(i + 1, arguments[i]);
      }
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  private static String call() {
    return "CALL bookvotes.recalculate(%d, '%d s', '{%s}')"
        .formatted(
            COMMAND.batchSize(),
            COMMAND.timeBudget().toSeconds(),
            Arrays.stream(Freshness.boundsSeconds())
                .mapToObj(String::valueOf)
                .collect(Collectors.joining(",")));
  }

  /**
   * Where dblink connects to: an address for which the server demands a password.
   *
   * @throws IllegalStateException if it does not
   */
  private static String dblinkAddress(PostgresServer server, Connection session)
      throws SQLException {
    String address =
        "host=%s dbname=bookstore user=%s"
            .formatted(server.text("SELECT host(inet_server_addr())"), server.user());
    if (!server.text("SHOW password_encryption").equals("scram-sha-256")) {
      throw new IllegalStateException("the server's passwords are not scram-sha-256");
    }
    try {
      number(session, DBLINK, address + " password=wrong");
    } catch (SQLException e) {
      return address + " password=" + server.password();
    }
    throw new IllegalStateException("the server lets dblink in with a wrong password");
  }
}

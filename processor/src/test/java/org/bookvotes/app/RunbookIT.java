package org.bookvotes.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteEventCodec;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.Schema;
import org.bookvotes.testing.PrometheusServer;
import org.bookvotes.testing.Runbook;
import org.bookvotes.testing.Runbook.Block;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** Every command of {@code docs/runbook.md}, as a shell runs it, on real servers. */
class RunbookIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int BOOKS = 50;
  private static final int LATER_BOOK = BOOKS + 1;

  /**
   * The names that the commands use, here for the servers of this test. No match of grep is no
   * fault; everything else in a pipe that fails is one.
   */
  private static final String NAMES =
      """
      set -euo pipefail
      grep()      { command grep "$@" || [ $? = 1 ]; }
      psql()      { docker exec -i "$POSTGRES" psql -X -v ON_ERROR_STOP=1 --username "$DB_USER" --dbname "$DB" "$@"; }
      kafka()     { docker exec -i "$KAFKA" "/opt/kafka/bin/$1" --bootstrap-server localhost:9093 "${@:2}"; }
      bookvotes() { "$JAVA" -jar "$JAR" "$@"; }
      logs()      { curl -fsS "$CONTROL/logs"; }
      restart()   { curl -fsS -X POST "$CONTROL/restart"; }
      start()     { curl -fsS -X POST "$CONTROL/start"; }
      """;

  private static PostgreSQLContainer server;
  private static TestDatabase database;
  private static TestTopics topics;
  private static Map<Setting, String> settings;
  // Replaced by the thread of the control server.
  private static volatile ReplicaProcess replica;
  private static PrometheusServer prometheus;
  private static HttpServer control;

  @TempDir private static Path directory;

  private record Ended(int exitCode, String output) {}

  @BeforeAll
  static void start() throws IOException, SQLException {
    server = Servers.newPostgres("max_prepared_transactions=2");
    database = Servers.newEmptyDatabase(server);
    try (Database pool = database.open(2)) {
      new Schema(pool.pool()).migrate();
    }
    database.insertBooks(BOOKS);
    topics = Servers.newTopicsNamedByDefault(12);
    settings = Replica.settings(database, topics);
    settings.put(Setting.CONSUMER_GROUP, "bookvotes");
    settings.put(Setting.HTTP_PORT, Integer.toString(freePort()));
    replica = ReplicaProcess.start(settings);
    replica.awaitReady();
    prometheus = PrometheusServer.scraping(replica.port());
    control = startControl();

    Tally tally = new Tally(31, BOOKS);
    topics.sendVotes(tally.cast(1_000));
    VoteEvent early = new VoteEvent(UUID.randomUUID(), LATER_BOOK, Vote.UP, Instant.now());
    topics.sendAll(
        List.of(
            new ProducerRecord<>(topics.votes(), "no vote".getBytes(UTF_8)),
            new ProducerRecord<>(topics.votes(), VoteEventCodec.encode(early))));
    tally.awaitRated(database, topics);
    // It can be counted now: there is something to redrive.
    database.execute("INSERT INTO books (book_id, title) VALUES (" + LATER_BOOK + ", 'later')");
  }

  @AfterAll
  static void stop() {
    control.stop(0);
    prometheus.close();
    replica.close();
    topics.close();
    server.close();
  }

  @Test
  void everyFenceSaysWhatItHolds() {
    List<Block> blocks = Runbook.read().blocks();
    assertThat(blocks).extracting(Block::kind).containsOnly("sh", "sh change", "sh names");
    assertThat(blocks).filteredOn(block -> block.kind().equals("sh names")).hasSize(1);
  }

  @Test
  void theNamesForTheComposeFileAreTheSameAndAShellReadsThem()
      throws IOException, InterruptedException {
    Block names = Runbook.read().blocks().getFirst();
    assertThat(names.kind()).isEqualTo("sh names");
    Block ours = new Block("", 0, "", NAMES);
    assertThat(ours.functions()).containsAll(names.functions());
    assertThat(names.commands()).contains("\nREPLICA=", "\nPROMETHEUS=");
    assertThat(run(Map.of(), "bash", "-n", "-c", names.commands()).exitCode()).isZero();
  }

  static Stream<Block> blocks() {
    return Runbook.read().blocks().stream().filter(block -> !block.kind().equals("sh names"));
  }

  @ParameterizedTest
  @MethodSource("blocks")
  void itsCommandsWork(Block block) throws Exception {
    List<Filled> filled = new ArrayList<>();
    try {
      Map<String, String> environment = environment();
      for (String placeholder : block.placeholders()) {
        Filled value = fill(placeholder);
        filled.add(value);
        environment.put(placeholder, value.value());
      }
      Ended ended = run(environment, "bash", "-c", prelude() + block.commands());
      assertThat(ended.exitCode()).as("%s:%n%s", block.commands(), ended.output()).isZero();
      if (block.kind().equals("sh change")) {
        for (Filled value : filled) {
          Awaitility.await(block + " does what it is to do")
              .atMost(PATIENCE)
              .until(() -> value.done().getAsBoolean() || cancelled(block, ended));
        }
      }
    } finally {
      for (Filled value : filled) {
        value.close().run();
      }
    }
  }

  /** A session that was only cancelled stays; the server says whether it took the signal. */
  private static boolean cancelled(Block block, Ended ended) {
    return block.commands().contains("pg_cancel_backend")
        && ended.output().lines().anyMatch(line -> line.strip().equals("t"));
  }

  @Test
  void whatWasRedrivenIsCounted() throws Exception {
    Ended ended = run(environment(), "bash", "-c", prelude() + "bookvotes dead-letters redrive");
    assertThat(ended.exitCode()).as(ended.output()).isZero();
    assertThat(
            database.queryLong("SELECT votes_up FROM books WHERE book_id = ?", (long) LATER_BOOK))
        .isEqualTo(1);
  }

  /**
   * What a placeholder is filled in with.
   *
   * @param done whether what the command is to do to it has been done
   * @param close ends what is left of it
   */
  private record Filled(String value, BooleanSupplier done, Runnable close) {}

  private static Filled fill(String placeholder) {
    return switch (placeholder) {
      case "pid" -> someSession();
      case "book" -> new Filled("1", () -> true, () -> {});
      case "parallel_workers" ->
          new Filled(
              "4", () -> database.queryString("SHOW max_parallel_workers").equals("4"), () -> {});
      case "gid" -> {
        database.execute(
            "BEGIN; UPDATE books SET title = 'forgotten' WHERE book_id = 7; PREPARE TRANSACTION 'forgotten'");
        yield new Filled(
            "forgotten",
            () -> database.queryLong("SELECT count(*) FROM pg_prepared_xacts") == 0,
            () -> {});
      }
      case "slot" -> {
        database.execute("SELECT pg_create_physical_replication_slot('gone', true)");
        yield new Filled(
            "gone",
            () -> database.queryLong("SELECT count(*) FROM pg_replication_slots") == 0,
            () -> {});
      }
      default -> throw new AssertionError("nobody knows what to fill in for " + placeholder);
    };
  }

  private static Filled someSession() {
    try {
      Connection session = database.connect();
      session.setAutoCommit(false);
      String pid;
      try (var statement = session.createStatement();
          var row = statement.executeQuery("SELECT pg_backend_pid()")) {
        row.next();
        pid = row.getString(1);
      }
      return new Filled(
          pid,
          () ->
              database.queryLong(
                      "SELECT count(*) FROM pg_stat_activity WHERE pid = ?", Integer.valueOf(pid))
                  == 0,
          () -> {
            try {
              session.close();
            } catch (SQLException e) {
              throw new IllegalStateException(e);
            }
          });
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What the commands of the first chapter define is there for all others. */
  private static String prelude() {
    StringBuilder prelude = new StringBuilder(NAMES);
    List<Block> blocks = Runbook.read().blocks();
    blocks.stream()
        .filter(
            block ->
                block.chapter().equals(blocks.getFirst().chapter()) && block.kind().equals("sh"))
        .forEach(block -> prelude.append(block.commands()));
    return prelude.toString();
  }

  private static Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    settings.forEach((setting, value) -> environment.put(setting.variable(), value));
    // A command that is run beside the replica.
    environment.put(Setting.HTTP_PORT.variable(), "0");
    environment.put("POSTGRES", server.getContainerId());
    environment.put("DB", database.name());
    environment.put("DB_USER", database.user());
    environment.put("KAFKA", Servers.kafka().getContainerId());
    environment.put("JAVA", Path.of(System.getProperty("java.home"), "bin", "java").toString());
    environment.put("JAR", Path.of("target", "bookvotes.jar").toString());
    environment.put("CONTROL", "http://localhost:" + control.getAddress().getPort());
    environment.put("REPLICA", "http://localhost:" + settings.get(Setting.HTTP_PORT));
    environment.put("PROMETHEUS", prometheus.url());
    return environment;
  }

  private static Ended run(Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    // Not a pipe, which would have to be read until whoever writes to it has ended.
    Path output = directory.resolve("output");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      throw new AssertionError("it does not end: " + Files.readString(output));
    }
    return new Ended(process.exitValue(), Files.readString(output));
  }

  /** What a shell cannot do itself to a replica that belongs to this test. */
  private static HttpServer startControl() throws IOException {
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    answer(http, "/logs", () -> replica.log());
    answer(
        http,
        "/restart",
        () -> {
          replica.close();
          replica = ReplicaProcess.start(settings);
          replica.awaitReady();
          return "restarted";
        });
    answer(
        http,
        "/start",
        () -> {
          if (!replica.isAlive()) {
            replica = ReplicaProcess.start(settings);
          }
          replica.awaitReady();
          return "started";
        });
    http.start();
    return http;
  }

  private static void answer(HttpServer http, String path, Supplier<String> action) {
    http.createContext(
        path,
        exchange -> {
          try (exchange) {
            byte[] body = (action.get() + "\n").getBytes(UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
          }
        });
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}

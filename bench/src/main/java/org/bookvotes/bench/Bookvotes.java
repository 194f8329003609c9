package org.bookvotes.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bookvotes.contracts.VoteTopics;

/** Bookvotes as its users have it: the packaged command. Used by one thread. */
final class Bookvotes {

  private static final Duration COMMAND_TIMEOUT = Duration.ofMinutes(30);
  private static final Duration READY_TIMEOUT = Duration.ofMinutes(2);
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(5);
  private static final Pattern SENT = Pattern.compile("([\\d,]+) up and ([\\d,]+) down");

  private final Path jar;
  private final PostgresServer postgres;
  private final KafkaServer kafka;
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

  /** A running replica and the port of its health and metrics. */
  record Replica(Program program, int port) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      program.close();
    }
  }

  Bookvotes(Path root, PostgresServer postgres, KafkaServer kafka) {
    this.jar = root.resolve("processor/target/bookvotes.jar");
    this.postgres = postgres;
    this.kafka = kafka;
  }

  /** Makes the schema. */
  void migrate() throws IOException, InterruptedException {
    try (Program migrate = command("migrate", List.of(), "migrate")) {
      migrate.awaitEnd(COMMAND_TIMEOUT);
    }
  }

  /**
   * Runs a command that only prints.
   *
   * @param jvm options of {@code java}
   */
  void help(List<String> jvm) throws IOException, InterruptedException {
    try (Program help = command("help", jvm, "--help")) {
      help.awaitEnd(COMMAND_TIMEOUT);
    }
  }

  /**
   * Starts a replica and does not wait for it.
   *
   * @param group consumer group
   * @param jvm options of {@code java}
   */
  Replica run(String group, List<String> jvm) throws IOException {
    int port = freePort();
    return new Replica(
        command("bookvotes", jvm, "run", "--consumer-group", group, "--http-port", "" + port),
        port);
  }

  /** Waits until the replica says that it is ready. */
  void awaitReady(Replica replica) throws IOException, InterruptedException {
    long deadlineNanos = System.nanoTime() + READY_TIMEOUT.toNanos();
    while (System.nanoTime() < deadlineNanos) {
      replica.program().mustRun();
      try {
        if (get(replica, "/health/ready").statusCode() == 200) {
          return;
        }
      } catch (IOException e) {
        // Not listening yet.
      }
      Thread.sleep(LOOK_INTERVAL);
    }
    throw new IllegalStateException(
        "bookvotes is not ready after " + READY_TIMEOUT + ":\n" + replica.program().output());
  }

  /** Sum of a counter over all its labels. */
  double metric(Replica replica, String name) throws IOException, InterruptedException {
    return get(replica, "/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private HttpResponse<String> get(Replica replica, String path)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + replica.port() + path))
            .timeout(Duration.ofSeconds(10))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /**
   * Starts {@code bookvotes produce}, which registers books with the ids from 1 on, then sends.
   *
   * @param votesPerSecond 0: as fast as possible
   */
  Program produce(long votes, int books, double votesPerSecond) throws IOException {
    return command(
        "produce",
        List.of("-Xmx512m"),
        "produce",
        "--count",
        "" + votes,
        "--books",
        "" + books,
        "--rate",
        "" + votesPerSecond);
  }

  /** Waits until {@link #produce} has ended, and returns how many votes Kafka has acknowledged. */
  static long awaitSent(Program produce) throws IOException, InterruptedException {
    produce.awaitEnd(COMMAND_TIMEOUT);
    Matcher sent = SENT.matcher(produce.output());
    if (!sent.find()) {
      throw new IllegalStateException("produce does not tell what it sent:\n" + produce.output());
    }
    return number(sent.group(1)) + number(sent.group(2));
  }

  private static long number(String text) {
    return Long.parseLong(text.replace(",", ""));
  }

  /** Votes that are counted, by the offsets that moved with them. */
  long counted() throws SQLException {
    return (long)
        postgres.number("SELECT coalesce(sum(next_offset), 0) FROM bookvotes.partition_offsets");
  }

  /**
   * Waits until all votes on the topic are counted and no rating is stale, and looks whether the
   * books have each of them.
   */
  void awaitFresh(Replica replica, Duration timeout)
      throws IOException, InterruptedException, SQLException {
    long votes = kafka.recordCount(VoteTopics.VOTES);
    long deadlineNanos = System.nanoTime() + timeout.toNanos();
    while (counted() < votes || postgres.number("SELECT count(*) FROM bookvotes.stale_books") > 0) {
      replica.program().mustRun();
      if (System.nanoTime() > deadlineNanos) {
        throw new IllegalStateException(
            counted() + " of " + votes + " votes counted, or books still stale, after " + timeout);
      }
      Thread.sleep(100);
    }
    long inBooks = (long) postgres.number("SELECT sum(votes_up::bigint + votes_down) FROM books");
    long wrong =
        (long)
            postgres.number(
                "SELECT count(*) FROM books WHERE rating <> rating(votes_up, votes_down)");
    if (inBooks != votes || wrong > 0) {
      throw new IllegalStateException(
          votes + " votes were sent, the books have " + inBooks + "; wrong ratings: " + wrong);
    }
  }

  private Program command(String name, List<String> jvm, String... arguments) throws IOException {
    List<String> java = new ArrayList<>(jvm);
    java.addAll(List.of("-jar", jar.toString()));
    java.addAll(List.of(arguments));
    return Program.java(name, environment(), java);
  }

  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>(postgres.environment());
    environment.put("BOOKVOTES_KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrapServers());
    return environment;
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}

package org.bookvotes.chaos;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;
import org.bookvotes.contracts.VoteTopics;

/**
 * The system under test in containers of a compose project of its own: three brokers, PostgreSQL
 * with its disk, three replicas. Thread-safe.
 */
final class Stack implements AutoCloseable {

  /** Number of worker slots of all replicas. */
  static final int WORKER_SLOTS = 3;

  /** Partitions of the votes' topic. */
  static final int PARTITIONS = 6;

  /** Largest dead letter. */
  static final String MOST_LETTER_BYTES = "2097152";

  private static final String DATABASE = "bookstore";
  private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
  private static final int CONNECT_TIMEOUT_SECONDS = 5;
  private static final int SOCKET_TIMEOUT_SECONDS = 30;

  private final Docker docker;
  private final String project;
  private final String composeFile;
  private final int postgresPort;
  private final String bootstrapServers;
  private final String network;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param project name of the compose project; one of an earlier run is replaced
   * @param directory of the compose file
   * @param image of the processor
   */
  Stack(String project, Path directory, String image) {
    List<Integer> ports = freePorts(4);
    this.project = project;
    this.composeFile = directory.resolve("compose.yaml").toString();
    this.postgresPort = ports.get(3);
    this.bootstrapServers =
        "localhost:" + ports.get(0) + ",localhost:" + ports.get(1) + ",localhost:" + ports.get(2);
    this.network = freeNetwork();
    Map<String, String> environment = new HashMap<>();
    environment.put("CHAOS_IMAGE", image);
    environment.put("CHAOS_WORKER_SLOTS", Integer.toString(WORKER_SLOTS));
    environment.put("CHAOS_NETWORK", network);
    environment.put("CHAOS_POSTGRES_PORT", Integer.toString(postgresPort));
    for (int node = 1; node <= 3; node++) {
      environment.put("CHAOS_KAFKA_" + node + "_PORT", ports.get(node - 1).toString());
    }
    this.docker = new Docker(environment);
  }

  /** Not of the range from which the system gives ports to outgoing connections. */
  private static List<Integer> freePorts(int count) {
    List<Integer> ports = new ArrayList<>();
    while (ports.size() < count) {
      int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        if (!ports.contains(socket.getLocalPort())) {
          ports.add(port);
        }
      } catch (IOException e) {
        // Somebody listens there: another one.
      }
    }
    return ports;
  }

  /** The first three numbers of a network that docker does not use yet. */
  private static String freeNetwork() {
    Docker docker = new Docker(Map.of());
    String[] ids = docker.run("network", "ls", "--quiet").lines().toArray(String[]::new);
    String[] arguments = new String[ids.length + 4];
    System.arraycopy(
        new String[] {
          "network", "inspect", "--format", "{{range .IPAM.Config}}{{.Subnet}} {{end}}"
        },
        0,
        arguments,
        0,
        4);
    System.arraycopy(ids, 0, arguments, 4, ids.length);
    String used = docker.run(arguments);
    for (int third = 213; third < 255; third++) {
      if (!used.contains("172.29." + third + ".") && !used.contains("172.29.0.0")) {
        return "172.29." + third;
      }
    }
    throw new IllegalStateException("no free network 172.29.x.0/24 for the containers");
  }

  /** Starts everything, in place of what an earlier run may have left. */
  void start() throws InterruptedException, SQLException {
    down();
    compose("up", "--detach", "kafka-1", "kafka-2", "kafka-3", "disk", "postgres");
    createTopics();
    awaitPostgres();
    compose("run", "--rm", "--no-deps", "command", "migrate");
    // Else nobody would notice if the processor's own vacuums did not do their work.
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute("ALTER TABLE books SET (autovacuum_enabled = false)");
      statement.execute("ALTER TABLE bookvotes.stale_marks SET (autovacuum_enabled = false)");
      statement.execute(
          "ALTER TABLE bookvotes.stale_batches SET (autovacuum_enabled = false, toast.autovacuum_enabled = false)");
    }
    compose("up", "--detach", "--no-deps", "replica-1", "replica-2", "replica-3");
  }

  private void createTopics() throws InterruptedException {
    Instant deadline = Instant.now().plus(START_TIMEOUT);
    while (true) {
      try (Admin admin = admin()) {
        admin
            .createTopics(
                List.of(
                    new NewTopic(VoteTopics.VOTES, PARTITIONS, (short) 3),
                    new NewTopic(VoteTopics.DEAD_LETTERS, 3, (short) 3)
                        .configs(Map.of("max.message.bytes", MOST_LETTER_BYTES))))
            .all()
            .get();
        return;
      } catch (ExecutionException e) {
        if (e.getCause() instanceof TopicExistsException) {
          return; // An earlier try whose answer was lost.
        }
        if (Instant.now().isAfter(deadline)) {
          throw new IllegalStateException("the brokers take no topics", e.getCause());
        }
        Thread.sleep(500);
      }
    }
  }

  /** Waits until PostgreSQL takes connections. */
  void awaitPostgres() throws InterruptedException {
    Instant deadline = Instant.now().plus(START_TIMEOUT);
    while (!takesConnections()) {
      if (Instant.now().isAfter(deadline)) {
        throw new IllegalStateException("PostgreSQL takes no connections in " + START_TIMEOUT);
      }
      Thread.sleep(100);
    }
  }

  /**
   * Starts PostgreSQL if it has ended, as often as it takes, and waits until it takes connections.
   *
   * @return whether it had ended
   */
  boolean ensurePostgresRuns() throws InterruptedException {
    Instant deadline = Instant.now().plus(START_TIMEOUT);
    boolean ended = false;
    while (true) {
      if (!postgres().isRunning()) {
        ended = true;
        postgres().start();
      }
      if (takesConnections()) {
        return ended;
      }
      if (Instant.now().isAfter(deadline)) {
        throw new IllegalStateException("PostgreSQL does not run in " + START_TIMEOUT);
      }
      Thread.sleep(100);
    }
  }

  private boolean takesConnections() {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      return statement.execute("SELECT 1");
    } catch (SQLException e) {
      return false;
    }
  }

  private void compose(String... arguments) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "compose",
                "--progress",
                "quiet",
                "--project-name",
                project,
                "--file",
                composeFile));
    all.addAll(List.of(arguments));
    docker.run(all.toArray(String[]::new));
  }

  /** A connection to the bookstore, named so that it is not taken for one of the processor's. */
  Connection connect() throws SQLException {
    return connect(DATABASE);
  }

  Connection connect(String database) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", DATABASE);
    properties.setProperty("password", DATABASE);
    properties.setProperty("ApplicationName", "chaos");
    properties.setProperty("connectTimeout", Integer.toString(CONNECT_TIMEOUT_SECONDS));
    properties.setProperty("socketTimeout", Integer.toString(SOCKET_TIMEOUT_SECONDS));
    return DriverManager.getConnection(
        "jdbc:postgresql://localhost:" + postgresPort + "/" + database, properties);
  }

  /** Settings for a Kafka client outside the containers. */
  Properties kafka() {
    Properties properties = new Properties();
    properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    return properties;
  }

  Admin admin() {
    return Admin.create(kafka());
  }

  Container postgres() {
    return container("postgres", 21);
  }

  Container disk() {
    return container("disk", 20);
  }

  /** The replica with this number, from 1. */
  Container replica(int number) {
    return container("replica-" + number, 30 + number);
  }

  /** The broker with this node id, from 1. */
  Container broker(int node) {
    return container("kafka-" + node, 10 + node);
  }

  private Container container(String service, int host) {
    return new Container(docker, project + "-" + service + "-1", service, network + "." + host);
  }

  /** Runs a shell script with iptables in the network of {@code container}; returns its output. */
  String inNetworkOf(Container container, String script) {
    return docker.run(
        "run",
        "--rm",
        "--network",
        "container:" + container.name(),
        "--cap-add",
        "NET_ADMIN",
        Images.NET,
        "sh",
        "-c",
        script);
  }

  /** Writes everything that {@code container} has logged, over all its starts, to {@code file}. */
  void writeLog(Container container, File file) {
    docker.runInto(file, "logs", container.name());
  }

  /** Ends all containers and deletes their data; every command of other threads is refused. */
  @Override
  public void close() {
    if (!closed.getAndSet(true)) {
      docker.end();
      down();
    }
  }

  private void down() {
    compose("--profile", "command", "down", "--volumes", "--remove-orphans", "--timeout", "5");
  }
}

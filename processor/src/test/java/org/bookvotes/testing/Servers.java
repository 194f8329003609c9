package org.bookvotes.testing;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.Schema;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * The servers that all tests of this JVM share. Both start at the first use of either, at the same
 * time; they end with the JVM. Thread-safe.
 */
public final class Servers {

  private static final DockerImageName POSTGRES_IMAGE =
      DockerImageName.parse("bookvotes-postgres:18").asCompatibleSubstituteFor("postgres");
  private static final DockerImageName KAFKA_IMAGE = DockerImageName.parse("apache/kafka:4.3.1");
  private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
  private static final String TEMPLATE = "bookvotes_template";

  private static final AtomicInteger LAST_NUMBER = new AtomicInteger();

  private Servers() {}

  /** Initialized, and so started, at its first use. */
  private static final class Shared {
    private static final Executor STARTERS =
        task -> Thread.ofPlatform().name("start-server").daemon().start(task);

    static final CompletableFuture<PostgreSQLContainer> POSTGRES = started(Servers::startPostgres);
    static final CompletableFuture<KafkaContainer> KAFKA = started(Servers::startKafka);

    private static <T> CompletableFuture<T> started(Supplier<T> start) {
      return CompletableFuture.supplyAsync(start, STARTERS);
    }
  }

  /**
   * The shared PostgreSQL: many connections, a large pool of background workers, no safety against
   * a crash.
   */
  public static PostgreSQLContainer postgres() {
    return await(Shared.POSTGRES);
  }

  /**
   * The shared Kafka: one broker, topics are not created by themselves, groups notice a lost member
   * in seconds.
   */
  public static KafkaContainer kafka() {
    return await(Shared.KAFKA);
  }

  /** A migrated database on the shared PostgreSQL, with nothing in it. The caller closes it. */
  public static TestDatabase newDatabase() {
    return TestDatabase.create(postgres(), "test_" + LAST_NUMBER.incrementAndGet(), TEMPLATE);
  }

  /** A database on the shared PostgreSQL that nobody has migrated yet. The caller closes it. */
  public static TestDatabase newEmptyDatabase() {
    return newEmptyDatabase(postgres());
  }

  /** A database on {@code server} that nobody has migrated yet. The caller closes it. */
  public static TestDatabase newEmptyDatabase(PostgreSQLContainer server) {
    return TestDatabase.create(server, "test_" + LAST_NUMBER.incrementAndGet(), "template1");
  }

  /**
   * Two new topics on the shared Kafka, the votes' one with so many partitions. The caller closes
   * them.
   */
  public static TestTopics newTopics(int partitionCount) {
    return TestTopics.create(
        kafka().getBootstrapServers(), "votes-" + LAST_NUMBER.incrementAndGet(), partitionCount);
  }

  /** The same on the shared Kafka under the names that a replica has by default. */
  public static TestTopics newTopicsNamedByDefault(int partitionCount) {
    return TestTopics.create(kafka().getBootstrapServers(), VoteTopics.VOTES, partitionCount);
  }

  /** The same on a Kafka of the test's own. */
  public static TestTopics newTopics(KafkaContainer server, int partitionCount) {
    return TestTopics.create(
        server.getBootstrapServers(), "votes-" + LAST_NUMBER.incrementAndGet(), partitionCount);
  }

  /**
   * A Kafka of the test's own, started. The caller closes it.
   *
   * @param settings as the image takes them, beside those of the shared one
   */
  public static KafkaContainer newKafka(Map<String, String> settings) {
    KafkaContainer server = kafkaContainer();
    settings.forEach(server::withEnv);
    server.start();
    return server;
  }

  /**
   * A PostgreSQL of the test's own, started, with pg_background's files and without any migration.
   * The caller closes it.
   *
   * @param settings server settings, such as {@code max_worker_processes=3}
   */
  public static PostgreSQLContainer newPostgres(String... settings) {
    PostgreSQLContainer server = postgresContainer(settings);
    server.start();
    return server;
  }

  /**
   * The same with a small disk of its own at {@code directory}, beside that of the server.
   *
   * @param size such as {@code 16m}
   */
  public static PostgreSQLContainer newPostgresWithDisk(String directory, String size) {
    PostgreSQLContainer server = postgresContainer();
    server.withTmpFs(Map.of(directory, "size=" + size + ",mode=0777"));
    server.start();
    return server;
  }

  /** Brings {@code database} to the current version. */
  static void migrate(TestDatabase database) {
    try (Database pool = database.open(2)) {
      new Schema(pool.pool()).migrate();
    } catch (SQLException e) {
      throw new IllegalStateException("cannot migrate " + database.url(), e);
    }
  }

  private static PostgreSQLContainer startPostgres() {
    PostgreSQLContainer server =
        newPostgres("max_connections=300", "max_worker_processes=40", "max_wal_size=4GB");
    try (Connection connection =
            DriverManager.getConnection(
                server.getJdbcUrl(), server.getUsername(), server.getPassword());
        Statement statement = connection.createStatement()) {
      migrate(TestDatabase.create(server, TEMPLATE, "template1"));
      // A database that somebody is connected to cannot be copied.
      statement.execute("ALTER DATABASE " + TEMPLATE + " ALLOW_CONNECTIONS false");
    } catch (SQLException e) {
      throw new IllegalStateException("cannot make the template of the test databases", e);
    }
    return server;
  }

  // The container outlives this method; it ends with the JVM or is closed by who asked for it.
  @SuppressWarnings("resource")
  private static PostgreSQLContainer postgresContainer(String... settings) {
    List<String> command = new ArrayList<>(List.of("postgres"));
    // Safe while the machine does not crash. Not synchronous_commit=off: it loses commits when the
    // server restarts after a killed worker.
    for (String fast : List.of("fsync=off", "full_page_writes=off")) {
      command.addAll(List.of("-c", fast));
    }
    for (String setting : settings) {
      command.addAll(List.of("-c", setting));
    }
    PostgreSQLContainer container = new PostgreSQLContainer(POSTGRES_IMAGE);
    container
        .withDatabaseName("bookstore")
        .withUsername("bookstore")
        .withPassword("bookstore")
        .withCommand(command.toArray(String[]::new))
        // Parallel queries' and the workers' shared memory.
        .withSharedMemorySize(256L << 20)
        .withStartupTimeout(START_TIMEOUT);
    return container;
  }

  private static KafkaContainer startKafka() {
    return newKafka(Map.of());
  }

  @SuppressWarnings("resource")
  private static KafkaContainer kafkaContainer() {
    KafkaContainer container = new KafkaContainer(KAFKA_IMAGE);
    container
        .withEnv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
        .withEnv("KAFKA_GROUP_CONSUMER_MIN_HEARTBEAT_INTERVAL_MS", "300")
        .withEnv("KAFKA_GROUP_CONSUMER_HEARTBEAT_INTERVAL_MS", "300")
        .withEnv("KAFKA_GROUP_CONSUMER_MIN_SESSION_TIMEOUT_MS", "3000")
        .withEnv("KAFKA_GROUP_CONSUMER_SESSION_TIMEOUT_MS", "6000")
        .withEnv("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR", "1")
        .withEnv("KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR", "1")
        .withStartupTimeout(START_TIMEOUT);
    return container;
  }

  private static <T> T await(CompletableFuture<T> start) {
    try {
      return start.join();
    } catch (CompletionException e) {
      throw new IllegalStateException("a server for the tests did not start", e.getCause());
    }
  }
}

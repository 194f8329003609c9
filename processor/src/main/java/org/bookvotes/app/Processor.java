package org.bookvotes.app;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.CommonClientConfigs;
import org.bookvotes.ingest.VoteConsumer;
import org.bookvotes.observability.Listeners;
import org.bookvotes.observability.ManagementServer;
import org.bookvotes.observability.Meters;
import org.bookvotes.observability.MicrometerListener;
import org.bookvotes.observability.ReplicaStatus;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.Schema;
import org.flywaydb.core.api.FlywayException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One replica: all parts put together, started, and stopped in order. A database or broker that is
 * away does not end it; while the database is away it is not ready. Thread-safe.
 */
final class Processor implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Processor.class);

  /**
   * Beside one for each slot: ingest, dispatch, a vacuum's bookkeeping, the journal, and who asks
   * for status.
   */
  static final int CONNECTIONS_BESIDE_SLOTS = 7;

  /** As many of the last runs as the page shows. */
  private static final int RUNS_SHOWN = 20;

  private static final Duration LOOK_INTERVAL = Duration.ofMillis(500);
  // A worker ends its batch after its time budget, ingest its transaction.
  private static final Duration STOP_MARGIN = Duration.ofSeconds(10);

  private final Instant startedAt = Instant.now();
  private final ProcessorConfig config;
  private final Database database;
  private final Schema schema;
  private final Meters meters = new Meters();
  private final ReplicaStatus replicaStatus = new ReplicaStatus();
  private final Dispatching dispatching;
  private final VoteConsumer consumer;
  private final Thread ingestThread;
  private final ManagementServer server;
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();
  // Whoever asks, and however often: it costs the database a look every half second, and ingest no
  // connection.
  private final Cached<List<String>> notReady = new Cached<>(LOOK_INTERVAL, this::findNotReady);
  private final Cached<StatusReport> status = new Cached<>(LOOK_INTERVAL, this::readStatus);
  private volatile boolean migrated;

  /**
   * Starts a replica.
   *
   * @throws IOException if the HTTP port is taken
   */
  static Processor start(ProcessorConfig config) throws IOException {
    Processor processor = new Processor(config);
    processor.dispatching.start();
    processor.ingestThread.start();
    LOG.info("started {} {}: {}", Main.version(), name(), config);
    return processor;
  }

  private Processor(ProcessorConfig config) throws IOException {
    this.config = config;
    database =
        Database.open(
            config.databaseUrl(),
            config.databaseUser(),
            config.databasePassword(),
            config.workerSlots() + CONNECTIONS_BESIDE_SLOTS);
    meters.bind(database.pool());
    schema = new Schema(database.pool());
    Listeners listeners = new Listeners(new MicrometerListener(meters.registry()), replicaStatus);
    dispatching = new Dispatching(config, name(), database, listeners, e -> failed("dispatch", e));
    consumer =
        new VoteConsumer(
            kafkaClient(config),
            config.votesTopic(),
            config.deadLetterTopic(),
            config.consumerGroup(),
            database.transactions(),
            listeners,
            dispatching::wake,
            meters::bind);
    meters.bind(consumer.deadLetterProducer());
    ingestThread = Thread.ofPlatform().name("ingest").unstarted(this::ingest);
    server =
        ManagementServer.start(
            config.httpPort(), notReady::get, meters::scrape, status::get, StatusReport.JSON);
  }

  /** Settings that all Kafka clients share. */
  static Properties kafkaClient(ProcessorConfig config) {
    Properties properties = new Properties();
    // A broker that has died answers no connection: soon look for the one that has taken over.
    properties.put(CommonClientConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MS_CONFIG, "2000");
    properties.put(CommonClientConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MAX_MS_CONFIG, "10000");
    properties.putAll(config.kafkaProperties());
    properties.putAll(
        Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, config.kafkaBootstrapServers()));
    return properties;
  }

  /** The port of health, metrics and status. */
  int port() {
    return server.port();
  }

  /** Waits until this replica has stopped; 0 if it was asked to, 1 if it could not go on. */
  int awaitStopped() {
    return exitCode.join();
  }

  private void ingest() {
    try {
      consumer.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      failed("ingest", e);
    }
  }

  /**
   * An error that trying again does not mend: better no replica than one that only seems to work.
   */
  private void failed(String part, Throwable e) {
    LOG.error("{} cannot go on, this replica stops: {}", part, e.getMessage(), e);
    Thread.ofPlatform().name("stop").start(() -> stop(1));
  }

  /** Stops in order and returns when it is done. Later calls wait for the first. */
  @Override
  public void close() {
    stop(0);
  }

  private void stop(int code) {
    if (!stopped.compareAndSet(false, true)) {
      exitCode.join();
      return;
    }
    LOG.info("stopping");
    // One bound for all of it: who sent the signal waits only so long before it kills.
    Duration stopTimeout = config.workerTimeBudget().plus(STOP_MARGIN);
    long deadlineNanos = System.nanoTime() + stopTimeout.toNanos();
    try {
      // Intake first. The group is left at once, so that others take the partitions while our
      // workers drain.
      consumer.stop();
      dispatching.stopLaunching();
      if (!ingestThread.join(stopTimeout)) {
        LOG.warn(
            "ingest has not ended after {} s, its transaction is left to the server",
            stopTimeout.toSeconds());
      }
      dispatching.drain(Duration.ofNanos(Math.max(1, deadlineNanos - System.nanoTime())));
    } catch (InterruptedException e) {
      LOG.warn("interrupted while stopping");
      Thread.currentThread().interrupt();
    } finally {
      server.close();
      database.close();
      meters.close();
      LOG.info("stopped");
      exitCode.complete(code);
    }
  }

  /** Why this replica is not ready; empty if it is. */
  private List<String> findNotReady() {
    List<String> reasons = new ArrayList<>();
    if (stopped.get()) {
      reasons.add("stopping");
    } else if (!database.isReachable()) {
      reasons.add("the database does not answer");
    } else if (!isMigrated()) {
      reasons.add("the database is not migrated, run 'bookvotes migrate'");
    }
    if (!consumer.isAssigned()) {
      reasons.add(
          "the consumer has not joined its group, or does not know the offsets of its partitions");
    }
    return reasons;
  }

  private boolean isMigrated() {
    if (!migrated) {
      try {
        migrated = schema.isCurrent();
      } catch (SQLException | FlywayException e) {
        LOG.debug("the schema's version cannot be read", e);
      }
    }
    return migrated;
  }

  private StatusReport readStatus() {
    try {
      List<String> reasons = notReady.get();
      return new StatusReport(
          Main.version(),
          name(),
          startedAt,
          reasons.isEmpty(),
          reasons,
          ClusterStatus.read(database.transactions(), config.workerSlots(), RUNS_SHOWN),
          replicaStatus.snapshot());
    } catch (SQLException e) {
      throw new IllegalStateException("the database cannot be asked: " + e.getMessage(), e);
    }
  }

  /** The name of this replica, for people. */
  static String name() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown host";
    }
  }
}

package org.bookvotes.bench;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.bookvotes.contracts.VoteTopics;

/**
 * Debezium's JDBC sink in a standalone worker of Kafka Connect, set up for speed: arrays instead of
 * rows, large batches, no schema to evolve, a converter that does as little as can be. Used by one
 * thread.
 */
final class DebeziumSink {

  /** Of the connector; the addresses are added. */
  static final Map<String, String> SETTINGS = settings();

  private final Servers servers;
  private final Path root;
  private final int tasks;

  DebeziumSink(Servers servers, Path root, int tasks) {
    this.servers = servers;
    this.root = root;
    this.tasks = tasks;
  }

  private static Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("connector.class", "io.debezium.connector.jdbc.JdbcSinkConnector");
    settings.put("collection.name.format", "vote_events");
    settings.put("insert.mode", "insert");
    settings.put("primary.key.mode", "none");
    settings.put("schema.evolution", "none");
    settings.put("dialect.postgres.unnest.insert.enabled", "true");
    settings.put("batch.size", "10000");
    settings.put("consumer.override.max.poll.records", "10000");
    settings.put("consumer.override.auto.offset.reset", "earliest");
    return settings;
  }

  /** Starts a worker with this connector; the group's name is new. */
  Program start(String group) throws IOException {
    Path directory = Files.createTempDirectory("bookvotes-bench-connect-");
    Properties worker = new Properties();
    worker.setProperty("bootstrap.servers", servers.kafka().bootstrapServers());
    worker.setProperty("key.converter", "org.apache.kafka.connect.storage.StringConverter");
    worker.setProperty("value.converter", "org.bookvotes.bench.connect.VoteConverter");
    worker.setProperty("offset.storage.file.filename", directory.resolve("offsets").toString());
    worker.setProperty("listeners", "HTTP://127.0.0.1:" + Bookvotes.freePort());

    Properties connector = new Properties();
    connector.putAll(SETTINGS);
    // Connect makes the consumer group of it.
    connector.setProperty("name", group);
    connector.setProperty("topics", VoteTopics.VOTES);
    connector.setProperty("tasks.max", Integer.toString(tasks));
    connector.setProperty("connection.url", servers.postgres().url());
    connector.setProperty("connection.username", servers.postgres().user());
    connector.setProperty("connection.password", servers.postgres().password());

    List<String> arguments = new ArrayList<>(IngestPeers.JVM);
    arguments.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    Path target = root.resolve("bench/connect/target");
    arguments.addAll(
        List.of(
            "-cp",
            target.resolve("bookvotes-bench-connect.jar") + ":" + target.resolve("lib") + "/*",
            "org.apache.kafka.connect.cli.ConnectStandalone",
            write(worker, directory.resolve("worker.properties")),
            write(connector, directory.resolve("connector.properties"))));
    return Program.java("Debezium", Map.of(), arguments);
  }

  private static String write(Properties properties, Path file) throws IOException {
    try (Writer writer = Files.newBufferedWriter(file)) {
      properties.store(writer, null);
    }
    return file.toString();
  }

  VoteTotals counted() throws SQLException {
    return VoteTotals.ofEvents(servers.postgres());
  }
}

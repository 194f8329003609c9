package org.bookvotes.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.bookvotes.contracts.VoteTopics;

/** A database that Bookvotes is migrated into, and a broker with its topics. Used by one thread. */
final class Servers implements AutoCloseable {

  static final int PARTITIONS = 8;

  private final BenchNetwork network;
  private final PostgresServer postgres;
  private final KafkaServer kafka;
  private final Bookvotes bookvotes;

  private Servers(
      BenchNetwork network, PostgresServer postgres, KafkaServer kafka, Bookvotes bookvotes) {
    this.network = network;
    this.postgres = postgres;
    this.kafka = kafka;
    this.bookvotes = bookvotes;
  }

  /**
   * Starts both.
   *
   * @param root of the repository
   * @param moreSettings of PostgreSQL, beside {@link PostgresServer#SETTINGS}
   */
  static Servers start(Path root, Map<String, String> moreSettings)
      throws IOException, InterruptedException {
    BenchNetwork network = new BenchNetwork();
    PostgresServer postgres = null;
    KafkaServer kafka = null;
    try {
      postgres = PostgresServer.start(network, moreSettings);
      kafka = KafkaServer.start(network);
      kafka.createTopic(VoteTopics.VOTES, PARTITIONS);
      kafka.createTopic(VoteTopics.DEAD_LETTERS, 1);
      Bookvotes bookvotes = new Bookvotes(root, postgres, kafka);
      bookvotes.migrate();
      return new Servers(network, postgres, kafka, bookvotes);
    } catch (IOException | InterruptedException | RuntimeException e) {
      if (kafka != null) {
        kafka.close();
      }
      if (postgres != null) {
        postgres.close();
      }
      network.close();
      throw e;
    }
  }

  PostgresServer postgres() {
    return postgres;
  }

  KafkaServer kafka() {
    return kafka;
  }

  Bookvotes bookvotes() {
    return bookvotes;
  }

  @Override
  public void close() {
    kafka.close();
    postgres.close();
    network.close();
  }
}

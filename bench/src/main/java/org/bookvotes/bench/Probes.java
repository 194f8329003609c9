package org.bookvotes.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteEventSerializer;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.postgres.SqlFile;

/**
 * Books that get one vote each, so that each is rated once: the transaction that wrote its row last
 * is the one that made the vote count. Nobody has to look while it happens. Used by one thread.
 */
final class Probes implements AutoCloseable {

  private static final SqlFile REGISTER = SqlFile.of(Probes.class, "register_probes.sql");
  private static final SqlFile READ = SqlFile.of(Probes.class, "read_probes.sql");

  private final PostgresServer postgres;
  private final KafkaProducer<String, VoteEvent> producer;
  private final long firstBookId;
  private final int count;
  // Microseconds since the epoch. The producer's thread puts the latter.
  private final long[] sent;
  private final AtomicLongArray acknowledged;

  /**
   * A vote that has become part of a rating.
   *
   * @param sent when it was given to the producer
   * @param acknowledged when Kafka's answer was there
   * @param fresh when the rating that it is part of was committed
   */
  record Probe(Instant sent, Instant acknowledged, Instant fresh) {
    double secondsFromAcknowledged() {
      return Duration.between(acknowledged, fresh).toNanos() / 1e9;
    }

    double secondsFromSent() {
      return Duration.between(sent, fresh).toNanos() / 1e9;
    }
  }

  private Probes(Servers servers, long firstBookId, int count) {
    this.postgres = servers.postgres();
    this.firstBookId = firstBookId;
    this.count = count;
    this.sent = new long[count];
    this.acknowledged = new AtomicLongArray(count);
    this.producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", servers.kafka().bootstrapServers(), "linger.ms", "0"),
            new StringSerializer(),
            new VoteEventSerializer());
  }

  /**
   * Registers books.
   *
   * @param firstBookId nobody else votes for the books from here on
   */
  static Probes register(Servers servers, long firstBookId, int count) throws SQLException {
    try (Connection connection = servers.postgres().connect();
        PreparedStatement statement = REGISTER.prepare(connection)) {
      statement.setLong(1, firstBookId);
      statement.setLong(2, firstBookId + count - 1);
      statement.executeUpdate();
    }
    return new Probes(servers, firstBookId, count);
  }

  /** Sends their votes, evenly over {@code length}, and returns when all are acknowledged. */
  @SuppressWarnings(
      "FutureReturnValueIgnored") // What fails leaves no acknowledgement: read() tells.
  void send(Duration length) {
    long startNanos = System.nanoTime();
    for (int number = 0; number < count; number++) {
      long dueNanos = startNanos + (long) ((double) length.toNanos() * number / count);
      long left;
      while ((left = dueNanos - System.nanoTime()) > 0) {
        LockSupport.parkNanos(left);
      }
      long bookId = firstBookId + number;
      int index = number;
      sent[index] = micros(Instant.now());
      VoteEvent event = new VoteEvent(UUID.randomUUID(), bookId, Vote.UP, Instant.now());
      producer.send(
          new ProducerRecord<>(VoteTopics.VOTES, VoteTopics.key(bookId), event),
          (metadata, failure) -> {
            if (failure == null) {
              acknowledged.set(index, micros(Instant.now()));
            }
          });
    }
    producer.flush();
  }

  /**
   * What became of them, in the order of sending; to be called when nothing is stale any more.
   *
   * @throws IllegalStateException if one was not taken by Kafka, not counted once, or not rated
   */
  List<Probe> read() throws SQLException {
    List<Probe> probes = new ArrayList<>();
    try (Connection connection = postgres.connect();
        PreparedStatement statement = READ.prepare(connection)) {
      statement.setLong(1, firstBookId);
      statement.setLong(2, firstBookId + count - 1);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          int index = (int) (row.getLong("book_id") - firstBookId);
          if (acknowledged.get(index) == 0) {
            throw new IllegalStateException("Kafka did not take the vote for a probe");
          }
          probes.add(
              new Probe(
                  instant(sent[index]),
                  instant(acknowledged.get(index)),
                  row.getTimestamp("written_at").toInstant()));
        }
      }
    }
    if (probes.size() != count) {
      throw new IllegalStateException(
          probes.size() + " of " + count + " probes have exactly their vote and its rating");
    }
    return probes;
  }

  private static long micros(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  @Override
  public void close() {
    producer.close();
  }
}

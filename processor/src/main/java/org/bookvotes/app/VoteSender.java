package org.bookvotes.app;

import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.bookvotes.app.VoteSource.BookVote;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteProducerSettings;
import org.bookvotes.contracts.VoteTopics;
import org.jspecify.annotations.Nullable;

/**
 * Sends votes and keeps account of each: acknowledged or failed, none is lost track of. The calling
 * thread sends, the producer's own thread keeps the account.
 */
final class VoteSender implements AutoCloseable {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);
  private static final long LONGEST_PAUSE_NANOS = Duration.ofMillis(10).toNanos();

  // Beside what is recommended to all. A user's file of settings may say otherwise, but not of what
  // is required.
  private static final Map<String, String> DEFAULTS =
      Map.of(
          ProducerConfig.CLIENT_ID_CONFIG, "bookvotes-produce",
          ProducerConfig.BATCH_SIZE_CONFIG, Integer.toString(256 * 1024),
          // Requests are large, so one at a time is as fast. With more, a topic that has just been
          // made may refuse the first, take the second, and then refuse the first for good.
          ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, "1",
          ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, "20000",
          ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, "60000");

  /** Where sent votes lie in a partition, both ends included. */
  record OffsetRange(long first, long last) {
    OffsetRange with(OffsetRange other) {
      return new OffsetRange(Math.min(first, other.first), Math.max(last, other.last));
    }
  }

  /** Told now and then how far it has come; on the sending thread. */
  @FunctionalInterface
  interface Progress {
    void at(long acknowledged, Duration elapsed);
  }

  /**
   * What became of the votes.
   *
   * @param up acknowledged votes up
   * @param down acknowledged votes down
   * @param failed votes that Kafka did not take
   * @param firstFailure why the first of them was not taken
   * @param offsets where the acknowledged ones are, by partition
   * @param took from before the first was sent until the last was acknowledged or failed
   */
  record Account(
      long up,
      long down,
      long failed,
      @Nullable Exception firstFailure,
      Map<Integer, OffsetRange> offsets,
      Duration took) {

    long acknowledged() {
      return up + down;
    }
  }

  private final String topic;
  private final Producer<String, VoteEvent> producer;
  private final AtomicLong up = new AtomicLong();
  private final AtomicLong down = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicReference<@Nullable Exception> firstFailure = new AtomicReference<>();
  private final Map<Integer, OffsetRange> offsets = new ConcurrentHashMap<>();
  // Not SecureRandom for each: it costs as much as all the rest of sending a vote.
  private final SplittableRandom eventIds =
      new SplittableRandom(UUID.randomUUID().getMostSignificantBits());

  /**
   * Connects.
   *
   * @throws KafkaException if no broker answers, or there is no such topic
   */
  static VoteSender open(ProcessorConfig config) throws InterruptedException {
    requireTopic(config);
    return new VoteSender(config);
  }

  private VoteSender(ProcessorConfig config) {
    topic = config.votesTopic();
    producer = new KafkaProducer<>(properties(config));
  }

  /** Sending to a missing topic would only say, a minute later, that there is no metadata. */
  private static void requireTopic(ProcessorConfig config) throws InterruptedException {
    Properties client = Processor.kafkaClient(config);
    client.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) CONNECT_TIMEOUT.toMillis());
    client.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) CONNECT_TIMEOUT.toMillis());
    try (Admin admin = Admin.create(client)) {
      admin.describeTopics(List.of(config.votesTopic())).allTopicNames().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        throw new UnknownTopicOrPartitionException("there is no topic " + config.votesTopic());
      }
      throw e.getCause() instanceof KafkaException kafka ? kafka : new KafkaException(e.getCause());
    }
  }

  private static Properties properties(ProcessorConfig config) {
    Properties properties = new Properties();
    properties.putAll(VoteProducerSettings.recommended());
    properties.putAll(DEFAULTS);
    properties.putAll(Processor.kafkaClient(config));
    properties.putAll(VoteProducerSettings.required());
    return properties;
  }

  /**
   * Sends {@code votes} and returns when each has been acknowledged or has failed. After the first
   * failure no further ones are sent. To be called once.
   *
   * @param votesPerSecond 0: as fast as possible
   */
  Account send(Iterator<BookVote> votes, double votesPerSecond, Progress progress)
      throws InterruptedException {
    long startNanos = System.nanoTime();
    long sent = 0;
    while (votes.hasNext() && firstFailure.get() == null) {
      if (votesPerSecond > 0) {
        long dueNanos = startNanos + (long) (sent / votesPerSecond * 1e9);
        awaitNanos(dueNanos, startNanos, progress);
      }
      send(votes.next());
      sent++;
      // Asking for the time for each vote would be a good part of the work.
      if (sent % 256 == 0) {
        progress.at(acknowledged(), Duration.ofNanos(System.nanoTime() - startNanos));
      }
    }
    if (firstFailure.get() == null) {
      producer.flush();
    } else {
      // A broker that is away would hold up a flush for long. Closing fails what is left in time.
      close();
    }
    return new Account(
        up.get(),
        down.get(),
        failed.get(),
        firstFailure.get(),
        Map.copyOf(offsets),
        Duration.ofNanos(System.nanoTime() - startNanos));
  }

  private void awaitNanos(long dueNanos, long startNanos, Progress progress)
      throws InterruptedException {
    long left;
    while ((left = dueNanos - System.nanoTime()) > 0 && firstFailure.get() == null) {
      LockSupport.parkNanos(Math.min(left, LONGEST_PAUSE_NANOS));
      if (Thread.interrupted()) {
        throw new InterruptedException("interrupted while sending votes");
      }
      progress.at(acknowledged(), Duration.ofNanos(System.nanoTime() - startNanos));
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // The callback is told all that the future knows.
  private void send(BookVote bookVote) {
    VoteEvent event =
        new VoteEvent(newEventId(), bookVote.bookId(), bookVote.vote(), Instant.now());
    producer.send(
        new ProducerRecord<>(topic, VoteTopics.key(event.bookId()), event),
        (metadata, failure) -> settled(event.vote(), metadata, failure));
  }

  private void settled(Vote vote, @Nullable RecordMetadata metadata, @Nullable Exception failure) {
    if (failure != null || metadata == null) {
      failed.incrementAndGet();
      firstFailure.compareAndSet(null, failure);
      return;
    }
    offsets.merge(
        metadata.partition(),
        new OffsetRange(metadata.offset(), metadata.offset()),
        OffsetRange::with);
    switch (vote) {
      case UP -> up.incrementAndGet();
      case DOWN -> down.incrementAndGet();
    }
  }

  private long acknowledged() {
    return up.get() + down.get();
  }

  /** A random UUID (version 4). */
  private UUID newEventId() {
    return new UUID(
        (eventIds.nextLong() & ~0xF000L) | 0x4000L,
        (eventIds.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L);
  }

  /** Fails what has not been acknowledged in ten seconds. */
  @Override
  public void close() {
    producer.close(CLOSE_TIMEOUT);
  }
}

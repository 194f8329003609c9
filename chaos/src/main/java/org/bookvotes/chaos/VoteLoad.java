package org.bookvotes.chaos;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteEventCodec;
import org.bookvotes.contracts.VoteTopics;
import org.jspecify.annotations.Nullable;

/**
 * Sends votes at a steady rate, a few of them bad ones, and remembers what the brokers have
 * acknowledged. Thread-safe.
 */
final class VoteLoad implements AutoCloseable {

  private static final Duration PERIOD = Duration.ofMillis(20);
  // Longer than any fault: an event without an answer would be neither sent nor not sent.
  private static final Duration DELIVERY_TIMEOUT = Duration.ofHours(2);

  /** Of so many events one is malformed and one is for a book that does not exist. */
  private static final int EVENTS_PER_TWO_BAD = 200;

  /**
   * A bad event, to be found among the dead letters.
   *
   * @param reason that its letter must have
   * @param digest of key and value, 0 where they are not known
   */
  record BadEvent(String reason, int digest) {

    /** Whether both may be the same, as far as both are known. */
    boolean isSameAs(BadEvent other) {
      return reason.equals(other.reason())
          && (digest == 0 || other.digest() == 0 || digest == other.digest());
    }
  }

  private final KafkaProducer<byte[], byte[]> producer;
  private final Random random;
  private final int bookCount;
  private final int votesPerPeriod;
  private final Ticker ticker;

  // Acknowledged, by book.
  private final AtomicLongArray ups;
  private final AtomicLongArray downs;
  // Acknowledged, by offset.
  private final Map<TopicPartition, Map<Long, BadEvent>> bad = new ConcurrentHashMap<>();
  private final AtomicLong sentCount = new AtomicLong();
  private final AtomicLong acknowledgedCount = new AtomicLong();
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

  /**
   * Starts to send.
   *
   * @param bookCount votes are for the books from 1 up to this
   * @param votesPerSecond the rate
   */
  VoteLoad(Properties client, long seed, int bookCount, int votesPerSecond) {
    Properties properties = new Properties();
    properties.putAll(client);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
    // The producer is not what is tested here: the safest order of requests.
    properties.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, "1");
    properties.put(ProducerConfig.LINGER_MS_CONFIG, "5");
    properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, "5000");
    properties.put(
        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Long.toString(DELIVERY_TIMEOUT.toMillis()));
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.toString(DELIVERY_TIMEOUT.toMillis()));
    properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, Long.toString(128L << 20));
    this.producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    this.random = new Random(seed);
    this.bookCount = bookCount;
    this.votesPerPeriod = Math.max(1, (int) (votesPerSecond * PERIOD.toMillis() / 1000));
    this.ups = new AtomicLongArray(bookCount + 1);
    this.downs = new AtomicLongArray(bookCount + 1);
    this.ticker = Ticker.atRate("vote-load", PERIOD, this::send);
  }

  private void send() {
    try {
      for (int i = 0; i < votesPerPeriod; i++) {
        switch (random.nextInt(EVENTS_PER_TWO_BAD)) {
          case 0 -> sendMalformed();
          case 1 -> sendUnknown();
          default -> sendGood();
        }
      }
    } catch (RuntimeException e) {
      failure.compareAndSet(null, e);
      throw e;
    }
  }

  private void sendGood() {
    int book = 1 + (int) (bookCount * Math.pow(random.nextDouble(), 3));
    Vote vote = random.nextInt(4) == 0 ? Vote.DOWN : Vote.UP;
    send(
        VoteTopics.key(book),
        VoteEventCodec.encode(new VoteEvent(UUID.randomUUID(), book, vote, Instant.now())),
        null,
        () -> (vote == Vote.UP ? ups : downs).incrementAndGet(book));
  }

  private void sendMalformed() {
    String key = VoteTopics.key(1 + random.nextInt(bookCount));
    byte[] value = ("{\"bookId\":" + key + ",\"vote\":\"MAYBE\"}").getBytes(StandardCharsets.UTF_8);
    send(key, value, VoteTopics.REASON_MALFORMED, () -> {});
  }

  private void sendUnknown() {
    long book = bookCount + 1L + random.nextInt(1_000_000);
    send(
        VoteTopics.key(book),
        VoteEventCodec.encode(new VoteEvent(UUID.randomUUID(), book, Vote.UP, Instant.now())),
        VoteTopics.REASON_UNKNOWN_BOOK,
        () -> {});
  }

  /** The same for an event and its letter. */
  static int digest(byte @Nullable [] key, byte @Nullable [] value) {
    return 31 * Arrays.hashCode(key) + Arrays.hashCode(value);
  }

  private void send(String key, byte[] value, @Nullable String badReason, Runnable onAcknowledged) {
    byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
    @Nullable BadEvent badEvent =
        badReason == null ? null : new BadEvent(badReason, digest(keyBytes, value));
    sentCount.incrementAndGet();
    Future<RecordMetadata> answer =
        producer.send(
            new ProducerRecord<>(VoteTopics.VOTES, keyBytes, value),
            (metadata, e) -> {
              if (e == null) {
                acknowledged(metadata, badEvent, onAcknowledged);
              } else {
                failure.compareAndSet(null, e);
              }
            });
    if (answer.state() == Future.State.FAILED) {
      throw new IllegalStateException("the vote cannot be sent", answer.exceptionNow());
    }
  }

  private void acknowledged(
      RecordMetadata metadata, @Nullable BadEvent badEvent, Runnable onAcknowledged) {
    onAcknowledged.run();
    if (badEvent != null) {
      bad.computeIfAbsent(
              new TopicPartition(metadata.topic(), metadata.partition()),
              partition -> new ConcurrentHashMap<>())
          .put(metadata.offset(), badEvent);
    }
    acknowledgedCount.incrementAndGet();
  }

  /** Ends the stream and waits until all is acknowledged. */
  void stop() {
    ticker.close();
    producer.flush();
  }

  /** Events handed to the producer. */
  long sentCount() {
    return sentCount.get();
  }

  /** Events that the brokers have. */
  long acknowledgedCount() {
    return acknowledgedCount.get();
  }

  /** What went wrong with sending, if anything did: then the counts are not to be relied on. */
  @Nullable Exception failure() {
    return failure.get();
  }

  int bookCount() {
    return bookCount;
  }

  /** Acknowledged up-votes of a book. */
  long ups(int book) {
    return ups.get(book);
  }

  /** Acknowledged down-votes of a book. */
  long downs(int book) {
    return downs.get(book);
  }

  /** Acknowledged bad events by partition and offset. */
  Map<TopicPartition, Map<Long, BadEvent>> bad() {
    return bad;
  }

  @Override
  public void close() {
    producer.close(Duration.ZERO);
  }
}

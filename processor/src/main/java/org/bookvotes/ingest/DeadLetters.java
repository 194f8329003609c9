package org.bookvotes.ingest;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.observability.ProcessorListener;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends events that cannot be counted to the dead-letter topic: key, value and headers unchanged,
 * plus headers that say why and where they were. After a crash an event may be there twice, with
 * the same coordinates, or be there and be counted: a letter is valid if {@link LetterRows} has
 * recorded it. Letters are sent by the writer's thread; what is {@link #uncommitted} may be looked
 * at by any.
 */
final class DeadLetters implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);

  // The consumer must poll again before max.poll.interval.ms (5 min); what is not acknowledged is
  // sent again.
  private static final Duration DELIVERY_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(5);
  // Also how long a missing topic takes to be noticed.
  private static final Duration MAX_BLOCK = Duration.ofSeconds(5);
  // An event that Kafka took must find its way here, whatever its producer compressed it from: the
  // topic's own limit, on compressed batches, is the one that counts.
  private static final int MAX_EVENT_BYTES = 64 << 20;

  /** An event with the reason and the detail to send along. */
  record DeadLetter(ConsumerRecord<byte[], byte[]> event, String reason, String detail) {}

  /** The topic did not take an event; the offset must not move. */
  static final class NotDeliveredException extends Exception {
    NotDeliveredException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private final KafkaProducer<byte[], byte[]> producer;
  private final String topic;
  private final ProcessorListener listener;
  private final long mostRequestBytes;
  // What is on the topic while its batch is not yet committed: the reasons, by offset.
  private final Map<TopicPartition, NavigableMap<Long, String>> uncommitted =
      new ConcurrentHashMap<>();

  DeadLetters(Properties client, String topic, ProcessorListener listener) {
    Properties properties = new Properties();
    properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_EVENT_BYTES);
    properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, (long) MAX_EVENT_BYTES);
    properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "gzip");
    properties.putAll(client);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
    // With more, a new topic that refuses the first request and takes the second would refuse the
    // first for good.
    properties.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
    properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, "bookvotes-dead-letters");
    properties.put(
        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Math.toIntExact(DELIVERY_TIMEOUT.toMillis()));
    properties.put(
        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.toIntExact(REQUEST_TIMEOUT.toMillis()));
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, MAX_BLOCK.toMillis());
    this.producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    this.topic = topic;
    this.listener = listener;
    this.mostRequestBytes =
        Long.parseLong(
            String.valueOf(properties.get(ProducerConfig.MAX_REQUEST_SIZE_CONFIG)).strip());
  }

  /** Name of the dead-letter topic. */
  String topic() {
    return topic;
  }

  /** To bind meters. */
  Producer<?, ?> producer() {
    return producer;
  }

  /**
   * Sends all and returns when all are acknowledged.
   *
   * @throws NotDeliveredException if one was not; those that were are in {@link #uncommitted}
   */
  void send(List<DeadLetter> letters) throws NotDeliveredException, InterruptedException {
    if (letters.isEmpty()) {
      return;
    }
    Throwable failure = null;
    DeadLetter refused = letters.getFirst();
    try {
      List<Future<RecordMetadata>> sends = new ArrayList<>(letters.size());
      for (DeadLetter letter : letters) {
        Future<RecordMetadata> send =
            producer.send(
                new ProducerRecord<>(
                    topic, null, letter.event().key(), letter.event().value(), headers(letter)));
        sends.add(send);
        // Refused after MAX_BLOCK: each of the others would wait as long, and nobody polls.
        if (send.isDone() && send.state() == Future.State.FAILED) {
          break;
        }
      }
      producer.flush();
      for (int i = 0; i < sends.size(); i++) {
        try {
          sends.get(i).get();
          delivered(letters.get(i));
        } catch (ExecutionException e) {
          // The one that does not pass by itself is told first.
          if (failure == null || e.getCause() instanceof RecordTooLargeException) {
            failure = e.getCause();
            refused = letters.get(i);
          }
        }
      }
    } catch (org.apache.kafka.common.errors.InterruptException e) {
      throw new InterruptedException(e.getMessage());
    } catch (org.apache.kafka.common.KafkaException e) {
      failure = e;
    }
    if (failure != null) {
      throw new NotDeliveredException(
          failure instanceof RecordTooLargeException
              ? tooLarge(refused, failure)
              : "the dead-letter topic " + topic + " takes no events: " + failure.getMessage(),
          failure);
    }
    LOG.info(
        "{} events went to the dead-letter topic, the first: {}",
        letters.size(),
        letters.getFirst().detail());
  }

  /** Trying again does not mend this, a person does: so the message says how. */
  private String tooLarge(DeadLetter letter, Throwable refusal) {
    long bytes = bytes(letter);
    // gzip makes what it cannot compress longer, by less than this.
    long enough = bytes + bytes / 1000 + 1024;
    return String.format(
        Locale.ROOT,
        "the event at %s-%d offset %d cannot be counted, and as a dead letter of %d bytes it is too large for %s."
            + " This replica counts nothing more until it is taken: %s (%s)",
        letter.event().topic(),
        letter.event().partition(),
        letter.event().offset(),
        bytes,
        topic,
        bytes > mostRequestBytes
            ? "set max.request.size and buffer.memory in the file of KAFKA_PROPERTIES, and max.message.bytes of that"
                + " topic, to at least "
                + enough
                + " and start again"
            : "set max.message.bytes of that topic to at least "
                + enough
                + ", and it goes on by itself",
        refusal.getMessage());
  }

  private static long bytes(DeadLetter letter) {
    long bytes = length(letter.event().key()) + length(letter.event().value());
    for (Header header : headers(letter)) {
      bytes += length(header.key().getBytes(StandardCharsets.UTF_8)) + length(header.value());
    }
    return bytes;
  }

  private static long length(byte @Nullable [] bytes) {
    // With what Kafka writes beside it.
    return bytes == null ? 5 : bytes.length + 5L;
  }

  private void delivered(DeadLetter letter) {
    ConsumerRecord<byte[], byte[]> event = letter.event();
    uncommitted
        .computeIfAbsent(
            new TopicPartition(event.topic(), event.partition()),
            partition -> new ConcurrentSkipListMap<>())
        .put(event.offset(), letter.reason());
    LOG.debug(
        "{}-{} offset {} is a dead letter, {}: {}",
        event.topic(),
        event.partition(),
        event.offset(),
        letter.reason(),
        letter.detail());
    listener.deadLettered(letter.reason());
  }

  /**
   * The reasons, by offset, of events that are on the topic while the offset in the database has
   * not passed them. When they are read again they are neither sent again nor counted after all;
   * the batch that passes them records them with these reasons. Lives on.
   */
  Map<TopicPartition, NavigableMap<Long, String>> uncommitted() {
    return uncommitted;
  }

  /** The offset in the database has come to {@code next}. What lies behind may be read again. */
  void committed(TopicPartition partition, long next) {
    NavigableMap<Long, String> reasons = uncommitted.get(partition);
    if (reasons != null) {
      reasons.headMap(next).clear();
      if (reasons.isEmpty()) {
        uncommitted.remove(partition);
      }
    }
  }

  /** The partition is another's now. */
  void forget(TopicPartition partition) {
    uncommitted.remove(partition);
  }

  private static Headers headers(DeadLetter letter) {
    Headers headers = new RecordHeaders(letter.event().headers());
    add(headers, VoteTopics.DEAD_LETTER_REASON, letter.reason());
    add(headers, VoteTopics.DEAD_LETTER_DETAIL, letter.detail());
    add(headers, VoteTopics.DEAD_LETTER_TOPIC, letter.event().topic());
    add(headers, VoteTopics.DEAD_LETTER_PARTITION, Integer.toString(letter.event().partition()));
    add(headers, VoteTopics.DEAD_LETTER_OFFSET, Long.toString(letter.event().offset()));
    return headers;
  }

  private static void add(Headers headers, String name, String value) {
    headers.add(name, value.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }
}

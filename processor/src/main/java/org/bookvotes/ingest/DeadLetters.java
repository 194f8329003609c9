package org.bookvotes.ingest;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.observability.ProcessorListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends events that cannot be counted to the dead-letter topic: key, value and headers unchanged,
 * plus headers that say why and where they were. After a crash an event may be there twice, with
 * the same coordinates. Used by the consumer's thread.
 */
final class DeadLetters implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);

  // The consumer must poll again before max.poll.interval.ms (5 min); what is not acknowledged is
  // sent again.
  private static final Duration DELIVERY_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

  /** An event with the reason and the detail to send along. */
  record DeadLetter(ConsumerRecord<byte[], byte[]> event, String reason, String detail) {}

  /** The topic did not take an event; the offset must not move. */
  static final class NotDeliveredException extends Exception {
    NotDeliveredException(String topic, Throwable cause) {
      super("the dead-letter topic " + topic + " takes no events: " + cause.getMessage(), cause);
    }
  }

  private final KafkaProducer<byte[], byte[]> producer;
  private final String topic;
  private final ProcessorListener listener;

  DeadLetters(Properties client, String topic, ProcessorListener listener) {
    Properties properties = new Properties();
    properties.putAll(client);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
    properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, "bookvotes-dead-letters");
    properties.put(
        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Math.toIntExact(DELIVERY_TIMEOUT.toMillis()));
    properties.put(
        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.toIntExact(REQUEST_TIMEOUT.toMillis()));
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, REQUEST_TIMEOUT.toMillis());
    this.producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    this.topic = topic;
    this.listener = listener;
  }

  /**
   * Sends all and returns when all are acknowledged.
   *
   * @throws NotDeliveredException if one was not; some of the others may be on the topic
   */
  void send(List<DeadLetter> letters) throws NotDeliveredException, InterruptedException {
    List<Future<RecordMetadata>> sends = new ArrayList<>(letters.size());
    try {
      for (DeadLetter letter : letters) {
        sends.add(
            producer.send(
                new ProducerRecord<>(
                    topic, null, letter.event().key(), letter.event().value(), headers(letter))));
      }
      producer.flush();
      for (Future<RecordMetadata> send : sends) {
        send.get();
      }
    } catch (ExecutionException e) {
      throw new NotDeliveredException(topic, e.getCause() == null ? e : e.getCause());
    } catch (org.apache.kafka.common.errors.InterruptException e) {
      throw new InterruptedException(e.getMessage());
    } catch (org.apache.kafka.common.KafkaException e) {
      throw new NotDeliveredException(topic, e);
    }
    for (DeadLetter letter : letters) {
      LOG.debug(
          "{}-{} offset {} is a dead letter, {}: {}",
          letter.event().topic(),
          letter.event().partition(),
          letter.event().offset(),
          letter.reason(),
          letter.detail());
      listener.deadLettered(letter.reason());
    }
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

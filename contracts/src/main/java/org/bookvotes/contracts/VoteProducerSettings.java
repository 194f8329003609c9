package org.bookvotes.contracts;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Settings for a {@code KafkaProducer<String, VoteEvent>}, to be completed with the brokers'
 * addresses and whatever they ask for. Stateless.
 *
 * <pre>{@code
 * Map<String, Object> settings = new HashMap<>(VoteProducerSettings.recommended());
 * settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, "localhost:9092");
 * var producer = new KafkaProducer<String, VoteEvent>(settings);
 * }</pre>
 */
public final class VoteProducerSettings {

  private static final Map<String, Object> REQUIRED =
      Map.of(
          ProducerConfig.ACKS_CONFIG,
          "all",
          ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
          "true",
          ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
          StringSerializer.class.getName(),
          ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG,
          VoteEventSerializer.class.getName());

  private static final Map<String, Object> RECOMMENDED = recommend();

  private VoteProducerSettings() {}

  /**
   * What makes an acknowledged vote be on the topic once, however often the client had to send it,
   * and in the form that is agreed on. Whoever changes one of these has another contract.
   *
   * @return an unmodifiable map
   */
  public static Map<String, Object> required() {
    return REQUIRED;
  }

  /**
   * {@link #required} and what suits votes, which are many and small: they wait up to 20 ms for
   * others, so that one request carries many, and travel and are stored compressed. Change these to
   * your needs.
   *
   * @return an unmodifiable map
   */
  public static Map<String, Object> recommended() {
    return RECOMMENDED;
  }

  private static Map<String, Object> recommend() {
    Map<String, Object> settings = new HashMap<>(REQUIRED);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, "20");
    settings.put(ProducerConfig.BATCH_SIZE_CONFIG, Integer.toString(64 * 1024));
    settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    return Map.copyOf(settings);
  }
}

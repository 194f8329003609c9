package org.bookvotes.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.junit.jupiter.api.Test;

class VoteProducerSettingsTest {

  @Test
  void areAllThatAProducerNeedsButTheBrokers() {
    Map<String, Object> settings = new HashMap<>(VoteProducerSettings.recommended());
    settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, "localhost:1");
    // It refuses settings that contradict each other; it connects to nobody before it sends.
    try (KafkaProducer<String, VoteEvent> producer = new KafkaProducer<>(settings)) {
      assertThat(producer.metrics()).isNotEmpty();
    }
  }

  @Test
  void areKnownToKafka() {
    assertThat(ProducerConfig.configNames())
        .containsAll(VoteProducerSettings.recommended().keySet());
  }

  @Test
  void beginWithWhatIsRequired() {
    assertThat(VoteProducerSettings.required())
        .containsEntry("acks", "all")
        .containsEntry("enable.idempotence", "true")
        .containsEntry("value.serializer", VoteEventSerializer.class.getName());
    assertThat(VoteProducerSettings.recommended())
        .containsAllEntriesOf(VoteProducerSettings.required())
        .containsKeys("linger.ms", "compression.type");
  }

  @Test
  void areNobodysToChange() {
    assertThatThrownBy(() -> VoteProducerSettings.required().put("acks", "0"))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> VoteProducerSettings.recommended().remove("acks"))
        .isInstanceOf(UnsupportedOperationException.class);
  }
}

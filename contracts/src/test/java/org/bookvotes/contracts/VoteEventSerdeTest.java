package org.bookvotes.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.bookvotes.contracts.EventJson.EVENT;

import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serdes;
import org.junit.jupiter.api.Test;

class VoteEventSerdeTest {

  private final VoteEventSerializer serializer = new VoteEventSerializer();
  private final VoteEventDeserializer deserializer = new VoteEventDeserializer();

  @Test
  void writesWhatTheCodecWrites() {
    assertThat(serializer.serialize(VoteTopics.VOTES, EVENT))
        .isEqualTo(VoteEventCodec.encode(EVENT));
  }

  @Test
  void readsWhatItWroteThroughKafkasInterfaces() {
    var serde = Serdes.serdeFrom(serializer, deserializer);
    var headers = new RecordHeaders();
    byte[] value = serde.serializer().serialize(VoteTopics.VOTES, headers, EVENT);

    assertThat(serde.deserializer().deserialize(VoteTopics.VOTES, headers, value)).isEqualTo(EVENT);
  }

  @Test
  void leavesATombstoneNull() {
    assertThat(serializer.serialize(VoteTopics.VOTES, null)).isNull();
    assertThat(deserializer.deserialize(VoteTopics.VOTES, (byte[]) null)).isNull();
  }

  @Test
  void tellsKafkaWhyAValueIsRefused() {
    assertThatExceptionOfType(SerializationException.class)
        .isThrownBy(() -> deserializer.deserialize("some-topic", EventJson.utf8("{}")))
        .withMessage("malformed vote on some-topic: eventId: missing")
        .withCauseExactlyInstanceOf(MalformedVoteException.class);
    assertThatExceptionOfType(SerializationException.class)
        .isThrownBy(() -> deserializer.deserialize("some-topic", new byte[0]))
        .withMessage("malformed vote on some-topic: event: empty");
  }

  @Test
  void needsAConstructorWithoutArgumentsForKafkasSettings() throws ReflectiveOperationException {
    assertThat(VoteEventSerializer.class.getConstructor().newInstance()).isNotNull();
    assertThat(VoteEventDeserializer.class.getConstructor().newInstance()).isNotNull();
  }
}

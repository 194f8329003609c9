package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.bookvotes.contracts.EventJson.EVENT;
import static org.bookvotes.contracts.EventJson.utf8;
import static org.bookvotes.contracts.EventJson.valid;
import static org.bookvotes.contracts.EventJson.with;
import static org.bookvotes.contracts.EventJson.without;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VoteRecordTest {

  private static final String OTHER_ID = "99999999-0d0c-4f0a-9a55-0f1f8f3f6f5e";

  /** Of a CloudEvent in binary mode that is {@link EventJson#EVENT}. */
  private static Headers cloudEvent() {
    return headers(
        "ce_specversion", "1.0",
        "ce_id", EVENT.eventId().toString(),
        "ce_source", "/bookstore/front",
        "ce_type", "org.bookvotes.vote",
        "content-type", "application/json");
  }

  private static Headers headers(String... namesAndValues) {
    Headers headers = new RecordHeaders();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.add(namesAndValues[i], namesAndValues[i + 1].getBytes(UTF_8));
    }
    return headers;
  }

  private static Headers cloudEventWith(String name, String value) {
    Headers headers = cloudEvent().remove(name);
    return headers.add(name, value.getBytes(UTF_8));
  }

  private static VoteEvent decode(Headers headers, String value) throws MalformedVoteException {
    return VoteRecord.decode(headers, utf8(value));
  }

  private static @Nullable String refusal(Headers headers, String value) {
    return catchThrowableOfType(MalformedVoteException.class, () -> decode(headers, value))
        .getMessage();
  }

  @Test
  void readsARecordWithoutHeadersAsTheCodecDoes() throws MalformedVoteException {
    assertThat(decode(new RecordHeaders(), valid())).isEqualTo(EVENT);
    assertThat(refusal(new RecordHeaders(), without("eventId"))).isEqualTo("eventId: missing");
    assertThat(
            catchThrowableOfType(
                    MalformedVoteException.class,
                    () -> VoteRecord.decode(new RecordHeaders(), null))
                .getMessage())
        .isEqualTo("event: empty");
  }

  @Test
  void headersOfOthersMeanNothing() throws MalformedVoteException {
    Headers headers =
        headers(
            "traceparent", "00-1-1-00",
            "content-type", "text/plain",
            "ce_type", "something",
            "ce_source", "",
            "CE_ID", "x",
            "", "");
    headers.add("ce_source", null);
    assertThat(decode(headers, valid())).isEqualTo(EVENT);
    assertThat(refusal(headers, without("eventId"))).isEqualTo("eventId: missing");
  }

  @Test
  void aCloudEventsIdIsTheEventsId() throws MalformedVoteException {
    assertThat(decode(cloudEvent(), without("eventId"))).isEqualTo(EVENT);
    assertThat(decode(cloudEvent(), valid())).isEqualTo(EVENT);
    assertThat(decode(cloudEvent(), valid().replace(",\"vote\"", " ,\"vote\""))).isEqualTo(EVENT);
    assertThat(decode(cloudEventWith("ce_id", "4B1D7C62-0D0C-4F0A-9A55-0F1F8F3F6F5E"), valid()))
        .isEqualTo(EVENT);
  }

  @Test
  void twoIdsThatDifferAreMalformedInWhateverFormTheValueIs() {
    String expected = "eventId: is " + EVENT.eventId() + ", but the headers say " + OTHER_ID;
    Headers headers = cloudEventWith("ce_id", OTHER_ID);
    assertThat(refusal(headers, valid())).isEqualTo(expected);
    assertThat(refusal(headers, " " + valid())).isEqualTo(expected);
  }

  @Test
  void theValueIsCheckedAsEver() {
    assertThat(refusal(cloudEvent(), with("vote", "\"up\""))).startsWith("vote: must be");
    assertThat(refusal(cloudEvent(), with("eventId", "null"))).startsWith("eventId: must be");
    assertThat(refusal(cloudEvent(), without("votedAt"))).isEqualTo("votedAt: missing");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json ; charset=\"utf-8\""
      })
  void takesJsonHoweverItsTypeIsWritten(String contentType) throws MalformedVoteException {
    assertThat(decode(cloudEventWith("content-type", contentType), valid())).isEqualTo(EVENT);
  }

  @Test
  void theContentTypeMayBeMissing() throws MalformedVoteException {
    assertThat(decode(cloudEvent().remove("content-type"), valid())).isEqualTo(EVENT);
  }

  @Test
  void anIdThatIsNoUuidBecomesOneThatAnybodyCanWorkOut() throws MalformedVoteException {
    // Python: uuid5(uuid5(NAMESPACE_URL, "/bookstore/front"), "A234-1234-1234")
    UUID expected = UUID.fromString("7ff52ed2-0bdb-5ba5-aec4-82f78a1fdf30");
    VoteEvent event = decode(cloudEventWith("ce_id", "A234-1234-1234"), without("eventId"));
    assertThat(event.eventId()).isEqualTo(expected);
    assertThat(VoteRecord.eventId("/bookstore/front", "A234-1234-1234")).isEqualTo(expected);
    assertThat(VoteRecord.eventId("/bookstore/back", "A234-1234-1234")).isNotEqualTo(expected);
    assertThat(VoteRecord.eventId("/bookstore/front", EVENT.eventId().toString()))
        .isEqualTo(EVENT.eventId());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ce_specversion | 0.3        | ce_specversion: must be 1.0, is \"0.3\"",
        "ce_specversion | ''         | ce_specversion: empty",
        "ce_id          | ''         | ce_id: empty",
        "ce_source      | ''         | ce_source: empty",
        "ce_type        | ''         | ce_type: empty",
        "content-type   | text/plain | content-type: must be application/json, is \"text/plain\"",
        "content-type   | ''         | content-type: must be application/json, is \"\"",
        "content-type   | application/jsonx | content-type: must be application/json, is \"application/jsonx\"",
      })
  void refusesAttributesThatAreNone(String name, String value, String expected) {
    assertThat(refusal(cloudEventWith(name, value), valid())).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ce_specversion", "ce_id", "ce_source", "ce_type"})
  void refusesACloudEventWithoutAnAttributeOrWithOneTwice(String name) {
    assertThat(refusal(cloudEvent().remove(name), valid())).isEqualTo(name + ": missing");
    assertThat(refusal(cloudEvent().add(name, utf8("1.0")), valid()))
        .isEqualTo(name + ": there twice");
    assertThat(refusal(cloudEvent().remove(name).add(name, null), valid()))
        .isEqualTo(name + ": empty");
    assertThat(refusal(cloudEvent().remove(name).add(name, new byte[] {(byte) 0xff}), valid()))
        .isEqualTo(name + ": not valid UTF-8");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/cloudevents+json",
        "application/cloudevents+json; charset=UTF-8",
        "APPLICATION/CLOUDEVENTS-BATCH+JSON"
      })
  void refusesStructuredModeAndSaysSo(String contentType) {
    String value =
        """
        {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "data": %s}
        """
            .formatted(valid());
    assertThat(refusal(headers("content-type", contentType), value))
        .isEqualTo(
            "content-type: a CloudEvent in structured mode, which is not taken; send it in binary mode");
    assertThat(refusal(new RecordHeaders(), value))
        .isEqualTo(
            "event: a CloudEvent in structured mode, which is not taken; send it in binary mode");
  }

  @Test
  void aFieldCalledSpecversionIsAnUnknownFieldLikeOthers() throws MalformedVoteException {
    assertThat(decode(new RecordHeaders(), with("specversion", "\"1.0\""))).isEqualTo(EVENT);
  }

  /** Headers come from outside like values: nothing but a short refusal may come of them. */
  @Test
  void neitherReadsNorBreaksOnHostileHeaders() {
    List<String> names = new ArrayList<>(List.of("trace", "", "ce_", "CE_ID", "\0"));
    cloudEvent().forEach(header -> names.add(header.key()));
    List<byte @Nullable []> values = new ArrayList<>();
    values.add(null);
    values.add(new byte[0]);
    values.add(new byte[] {(byte) 0xc3});
    values.add(utf8("\r\n\u001b[31m\u202e"));
    values.add(utf8("x".repeat(1 << 20)));
    cloudEvent().forEach(header -> values.add(header.value()));
    Random random = new Random(17_320_508);
    int read = 0;
    for (int i = 0; i < 20_000; i++) {
      Headers headers = new RecordHeaders();
      for (Header header : cloudEvent()) {
        if (random.nextInt(8) != 0) {
          headers.add(header);
        }
      }
      for (int more = random.nextInt(3); more > 0; more--) {
        String name = names.get(random.nextInt(names.size()));
        headers.add(new RecordHeader(name, values.get(random.nextInt(values.size()))));
      }
      try {
        assertThat(decode(headers, valid())).isEqualTo(EVENT);
        read++;
      } catch (MalformedVoteException e) {
        assertThat(e.getMessage()).hasSizeBetween(1, 200).matches("[ -~]+");
      }
    }
    assertThat(read).isBetween(2_000, 15_000);
  }

  @Test
  void theDeserializerReadsHeadersToo() {
    try (VoteEventDeserializer deserializer = new VoteEventDeserializer()) {
      assertThat(deserializer.deserialize("t", cloudEvent(), utf8(without("eventId"))))
          .isEqualTo(EVENT);
      Assertions.assertThatExceptionOfType(SerializationException.class)
          .isThrownBy(
              () ->
                  deserializer.deserialize(
                      "t", cloudEvent().remove("ce_type"), utf8(without("eventId"))))
          .withMessage("malformed vote on t: ce_type: missing");
      assertThat(deserializer.deserialize("t", cloudEvent(), (byte[]) null)).isNull();
    }
  }

  @Test
  void namesTheHeadersAsTheBindingDoes() {
    assertThat(
            Map.of(
                VoteRecord.CE_ID, "ce_id",
                VoteRecord.CE_SPECVERSION, "ce_specversion",
                VoteRecord.CE_SOURCE, "ce_source",
                VoteRecord.CE_TYPE, "ce_type",
                VoteRecord.CONTENT_TYPE, "content-type"))
        .allSatisfy((constant, name) -> assertThat(constant).isEqualTo(name));
  }
}

package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The AsyncAPI document: it is one, and it says what the classes do. */
class AsyncApiTest {

  /** Comes with {@code npm ci} in dev/npm; Maven Central does not have it. */
  private static final Path OFFICIAL_SCHEMA =
      Path.of("../dev/npm/node_modules/@asyncapi/specs/schemas/3.0.0.json");

  private static final String SCHEMA_FILE = "./vote-event.schema.json";

  private static final JsonNode DOCUMENT =
      new YAMLMapper().readTree(EventSchema.resource("asyncapi.yaml"));

  @Test
  void isValidByTheOfficialSchema() throws IOException {
    assumeTrue(
        Files.exists(OFFICIAL_SCHEMA),
        "the schema of AsyncAPI itself is not there; npm ci in dev/npm gets it");
    JsonNode official = EventSchema.JSON.readTree(Files.readString(OFFICIAL_SCHEMA));
    var schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7).getSchema(official);

    assertThat(schema.validate(DOCUMENT)).isEmpty();

    ObjectNode broken = (ObjectNode) DOCUMENT.deepCopy();
    ((ObjectNode) broken.at("/operations/countVote")).put("action", "swallow");
    assertThat(schema.validate(broken)).as("a document that is wrong").isNotEmpty();
  }

  @Test
  void refersOnlyToWhatIsThere() {
    List<String> references = new ArrayList<>();
    for (JsonNode reference : DOCUMENT.findValues("$ref")) {
      references.add(reference.asString());
    }
    assertThat(references).contains(SCHEMA_FILE).hasSizeGreaterThan(10);
    assertThat(references)
        .allSatisfy(reference -> assertThat(find(reference).isMissingNode()).isFalse());
  }

  @Test
  void namesTheTopicsAndHeadersOfTheContract() {
    assertThat(DOCUMENT.at("/channels/votes/address").asString()).isEqualTo(VoteTopics.VOTES);
    assertThat(DOCUMENT.at("/channels/deadLetters/address").asString())
        .isEqualTo(VoteTopics.DEAD_LETTERS);
    JsonNode deadLetter = DOCUMENT.at("/components/messages/deadLetter/headers");
    assertThat(deadLetter.get("properties").propertyNames())
        .containsExactlyInAnyOrder(
            VoteTopics.DEAD_LETTER_REASON,
            VoteTopics.DEAD_LETTER_DETAIL,
            VoteTopics.DEAD_LETTER_TOPIC,
            VoteTopics.DEAD_LETTER_PARTITION,
            VoteTopics.DEAD_LETTER_OFFSET);
    assertThat(texts(deadLetter.get("required")))
        .isEqualTo(new TreeSet<>(deadLetter.get("properties").propertyNames()));
    assertThat(texts(deadLetter.at("/properties/dead-letter-reason/enum")))
        .containsExactlyInAnyOrder(
            VoteTopics.REASON_MALFORMED, VoteTopics.REASON_UNKNOWN_BOOK, VoteTopics.REASON_REFUSED);
    assertThat(
            DOCUMENT.at("/components/messages/voteCloudEvent/headers/properties").propertyNames())
        .containsExactlyInAnyOrder(
            VoteRecord.CE_SPECVERSION,
            VoteRecord.CE_ID,
            VoteRecord.CE_SOURCE,
            VoteRecord.CE_TYPE,
            VoteRecord.CONTENT_TYPE);
  }

  @Test
  void tellsTheKey() {
    for (String message : List.of("voteEvent", "voteCloudEvent")) {
      JsonNode key = DOCUMENT.at("/components/messages/" + message + "/bindings/kafka/key/pattern");
      assertThat(VoteTopics.key(1)).matches(key.asString());
      assertThat(VoteTopics.key(Long.MAX_VALUE)).matches(key.asString());
      assertThat("042").doesNotMatch(key.asString());
    }
  }

  @Test
  void hasTheVersionOfTheProject() {
    assertThat(DOCUMENT.at("/info/version").asString())
        .isEqualTo(
            Objects.requireNonNull(System.getProperty("bookvotes.version"))
                .replace("-SNAPSHOT", ""));
  }

  @Test
  void examplesAreTaken() throws MalformedVoteException {
    JsonNode plain = DOCUMENT.at("/components/messages/voteEvent/examples/0");
    assertThat(EventSchema.present().takes(plain.get("payload"))).isTrue();
    VoteRecord.decode(new RecordHeaders(), EventJson.utf8(plain.get("payload").toString()));

    JsonNode cloudEvent = DOCUMENT.at("/components/messages/voteCloudEvent/examples/0");
    assertThat(headersSchema().takes(cloudEvent.get("headers"))).isTrue();
    assertThat(cloudEventSchema().takes(cloudEvent.get("payload"))).isTrue();
    VoteRecord.decode(
        recordHeaders(cloudEvent.get("headers")),
        EventJson.utf8(cloudEvent.get("payload").toString()));
  }

  /** Headers and values drawn around the valid ones, judged by the document and by the code. */
  @Test
  void saysOfCloudEventsWhatTheCodeSays() {
    EventSchema headersSchema = headersSchema();
    EventSchema payloadSchema = cloudEventSchema();
    Random random = new Random(22_360_679);
    int taken = 0;
    for (int i = 0; i < 20_000; i++) {
      VoteEvent event = EventJson.random(random);
      ObjectNode headers = headers(event, random);
      ObjectNode payload = payload(event, random);
      boolean expected = headersSchema.takes(headers) && payloadSchema.takes(payload);
      assertThat(codeTakes(headers, payload)).as("%s %s", headers, payload).isEqualTo(expected);
      taken += expected ? 1 : 0;
    }
    assertThat(taken).isBetween(2_000, 18_000);
  }

  private static ObjectNode headers(VoteEvent event, Random random) {
    ObjectNode headers = EventSchema.JSON.createObjectNode();
    headers.put("ce_specversion", pick(random, "1.0", "1.0", "1.0", "1.0", "0.3", "1.0.2", ""));
    headers.put("ce_id", pick(random, event.eventId().toString(), ""));
    headers.put("ce_source", pick(random, "/bookstore", "urn:x", "/", "/", ""));
    headers.put("ce_type", pick(random, "org.bookvotes.vote", "t", "t", "t", ""));
    headers.put(
        "content-type",
        pick(
            random,
            "application/json",
            "application/json; charset=utf-8",
            "Application/JSON ;q=1",
            "application/cloudevents+json",
            "application/jsonp",
            "text/json"));
    if (random.nextInt(4) == 0) {
      headers.put("traceparent", "00");
    }
    // Not both of these: without them it is no CloudEvent at all.
    if (random.nextInt(8) == 0) {
      headers.remove(pick(random, "ce_id", "ce_specversion", "ce_source", "ce_type"));
    }
    if (random.nextInt(4) == 0) {
      headers.remove("content-type");
    }
    // Most of the above would be refused for one thing or another.
    if (random.nextInt(2) == 0) {
      headers.put("ce_specversion", "1.0");
      headers.put("ce_id", event.eventId().toString());
      headers.put("ce_source", "/bookstore");
      headers.put("ce_type", "t");
      headers.remove("content-type");
    }
    return headers;
  }

  private static ObjectNode payload(VoteEvent event, Random random) {
    ObjectNode payload =
        (ObjectNode) EventSchema.JSON.readTree(new String(VoteEventCodec.encode(event), UTF_8));
    switch (random.nextInt(10)) {
      case 0 -> payload.put("vote", "up");
      case 1 -> payload.put("bookId", "42");
      case 2 -> payload.put("votedAt", "yesterday");
      case 3 -> payload.put("eventId", "1");
      case 4 -> payload.remove(pick(random, "bookId", "vote", "votedAt"));
      case 5 -> payload.put("x-source", 1);
      default -> {}
    }
    if (random.nextBoolean()) {
      payload.remove("eventId");
    }
    return payload;
  }

  private static boolean codeTakes(ObjectNode headers, ObjectNode payload) {
    try {
      VoteRecord.decode(recordHeaders(headers), EventJson.utf8(payload.toString()));
      return true;
    } catch (MalformedVoteException e) {
      return false;
    }
  }

  private static Headers recordHeaders(JsonNode headers) {
    Headers recordHeaders = new RecordHeaders();
    headers
        .properties()
        .forEach(
            header ->
                recordHeaders.add(header.getKey(), header.getValue().asString().getBytes(UTF_8)));
    return recordHeaders;
  }

  private static EventSchema headersSchema() {
    return new EventSchema(DOCUMENT.at("/components/messages/voteCloudEvent/headers"));
  }

  /** With what it refers to in its place: relative to a document, which a tree alone has not. */
  private static EventSchema cloudEventSchema() {
    ObjectNode payload =
        (ObjectNode) DOCUMENT.at("/components/messages/voteCloudEvent/payload").deepCopy();
    ObjectNode properties = (ObjectNode) payload.get("properties");
    for (String name : List.copyOf(properties.propertyNames())) {
      properties.set(name, find(properties.get(name).get("$ref").asString()));
    }
    return new EventSchema(payload);
  }

  /** What {@code $ref} means: a place in this document or in the schema beside it. */
  private static JsonNode find(String reference) {
    int hash = reference.indexOf('#');
    String file = hash < 0 ? reference : reference.substring(0, hash);
    String pointer = hash < 0 ? "" : reference.substring(hash + 1);
    assertThat(file).isIn("", SCHEMA_FILE);
    JsonNode root = file.isEmpty() ? DOCUMENT : EventSchema.present().tree();
    return root.at(JsonPointer.compile(pointer));
  }

  private static Set<String> texts(JsonNode array) {
    Set<String> texts = new TreeSet<>();
    array.forEach(text -> texts.add(text.asString()));
    return texts;
  }

  private static String pick(Random random, String... from) {
    return from[random.nextInt(from.length)];
  }
}

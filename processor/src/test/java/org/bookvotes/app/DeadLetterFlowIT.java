package org.bookvotes.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.awaitility.Awaitility;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteEventCodec;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events that cannot be counted. */
class DeadLetterFlowIT {

  private static final int BOOKS = 20;
  private static final String GOOD =
      "{\"eventId\":\"4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e\",\"bookId\":1,\"vote\":\"UP\",\"votedAt\":\"2026-01-31T12:34:56Z\"}";

  /** A malformed value with a part of the detail that must come with it. Never compared. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Malformed(byte @Nullable [] value, String detail) {}

  private static List<Malformed> malformed() {
    List<Malformed> values = new ArrayList<>();
    values.add(new Malformed(null, "empty"));
    values.add(new Malformed(new byte[0], "empty"));
    values.add(new Malformed("up for book 1".getBytes(UTF_8), "event"));
    values.add(new Malformed(("[" + GOOD + "]").getBytes(UTF_8), "an array"));
    values.add(new Malformed(GOOD.substring(0, 80).getBytes(UTF_8), "ends too early"));
    values.add(new Malformed((GOOD + GOOD).getBytes(UTF_8), "follows"));
    values.add(new Malformed(good("\"bookId\":1", "\"bookId\":\"1\""), "bookId"));
    values.add(new Malformed(good("\"bookId\":1", "\"bookId\":0"), "bookId"));
    values.add(new Malformed(good("\"bookId\":1", "\"bookId\":-1"), "bookId"));
    values.add(new Malformed(good("\"bookId\":1", "\"bookId\":1.0"), "bookId"));
    values.add(new Malformed(good("\"bookId\":1", "\"bookId\":9223372036854775808"), "bookId"));
    values.add(new Malformed(good("\"bookId\":1,", ""), "bookId: missing"));
    values.add(new Malformed(good("\"vote\":\"UP\",", ""), "vote: missing"));
    values.add(new Malformed(good("UP", "up"), "vote"));
    values.add(new Malformed(good("4b1d7c62-", ""), "eventId"));
    values.add(new Malformed(good("2026-01-31T12:34:56Z", "2026-01-31 12:34"), "votedAt"));
    values.add(new Malformed(good("UP", "\u00ff".repeat(3)), "vote"));
    values.add(new Malformed(("\uFEFF" + GOOD).getBytes(UTF_8), "event"));
    values.add(new Malformed(new byte[] {(byte) 0xc3, (byte) 0x28}, "UTF-8"));
    // As long as Kafka takes it: with the headers of a dead letter it is longer.
    byte[] longest = new byte[1_048_400];
    Arrays.fill(longest, (byte) 'x');
    values.add(new Malformed(longest, "event"));
    return values;
  }

  private static byte[] good(String part, String replacement) {
    assertThat(GOOD).contains(part);
    return GOOD.replace(part, replacement).getBytes(UTF_8);
  }

  @Test
  void putsMalformedEventsAsideAndCountsTheVotesAroundThem() {
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(2)) {
      database.insertBooks(BOOKS);
      Tally tally = new Tally(7, BOOKS);
      List<ProducerRecord<byte[], byte[]>> events = new ArrayList<>();
      List<Malformed> malformed = malformed();
      for (Malformed bad : malformed) {
        events.add(vote(topics, tally.cast(1).getFirst()));
        events.add(withHeaders(topics, bad.value()));
      }
      events.add(vote(topics, tally.cast(1).getFirst()));
      List<RecordMetadata> sent = topics.sendAll(events);

      try (Replica replica = Replica.inProcess(Replica.settings(database, topics))) {
        tally.awaitRated(database, topics);

        Map<String, ConsumerRecord<byte[], byte[]>> letters = byOrigin(topics.readDeadLetters());
        assertThat(letters).hasSize(malformed.size());
        for (int i = 0; i < malformed.size(); i++) {
          ConsumerRecord<byte[], byte[]> letter = letterOf(sent.get(2 * i + 1), letters);
          assertDeadLetter(letter, events.get(2 * i + 1), VoteTopics.REASON_MALFORMED);
          assertThat(text(letter, VoteTopics.DEAD_LETTER_DETAIL))
              .contains(malformed.get(i).detail());
        }
        assertThat(replica.metric("bookvotes_dead_letters_total{reason=\"malformed\"}"))
            .isEqualTo(malformed.size());
        assertThat(replica.metric("bookvotes_dead_letters_total{reason=\"unknown-book\"}"))
            .isZero();
      }
    }
  }

  @Test
  void putsVotesForUnknownBooksAsideAndCountsTheOthersOfTheirBatch() {
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(2)) {
      database.insertBooks(BOOKS);
      Tally tally = new Tally(8, BOOKS);
      List<ProducerRecord<byte[], byte[]>> events = new ArrayList<>();
      List<Integer> unknown = new ArrayList<>();
      for (int i = 0; i < 2_000; i++) {
        if (i % 3 == 0) {
          unknown.add(i);
          byte[] value =
              VoteEventCodec.encode(new Tally(i, 1).cast(1_000_000L + i % 500, Vote.DOWN));
          events.add(withHeaders(topics, value));
        } else {
          events.add(vote(topics, tally.cast(1).getFirst()));
        }
      }
      List<RecordMetadata> sent = topics.sendAll(events);

      try (Replica replica = Replica.inProcess(Replica.settings(database, topics))) {
        tally.awaitRated(database, topics);

        Map<String, ConsumerRecord<byte[], byte[]>> letters = byOrigin(topics.readDeadLetters());
        assertThat(letters).hasSize(unknown.size());
        for (int i : unknown) {
          ConsumerRecord<byte[], byte[]> letter = letterOf(sent.get(i), letters);
          assertDeadLetter(letter, events.get(i), VoteTopics.REASON_UNKNOWN_BOOK);
          assertThat(text(letter, VoteTopics.DEAD_LETTER_DETAIL)).contains("books");
        }
        assertThat(replica.metric("bookvotes_dead_letters_total{reason=\"unknown-book\"}"))
            .isEqualTo(unknown.size());

        // The bookstore gets the book: votes from now on count, those put aside stay aside.
        database.execute("INSERT INTO books (book_id, title) VALUES (1000000, 'New')");
        topics.sendVotes(List.of(tally.cast(1_000_000, Vote.UP), tally.cast(1_000_000, Vote.UP)));
        tally.awaitRated(database, topics);
        assertThat(topics.readDeadLetters()).hasSize(unknown.size());
      }
    }
  }

  @Test
  void waitsForTheDeadLetterTopicAndLosesNothingMeanwhile(@TempDir Path directory)
      throws IOException {
    // Who does not poll for this long loses its place in the group.
    Path client =
        Files.writeString(directory.resolve("client.properties"), "max.poll.interval.ms = 9000\n");
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(1)) {
      database.insertBooks(BOOKS);
      Tally tally = new Tally(9, BOOKS);
      Group group = new Group(topics);
      Map<Setting, String> settings = Replica.settings(database, topics);
      settings.put(Setting.KAFKA_PROPERTIES, client.toString());
      String other = topics.deadLetters() + ".later";
      settings.put(Setting.DEAD_LETTER_TOPIC, other);

      try (Replica replica = Replica.inProcess(settings)) {
        group.awaitPartitionsHeldBy(1);
        Map<String, Optional<Integer>> members = group.members();
        List<ProducerRecord<byte[], byte[]>> events = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          // In this order: wherever a poll ends, the first one cannot get past the first event.
          events.add(withHeaders(topics, "no vote".getBytes(UTF_8)));
          events.add(vote(topics, tally.cast(1).getFirst()));
        }
        long first = topics.sendAll(events).getFirst().offset();

        String failures = "bookvotes_ingest_failures_total{sqlstate=\"dead-letters\"}";
        Awaitility.await("two tries in vain")
            .atMost(Duration.ofSeconds(60))
            .until(
                () ->
                    replica.get("/metrics").body().contains(failures)
                        && replica.metric(failures) >= 2);
        assertThat(Tally.offsetsIn(database, topics)).isEqualTo(Map.of(0, first));
        assertThat(Tally.countedIn(database)).isZero();
        assertThat(replica.metric("bookvotes_dead_letters_total{reason=\"malformed\"}")).isZero();
        assertThat(group.members()).as("never out of the group").isEqualTo(members);

        topics.create(new NewTopic(other, 1, (short) 1));
        tally.awaitRated(database, topics);
        assertThat(topics.read(other)).hasSize(20);
        assertThat(replica.metric("bookvotes_dead_letters_total{reason=\"malformed\"}"))
            .isEqualTo(20);
        assertThat(group.members()).as("never out of the group").isEqualTo(members);
        replica.awaitReady();
      }
    }
  }

  private static ProducerRecord<byte[], byte[]> vote(TestTopics topics, VoteEvent event) {
    return new ProducerRecord<>(
        topics.votes(),
        VoteTopics.key(event.bookId()).getBytes(UTF_8),
        VoteEventCodec.encode(event));
  }

  private static ProducerRecord<byte[], byte[]> withHeaders(
      TestTopics topics, byte @Nullable [] value) {
    List<Header> headers =
        List.of(
            new RecordHeader("trace", new byte[] {0, (byte) 0xff, 7}),
            new RecordHeader("trace", "again".getBytes(UTF_8)),
            new RecordHeader("nothing", (byte[]) null),
            new RecordHeader(VoteTopics.DEAD_LETTER_REASON, "redriven before".getBytes(UTF_8)));
    return new ProducerRecord<>(
        topics.votes(), null, new byte[] {(byte) 0xfe, 0, 1}, value, headers);
  }

  private static void assertDeadLetter(
      ConsumerRecord<byte[], byte[]> letter, ProducerRecord<byte[], byte[]> event, String reason) {
    assertThat(letter.key()).isEqualTo(event.key());
    assertThat(letter.value()).isEqualTo(event.value());
    List<Header> headers = List.of(letter.headers().toArray());
    List<Header> originals = List.of(event.headers().toArray());
    assertThat(headers.subList(0, originals.size())).isEqualTo(originals);
    assertThat(headers.subList(originals.size(), headers.size()))
        .extracting(Header::key)
        .containsExactlyInAnyOrder(
            "dead-letter-reason",
            "dead-letter-detail",
            "dead-letter-topic",
            "dead-letter-partition",
            "dead-letter-offset");
    assertThat(text(letter, "dead-letter-reason")).isEqualTo(reason);
  }

  private static Map<String, ConsumerRecord<byte[], byte[]>> byOrigin(
      List<ConsumerRecord<byte[], byte[]>> letters) {
    Map<String, ConsumerRecord<byte[], byte[]>> byOrigin = new TreeMap<>();
    for (ConsumerRecord<byte[], byte[]> letter : letters) {
      String origin =
          text(letter, "dead-letter-topic")
              + "-"
              + text(letter, "dead-letter-partition")
              + "@"
              + text(letter, "dead-letter-offset");
      assertThat(byOrigin.put(origin, letter)).as("a second dead letter of " + origin).isNull();
    }
    return byOrigin;
  }

  private static ConsumerRecord<byte[], byte[]> letterOf(
      RecordMetadata sent, Map<String, ConsumerRecord<byte[], byte[]>> letters) {
    String origin = sent.topic() + "-" + sent.partition() + "@" + sent.offset();
    return Objects.requireNonNull(letters.get(origin), () -> "no dead letter of " + origin);
  }

  private static String text(ConsumerRecord<byte[], byte[]> letter, String header) {
    return new String(letter.headers().lastHeader(header).value(), UTF_8);
  }
}

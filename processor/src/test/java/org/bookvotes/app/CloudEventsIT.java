package org.bookvotes.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteRecord;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.Tally.Count;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** CloudEvents among other votes, from Kafka to the books or the dead letters. */
class CloudEventsIT {

  private static final int BOOKS = 20;
  private static final String SOURCE = "/bookstore/front";

  private final TestDatabase database = Servers.newDatabase();
  private final TestTopics topics = Servers.newTopics(2);
  private final Map<Setting, String> settings = Replica.settings(database, topics);
  private final Tally tally = new Tally(20, BOOKS);

  CloudEventsIT() {
    database.insertBooks(BOOKS);
  }

  @AfterEach
  void close() {
    topics.close();
    database.close();
  }

  @Test
  void areCountedLikeOtherVotesAndPutAsideLikeThem() {
    try (Replica replica = Replica.inProcess(settings)) {
      List<ProducerRecord<byte[], byte[]>> events = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        int book = 1 + i % BOOKS;
        events.add(cloudEvent("id-" + i, book, Vote.UP));
        tally.expect(book, new Count(1, 0));
      }
      topics.sendAll(events);
      topics.sendVotes(tally.cast(100));

      ProducerRecord<byte[], byte[]> structured = cloudEvent("s", 1, Vote.UP);
      structured.headers().remove(VoteRecord.CONTENT_TYPE);
      structured.headers().add(header(VoteRecord.CONTENT_TYPE, "application/cloudevents+json"));
      ProducerRecord<byte[], byte[]> sourceless = cloudEvent("n", 1, Vote.UP);
      sourceless.headers().remove(VoteRecord.CE_SOURCE);
      topics.sendAll(List.of(structured, sourceless));
      tally.awaitRated(database, topics);

      Map<String, String> details = new TreeMap<>();
      for (ConsumerRecord<byte[], byte[]> letter : topics.readDeadLetters()) {
        assertThat(text(letter, VoteTopics.DEAD_LETTER_REASON)).isEqualTo("malformed");
        details.put(text(letter, VoteRecord.CE_ID), text(letter, VoteTopics.DEAD_LETTER_DETAIL));
      }
      assertThat(details).hasSize(2);
      assertThat(details.get("s"))
          .isEqualTo(
              "content-type: a CloudEvent in structured mode, which is not taken; send it in binary mode");
      assertThat(details.get("n")).isEqualTo("ce_source: missing");
      assertThat(replica.metric("bookvotes_dead_letters_total{reason=\"malformed\"}")).isEqualTo(2);
    }
  }

  @Test
  void areRedrivenWithTheIdOfTheirHeaders() throws Exception {
    try (Replica replica = Replica.inProcess(settings).awaitReady()) {
      topics.sendAll(List.of(cloudEvent("late", 77, Vote.DOWN)));
      tally.awaitCounted(database, topics);

      JsonNode listed =
          StatusReport.JSON.readTree(
              Cli.run(settings, "dead-letters", "list", "--json").out().strip());
      assertThat(listed.get("reason").asText()).isEqualTo("unknown-book");
      assertThat(listed.get("bookId").asLong()).isEqualTo(77);
      assertThat(listed.get("eventId").asText())
          .isEqualTo(VoteRecord.eventId(SOURCE, "late").toString());

      database.execute("INSERT INTO books (book_id) VALUES (77)");
      for (int i = 0; i < 2; i++) {
        assertThat(Cli.run(settings, "dead-letters", "redrive").exitCode()).isZero();
      }
      tally.expect(77, new Count(0, 1));
      tally.awaitRated(database, topics);
      assertThat(replica.metric("bookvotes_dead_letters_total{reason=\"malformed\"}")).isZero();
    }
  }

  /** With its id in the headers alone. */
  private ProducerRecord<byte[], byte[]> cloudEvent(String id, long bookId, Vote vote) {
    String value =
        """
        {"bookId": %d, "vote": "%s", "votedAt": "2026-01-31T12:34:56Z"}\
        """
            .formatted(bookId, vote);
    return new ProducerRecord<>(
        topics.votes(),
        null,
        VoteTopics.key(bookId).getBytes(UTF_8),
        value.getBytes(UTF_8),
        List.of(
            header(VoteRecord.CE_SPECVERSION, "1.0"),
            header(VoteRecord.CE_ID, id),
            header(VoteRecord.CE_SOURCE, SOURCE),
            header(VoteRecord.CE_TYPE, "org.bookvotes.vote"),
            header(VoteRecord.CONTENT_TYPE, "application/json")));
  }

  private static Header header(String name, String value) {
    return new RecordHeader(name, value.getBytes(UTF_8));
  }

  private static String text(ConsumerRecord<byte[], byte[]> record, String header) {
    return new String(record.headers().lastHeader(header).value(), UTF_8);
  }
}

package org.bookvotes.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEventCodec;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.Tally.Count;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What {@code dead-letters list} and {@code redrive} do with letters of all kinds. */
class DeadLettersCommandIT {

  private static final int BOOKS = 20;
  private static final byte[] NO_VOTE = "no vote".getBytes(UTF_8);
  // Erases the screen, the second time by a control character beyond ASCII; then turns the line
  // around.
  private static final String HOSTILE = "k\u001b[2J\u009b2J\r\u007f\u202e\n";

  private final TestDatabase database = Servers.newDatabase();
  private final TestTopics topics = Servers.newTopics(2);
  private final Map<Setting, String> settings = Replica.settings(database, topics);
  private final Tally tally = new Tally(31, BOOKS);

  DeadLettersCommandIT() {
    database.insertBooks(BOOKS);
  }

  @AfterEach
  void close() {
    topics.close();
    database.close();
  }

  @Test
  void redriveCountsOnceWhatCanBeCountedNowAndNamesWhatRemains() {
    // Book 5 refuses its votes, but only at the commit.
    database.execute(
        """
        CREATE FUNCTION deny() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION '%', E'not this\\x1b[2J one'; END $$;
        CREATE CONSTRAINT TRIGGER deny AFTER UPDATE OF votes_up ON books DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (new.book_id = 5) EXECUTE FUNCTION deny();
        """);
    try (Replica replica = Replica.inProcess(settings)) {
      for (long book = 6; book <= BOOKS; book++) {
        topics.sendVotes(List.of(tally.cast(book, Vote.UP)));
      }
      send(0, 77, Vote.UP);
      send(1, 77, Vote.DOWN);
      send(0, 78, Vote.UP);
      send(1, 5, Vote.UP);
      topics.send(0, null, NO_VOTE);
      tally.awaitRated(database, topics);
      assertThat(rows("redriven_at IS NULL")).isEqualTo(5);

      database.execute("INSERT INTO books (book_id) VALUES (77)");
      String before = contents();
      Cli dry = letters("redrive", "--dry-run");
      assertSummary(dry, "would be counted", 2, 1, 1, 1, 0, 0);
      assertThat(dry.out()).contains("not this\\u001b[2J one").doesNotContain("\u001b");
      assertThat(contents()).as("a dry run changes nothing").isEqualTo(before);

      assertSummary(letters("redrive"), "counted", 2, 1, 1, 1, 0, 0);
      tally.expect(77, new Count(1, 1));
      tally.awaitRated(database, topics);

      assertSummary(letters("redrive"), "counted", 0, 1, 1, 1, 2, 0);
      tally.awaitRated(database, topics);

      database.execute("DROP TRIGGER deny ON books");
      database.execute("INSERT INTO books (book_id) VALUES (78)");
      assertSummary(letters("redrive", "--reason=refused"), "counted", 1, 0, 0, 0, 0, 0);
      assertSummary(letters("redrive"), "counted", 1, 0, 1, 0, 3, 0);
      tally.expect(78, new Count(1, 0));
      tally.expect(5, new Count(1, 0));
      tally.awaitRated(database, topics);
      assertThat(replica.metric("bookvotes_dead_letters_total{reason=\"refused\"}")).isEqualTo(1);
    }
  }

  @Test
  void aLetterThatIsOnTheTopicTwiceIsShownOnceAndCountedOnce() {
    deadLetter(() -> send(0, 77, Vote.UP));
    List<ConsumerRecord<byte[], byte[]>> letters = topics.readDeadLetters();
    assertThat(letters).hasSize(1);
    // In all partitions of the dead-letter topic.
    List<ProducerRecord<byte[], byte[]>> again = new ArrayList<>();
    for (int partition = 0; partition < 3; partition++) {
      again.add(
          new ProducerRecord<>(
              topics.deadLetters(),
              partition,
              letters.getFirst().key(),
              letters.getFirst().value(),
              letters.getFirst().headers()));
    }
    topics.sendAll(again);
    database.execute("INSERT INTO books (book_id) VALUES (77)");

    Cli list = letters("list");
    assertThat(list.out().lines().filter(line -> line.contains("@0 "))).hasSize(1);
    assertThat(list.out()).contains("3 letters are on the topic more than once");
    Cli redrive = letters("redrive");
    assertSummary(redrive, "counted", 1, 0, 0, 0, 0, 0);
    assertThat(redrive.out()).contains("3 letters are on the topic more than once");
    assertThat(Tally.countedIn(database)).isEqualTo(1);
  }

  @Test
  void filtersByWhereTheEventWasAndWhy() {
    deadLetter(
        () -> {
          for (int i = 0; i < 5; i++) {
            send(0, 77, Vote.UP);
            topics.send(1, null, NO_VOTE);
          }
          send(1, 77, Vote.UP);
        });
    String votes = topics.votes();
    assertThat(listed()).hasSize(11);
    assertThat(listed("--partition=1", "--reason=unknown-book")).containsExactly(votes + "-1@5");
    assertThat(listed("--reason=refused")).isEmpty();
    assertThat(listed("--offsets=1-2"))
        .containsExactlyInAnyOrder(votes + "-0@1", votes + "-0@2", votes + "-1@1", votes + "-1@2");
    assertThat(listed("--offsets=4-", "--partition", "0")).containsExactly(votes + "-0@4");
    assertThat(listed("--offsets", "-0", "--partition", "0")).containsExactly(votes + "-0@0");
    assertThat(listed("--offsets=5")).containsExactly(votes + "-1@5");
    assertThat(listed("--partition=2")).isEmpty();

    database.execute("INSERT INTO books (book_id) VALUES (77)");
    assertSummary(letters("redrive", "--partition=0", "--offsets=3-"), "counted", 2, 0, 0, 0, 0, 0);
    assertThat(
            database.queryRows(
                "SELECT partition, source_offset FROM bookvotes.dead_letters"
                    + " WHERE redriven_at IS NOT NULL ORDER BY 1, 2"))
        .containsExactly(List.of(0, 3L), List.of(0, 4L));
    assertSummary(letters("redrive", "--reason=malformed"), "counted", 0, 0, 5, 0, 0, 0);
    assertSummary(letters("redrive", "--reason=unknown-book"), "counted", 4, 0, 0, 0, 2, 0);
    assertThat(Tally.countedIn(database)).isEqualTo(6);
  }

  @Test
  void listShowsEachLetterWithItsStateAndLetsNothingReachTheTerminal()
      throws JsonProcessingException {
    deadLetter(
        () -> {
          topics.send(0, HOSTILE.getBytes(UTF_8), NO_VOTE);
          send(0, 77, Vote.DOWN);
          topics.send(1, null, null);
        });
    database.execute(
        "UPDATE bookvotes.dead_letters SET redriven_at = '2026-01-31T12:00:00Z' WHERE source_offset = 1");
    // Somebody else may write to the topic too.
    List<Header> headers =
        List.of(
            header(VoteTopics.DEAD_LETTER_TOPIC, topics.votes() + HOSTILE),
            header(VoteTopics.DEAD_LETTER_PARTITION, "7"),
            header(VoteTopics.DEAD_LETTER_OFFSET, "12"),
            header(VoteTopics.DEAD_LETTER_REASON, HOSTILE),
            header(VoteTopics.DEAD_LETTER_DETAIL, HOSTILE + "x".repeat(9_000)));
    topics.sendAll(
        List.of(
            new ProducerRecord<>(topics.deadLetters(), 0, NO_VOTE, NO_VOTE, headers),
            new ProducerRecord<>(topics.deadLetters(), NO_VOTE, NO_VOTE)));

    Cli list = letters("list");
    assertThat(list.exitCode()).isZero();
    assertThat(list.out().codePoints())
        .noneMatch(c -> c != '\n' && (Character.isISOControl(c) || c == 0x202e));
    assertThat(list.out())
        .containsPattern(
            topics.votes() + "-0@0  \\S+Z  malformed +waiting +key \"k\\\\u001b\\[2J\\\\u009b2J")
        .containsPattern(
            topics.votes()
                + "-0@1  \\S+Z  unknown-book +redriven +key \"77\"  book 77  the book is")
        .containsPattern(topics.votes() + "-1@0  \\S+Z  malformed +waiting +key -  book -  ")
        .contains("-7@12", "1 records are no letters")
        .containsPattern("(?m)^malformed +2 +0 +0$")
        .containsPattern("(?m)^unknown-book +0 +1 +0$")
        .containsPattern("(?m)^other +0 +0 +1$")
        .doesNotContain("x".repeat(200));

    Cli json = letters("list", "--json");
    assertThat(json.out()).matches("[\\x20-\\x7e\\n]*");
    assertThat(json.err()).contains("not committed", "1 records are no letters");
    List<JsonNode> lines = new ArrayList<>();
    for (String line : json.out().lines().toList()) {
      lines.add(StatusReport.JSON.readTree(line));
    }
    assertThat(lines).hasSize(4);
    for (JsonNode line : lines) {
      String at = line.get("partition").asInt() + "@" + line.get("offset").asLong();
      switch (at) {
        case "0@0" -> {
          assertThat(line.get("key").asText()).isEqualTo(HOSTILE);
          assertThat(line.get("state").asText()).isEqualTo("waiting");
          assertThat(line.has("bookId")).isFalse();
        }
        case "0@1" -> {
          assertThat(line.get("topic").asText()).isEqualTo(topics.votes());
          assertThat(line.get("bookId").asLong()).isEqualTo(77);
          assertThat(line.get("vote").asText()).isEqualTo("DOWN");
          assertThat(line.get("state").asText()).isEqualTo("redriven");
          assertThat(line.get("redrivenAt").asText()).isEqualTo("2026-01-31T12:00:00Z");
        }
        case "1@0" -> assertThat(line.get("key").isNull()).isTrue();
        default -> {
          assertThat(at).isEqualTo("7@12");
          assertThat(line.get("reason").asText()).isEqualTo(HOSTILE);
          assertThat(line.get("state").asText()).isEqualTo("not committed");
        }
      }
    }
  }

  @Test
  void anEmptyTopicIsDoneAndAMissingOneFails() {
    assertSummary(letters("redrive"), "counted", 0, 0, 0, 0, 0, 0);
    assertThat(listed()).isEmpty();

    settings.put(Setting.DEAD_LETTER_TOPIC, topics.deadLetters() + ".missing");
    Cli missing = letters("redrive");
    assertThat(missing.exitCode()).isEqualTo(1);
    assertThat(missing.err()).contains("there is no topic " + topics.deadLetters() + ".missing");
  }

  private void send(int partition, long bookId, Vote vote) {
    topics.send(
        partition,
        VoteTopics.key(bookId).getBytes(UTF_8),
        VoteEventCodec.encode(new Tally(0, 1).cast(bookId, vote)));
  }

  /** Does {@code sending}, has a replica read it, and stops that. */
  private void deadLetter(Runnable sending) {
    sending.run();
    try (Replica replica = Replica.inProcess(settings)) {
      replica.awaitReady();
      tally.awaitCounted(database, topics);
    }
  }

  private Cli letters(String... args) {
    return Cli.run(settings, "dead-letters", args);
  }

  /** The coordinates of the letters that {@code list} shows. */
  private List<String> listed(String... filters) {
    List<String> args = new ArrayList<>(List.of("list"));
    args.addAll(List.of(filters));
    Cli list = letters(args.toArray(String[]::new));
    assertThat(list.err()).isEmpty();
    assertThat(list.exitCode()).isZero();
    return list.out()
        .lines()
        .filter(line -> line.contains("@"))
        .map(line -> line.substring(0, line.indexOf(' ')))
        .toList();
  }

  private long rows(String condition) {
    return database.queryLong("SELECT count(*) FROM bookvotes.dead_letters WHERE " + condition);
  }

  private String contents() {
    return database
            .queryRows("SELECT book_id, votes_up, votes_down FROM books ORDER BY book_id")
            .toString()
        + database.queryRows("SELECT * FROM bookvotes.dead_letters ORDER BY 1, 2, 3")
        + database.queryRows("SELECT book_id FROM bookvotes.stale_books ORDER BY 1");
  }

  private static void assertSummary(
      Cli redrive,
      String counted,
      int countedCount,
      int unknown,
      int malformed,
      int refused,
      int already,
      int notCommitted) {
    assertThat(redrive.exitCode()).as(redrive.err()).isZero();
    assertThat(redrive.out().lines().limit(6).map(line -> line.replaceAll(" {2,}", ": ")))
        .containsExactly(
            counted + ": " + countedCount,
            "still unknown: " + unknown,
            "still malformed: " + malformed,
            "refused: " + refused,
            "already redriven: " + already,
            "not committed: " + notCommitted);
  }

  private static Header header(String name, String value) {
    return new RecordHeader(name, value.getBytes(UTF_8));
  }
}

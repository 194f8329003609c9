package org.bookvotes.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.bookvotes.app.VoteSource.BookVote;
import org.bookvotes.contracts.MalformedVoteException;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteEventCodec;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.testing.Goodbooks;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProduceCommandIT {

  private final TestDatabase database = Servers.newDatabase();
  private final TestTopics topics = Servers.newTopics(12);
  private final Map<Setting, String> settings = new EnumMap<>(Replica.settings(database, topics));

  @AfterEach
  void close() {
    database.close();
    topics.close();
  }

  @Test
  void sendsWhatItsSourceGivesAndRegistersTheBooks() throws Exception {
    Cli produce = Cli.run(settings, "produce", "--count=5000", "--books=50", "--seed=3");

    assertThat(produce.err()).isEmpty();
    assertThat(produce.exitCode()).isZero();
    assertThat(produce.out())
        .contains("registered 50 books, 50 of them new", "sent 5,000 votes in", "all acknowledged");
    List<BookVote> expected = new ArrayList<>();
    new ZipfVotes(5000, 50, 3).votes().forEachRemaining(expected::add);
    List<BookVote> sent = new ArrayList<>();
    Set<UUID> eventIds = new HashSet<>();
    for (VoteEvent event : sentEvents()) {
      sent.add(new BookVote(event.bookId(), event.vote()));
      eventIds.add(event.eventId());
    }
    assertThat(sent).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(eventIds).hasSize(5000).allMatch(id -> id.version() == 4 && id.variant() == 2);
    assertThat(database.queryRows("SELECT book_id, title FROM books ORDER BY book_id"))
        .hasSize(50)
        .startsWith(List.of(1L, "Book 1"), List.of(2L, "Book 2"));
  }

  @Test
  void leavesBooksThatAreThereAsTheyAre() {
    database.execute("INSERT INTO books (book_id, title, votes_up) VALUES (2, 'Emma', 7)");

    assertThat(Cli.run(settings, "produce", "--count=10", "--books=3").out())
        .contains("registered 3 books, 2 of them new");
    assertThat(database.queryRows("SELECT title, votes_up FROM books WHERE book_id = 2"))
        .containsExactly(List.of("Emma", 7));
  }

  @Test
  void countsRealBooksExactlyAndWaitsUntilAllIsFresh() {
    try (Replica replica = Replica.inProcess(settings).awaitReady()) {
      Cli produce =
          Cli.run(
              settings,
              "produce",
              "--csv=" + Goodbooks.file(),
              "--scale=0.001",
              "--wait",
              "--timeout=PT3M");

      assertThat(produce.err().lines()).noneMatch(line -> line.startsWith("bookvotes:"));
      assertThat(produce.exitCode()).isZero();
      assertThat(produce.out())
          .contains("registered 10,000 books, 10,000 of them new", "sent 482,226 votes")
          .contains("counted 482,226 votes", "nothing is stale");
      assertThat(replica.metric("bookvotes_votes_total{vote=\"UP\"}")).isGreaterThan(400_000);
    }

    // Right when the command returned, not some time later.
    assertThat(database.queryLong("SELECT count(*) FROM bookvotes.stale_books")).isZero();
    assertThat(database.queryRows("SELECT book_id, votes_up, votes_down FROM books ORDER BY 1"))
        .isEqualTo(
            Goodbooks.counts().stream()
                .sorted((a, b) -> Long.compare(a.bookId(), b.bookId()))
                .map(
                    book ->
                        List.<Object>of(
                            book.bookId(),
                            (int) ((book.votesUp() + 500) / 1000),
                            (int) ((book.votesDown() + 500) / 1000)))
                .toList());
    assertThat(
            database.queryLong(
                "SELECT count(*) FROM books WHERE rating IS DISTINCT FROM rating(votes_up, votes_down)"))
        .isZero();
    assertThat(
            database.queryString("SELECT title || ' / ' || authors FROM books WHERE book_id = 2"))
        .isEqualTo(
            "Harry Potter and the Sorcerer's Stone (Harry Potter, #1) / J.K. Rowling, Mary GrandPré");
  }

  @Test
  void saysWhenVotesWereReadButNotCounted() {
    // Somebody keeps one of the books from being registered: its votes become dead letters.
    database.execute(
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER refuse BEFORE INSERT ON books FOR EACH ROW WHEN (NEW.book_id = 1)
            EXECUTE FUNCTION refuse()
        """);
    try (Replica replica = Replica.inProcess(settings).awaitReady()) {
      Cli produce = Cli.run(settings, "produce", "--count=100", "--books=2", "--wait");

      assertThat(produce.exitCode()).isEqualTo(1);
      assertThat(produce.err())
          .containsPattern("all votes are read, but only \\d+ of 100 are in the books");
      assertThat(replica.metric("bookvotes_dead_letters_total{reason=\"unknown-book\"}"))
          .isEqualTo(topics.readDeadLetters().size())
          .isPositive();
    }
  }

  @Test
  void givesUpWaitingWhenNobodyCounts() {
    Cli produce = Cli.run(settings, "produce", "--count=20", "--wait", "--timeout=PT0.5S");

    assertThat(produce.exitCode()).isEqualTo(1);
    assertThat(produce.out()).contains("all acknowledged");
    assertThat(produce.err())
        .contains("bookvotes: after PT0.5S only 0 of 20 votes are counted and 0 books are stale");
  }

  @Test
  void givesUpWaitingWhenARatingCannotBeCalculated() {
    database.execute(
        """
        CREATE OR REPLACE FUNCTION rating(votes_up int, votes_down int) RETURNS double precision
            LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no rating today''; END'
        """);
    try (Replica replica = Replica.inProcess(settings).awaitReady()) {
      Cli produce = Cli.run(settings, "produce", "--count=20", "--wait", "--timeout=PT5S");

      assertThat(produce.exitCode()).isEqualTo(1);
      assertThat(produce.err()).contains("20 of 20 votes are counted", "no rating today");
      assertThat(replica.get("/health/live").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void sendsAtTheRateAskedFor() {
    long startNanos = System.nanoTime();
    Cli produce = Cli.run(settings, "produce", "--count=100", "--rate=50");

    // The last of 100 votes is due after 99 fiftieths of a second.
    assertThat(System.nanoTime() - startNanos).isGreaterThan(1_980_000_000L);
    assertThat(produce.out()).contains("sent 100 votes in 2.0 s: ");
  }

  @Test
  void failsWhenKafkaDoesNotTakeAVote() throws Exception {
    topics
        .admin()
        .incrementalAlterConfigs(
            Map.of(
                new ConfigResource(ConfigResource.Type.TOPIC, topics.votes()),
                List.of(new AlterConfigOp(new ConfigEntry("max.message.bytes", "20"), OpType.SET))))
        .all()
        .get();

    Cli produce = Cli.run(settings, "produce", "--count=100");

    assertThat(produce.exitCode()).isEqualTo(1);
    assertThat(produce.err())
        .contains("bookvotes: Kafka did not take ", "the first because of: ")
        .contains("RecordTooLargeException");
    assertThat(produce.out()).contains("more were not acknowledged");
  }

  @Test
  void failsSoonWithoutTopicOrBrokerAndRegistersNothing() {
    settings.put(Setting.VOTES_TOPIC, "no-such-topic");
    Cli noTopic = Cli.run(settings, "produce");
    assertThat(noTopic.exitCode()).isEqualTo(1);
    assertThat(noTopic.err()).contains("there is no topic no-such-topic", "bookvotes doctor");

    settings.put(Setting.KAFKA_BOOTSTRAP_SERVERS, "localhost:1");
    assertThat(Cli.run(settings, "produce").exitCode()).isEqualTo(1);
    assertThat(database.queryLong("SELECT count(*) FROM books")).isZero();
  }

  @Test
  void takesFurtherClientSettingsFromAFileButNotItsGuarantees(@TempDir Path directory)
      throws IOException, MalformedVoteException {
    Path file =
        Files.writeString(
            directory.resolve("client.properties"),
            """
            acks=0
            enable.idempotence=false
            compression.type=gzip
            linger.ms=1
            value.serializer=org.apache.kafka.common.serialization.VoidSerializer
            """);
    settings.put(Setting.KAFKA_PROPERTIES, file.toString());

    assertThat(Cli.run(settings, "produce", "--count=300").exitCode()).isZero();
    assertThat(sentEvents()).hasSize(300);
  }

  @Test
  void refusesWrongUsage() {
    assertWrongUsage("--csv brings its own books", "--csv=b.csv", "--count=1");
    assertWrongUsage("--scale belongs to --csv", "--scale=1");
    assertWrongUsage("--scale is 0, allowed is any number greater", "--csv=b.csv", "--scale=0");
    assertWrongUsage("--count is 0, allowed is a whole number from 1", "--count=0");
    assertWrongUsage("--books is 0, allowed is a whole number from 1", "--books=0");
    assertWrongUsage("--rate is -1.0, allowed is 0 or any greater", "--rate=-1");
    assertWrongUsage("--timeout is PT0S, allowed is any duration", "--wait", "--timeout=PT0S");
  }

  private void assertWrongUsage(String message, String... args) {
    Cli produce = Cli.run(settings, "produce", args);
    assertThat(produce.exitCode()).isEqualTo(2);
    assertThat(produce.err()).contains(message);
  }

  @Test
  void failsWhenTheFileIsMissing() {
    Cli produce = Cli.run(settings, "produce", "--csv=no-such-file.csv");
    assertThat(produce.exitCode()).isEqualTo(1);
    assertThat(produce.err()).contains("no-such-file.csv");
  }

  /** What is on the topic, each under the key of its book. */
  private List<VoteEvent> sentEvents() throws MalformedVoteException {
    List<VoteEvent> events = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : topics.readVotes()) {
      VoteEvent event = VoteEventCodec.decode(record.value());
      assertThat(new String(record.key(), UTF_8)).isEqualTo(VoteTopics.key(event.bookId()));
      events.add(event);
    }
    return events;
  }
}

package org.bookvotes.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEventCodec;
import org.bookvotes.ingest.LetterReader;
import org.bookvotes.testing.HeldBooks;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.Tally.Count;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Letters, and redrives of them, that are cut off in the middle or meet each other. */
class RedriveCrashIT {

  private static final long FIRST_UNKNOWN = 1_001;

  private final TestDatabase database = Servers.newDatabase();
  private final TestTopics topics = Servers.newTopics(1);
  private final Map<Setting, String> settings = Replica.settings(database, topics);
  private final Tally tally = new Tally(32, 1);

  @AfterEach
  void close() {
    topics.close();
    database.close();
  }

  @Test
  void aLetterWhoseReplicaDiedBeforeTheCommitIsNotCountedBesideItsEvent() throws Exception {
    new Group(topics).withShortSession();
    // The letter is sent before the transaction that records it, and that one must wait here.
    database.execute(
        """
        CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NEW; END $$;
        CREATE TRIGGER hold BEFORE INSERT ON bookvotes.dead_letters FOR EACH ROW EXECUTE FUNCTION hold();
        """);
    try (Connection holder = database.connect();
        Statement statement = holder.createStatement();
        ReplicaProcess replica = ReplicaProcess.start(settings)) {
      statement.execute("SELECT pg_advisory_lock(4711)");
      topics.sendVotes(List.of(tally.cast(77, Vote.UP)));
      awaitWaitingSessions(1);
      assertThat(topics.readDeadLetters()).hasSize(1);
      replica.kill();
    }
    database.execute("DROP TRIGGER hold ON bookvotes.dead_letters");
    database.execute("INSERT INTO books (book_id) VALUES (77)");

    try (Replica heir = Replica.inProcess(settings)) {
      tally.awaitRated(database, topics);
      assertThat(topics.readDeadLetters()).as("the letter is there all the same").hasSize(1);
      Cli redrive = Cli.run(settings, "dead-letters", "redrive");
      assertThat(redrive.out()).containsPattern("(?m)^counted +0$");
      assertThat(redrive.out()).containsPattern("(?m)^not committed +1$");
      tally.awaitRated(database, topics);
      assertThat(heir.metric("bookvotes_dead_letters_total{reason=\"unknown-book\"}")).isZero();
    }
    assertThat(Cli.run(settings, "dead-letters", "list").out())
        .containsPattern("@0 .*unknown-book +not committed");
  }

  @Test
  void countsOnceIfItIsKilledInTheMiddleAndRunAgain() {
    int letterCount = 2 * LetterReader.CHUNK_SIZE + 500;
    makeLetters(letterCount);
    ReplicaProcess redrive;
    try (HeldBooks held = HeldBooks.hold(database, FIRST_UNKNOWN + LetterReader.CHUNK_SIZE + 300)) {
      redrive = ReplicaProcess.start(settings, List.of(), "dead-letters", "redrive");
      awaitWaitingSessions(1);
      assertThat(Tally.countedIn(database)).as(redrive.log()).isEqualTo(LetterReader.CHUNK_SIZE);
      redrive.kill();
      held.commit();
    }

    Cli again = Cli.run(settings, "dead-letters", "redrive");
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(again.out())
        .containsPattern("(?m)^counted +1,500$")
        .containsPattern("(?m)^already redriven +1,000$");
    tally.assertCounted(database);
    assertThat(database.queryLong("SELECT count(*) FROM bookvotes.stale_books"))
        .isEqualTo(letterCount);
  }

  @Test
  void countsOnceIfTwoRedrivesRunAtOnce() throws Exception {
    int letterCount = LetterReader.CHUNK_SIZE + 500;
    makeLetters(letterCount);
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<Future<Cli>> redrives = new ArrayList<>();
      try (HeldBooks held = HeldBooks.hold(database, FIRST_UNKNOWN + 300)) {
        for (int i = 0; i < 2; i++) {
          redrives.add(threads.submit(() -> Cli.run(settings, "dead-letters", "redrive")));
        }
        // One has claimed letters and waits for the book, the other waits for the letters.
        awaitWaitingSessions(2);
        assertThat(Tally.countedIn(database)).isZero();
        held.commit();
      }
      long counted = 0;
      for (Future<Cli> redrive : redrives) {
        Cli cli = redrive.get(60, TimeUnit.SECONDS);
        assertThat(cli.exitCode()).as(cli.err()).isZero();
        counted += number(cli, "counted");
        assertThat(number(cli, "counted") + number(cli, "already redriven")).isEqualTo(letterCount);
      }
      assertThat(counted).isEqualTo(letterCount);
    }
    tally.assertCounted(database);
  }

  /** Makes letters of one vote for each of so many books, in their order, and registers those. */
  private void makeLetters(int letterCount) {
    List<ProducerRecord<byte[], byte[]>> events = new ArrayList<>();
    for (long book = FIRST_UNKNOWN; book < FIRST_UNKNOWN + letterCount; book++) {
      // One key, one partition of the dead-letter topic: what a chunk holds is known.
      events.add(
          new ProducerRecord<>(
              topics.votes(),
              "key".getBytes(UTF_8),
              VoteEventCodec.encode(new Tally(0, 1).cast(book, Vote.UP))));
    }
    topics.sendAll(events);
    try (Replica replica = Replica.inProcess(settings)) {
      replica.awaitReady();
      tally.awaitCounted(database, topics);
    }
    database.execute(
        "INSERT INTO books (book_id) SELECT generate_series(?, ?)",
        FIRST_UNKNOWN,
        FIRST_UNKNOWN + letterCount - 1);
    for (long book = FIRST_UNKNOWN; book < FIRST_UNKNOWN + letterCount; book++) {
      tally.expect(book, new Count(1, 0));
    }
  }

  private static long number(Cli cli, String name) {
    return cli.out()
        .lines()
        .filter(line -> line.startsWith(name + "  "))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  private void awaitWaitingSessions(int count) {
    Awaitility.await(count + " sessions that wait for a lock")
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(20))
        .until(
            () ->
                database.queryLong(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                            + " AND application_name = 'bookvotes' AND wait_event_type = 'Lock'")
                    == count);
  }
}

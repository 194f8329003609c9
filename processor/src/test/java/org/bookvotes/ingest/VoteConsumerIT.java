package org.bookvotes.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.CommonClientConfigs;
import org.awaitility.Awaitility;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.observability.ProcessorListener;
import org.bookvotes.postgres.Database;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One consumer, without the rest of a replica; another one is played by the test. */
class VoteConsumerIT {

  private static final int BOOKS = 40;

  private final TestDatabase database = Servers.newDatabase();
  private final TestTopics topics = Servers.newTopics(1);
  private final Database pool = database.open(4);
  private final ConcurrentLinkedQueue<Long> counted = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> failed = new ConcurrentLinkedQueue<>();
  private final VoteConsumer consumer = consumer();
  private final FutureTask<Boolean> run =
      new FutureTask<>(
          () -> {
            consumer.run();
            return true;
          });

  private VoteConsumer consumer() {
    Properties client = new Properties();
    client.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, topics.bootstrapServers());
    return new VoteConsumer(
        client,
        topics.votes(),
        topics.deadLetters(),
        "group-of-" + topics.votes(),
        pool.transactions(),
        new ProcessorListener() {
          @Override
          public void votesCounted(long up, long down, Duration took) {
            counted.add(up + down);
          }

          @Override
          public void batchFailed(String sqlState) {
            failed.add(sqlState);
          }
        },
        () -> {},
        opened -> {});
  }

  @BeforeEach
  void start() {
    database.insertBooks(BOOKS);
    Thread.ofPlatform().name("ingest").start(run);
    Awaitility.await("assigned").atMost(Duration.ofSeconds(60)).until(consumer::isAssigned);
  }

  @AfterEach
  void stop() throws Exception {
    consumer.stop();
    assertThat(run.get(30, TimeUnit.SECONDS)).isTrue();
    assertThat(run.state()).isEqualTo(Future.State.SUCCESS);
    assertThat(consumer.isAssigned()).isFalse();
    topics.close();
    pool.close();
    database.close();
  }

  @Test
  void dropsABatchThatWasFencedAndReadsOnFromWhereTheOtherHasComeTo() throws SQLException {
    Tally tally = new Tally(18, BOOKS);
    List<VoteEvent> others = tally.cast(10);
    List<VoteEvent> ours = tally.cast(20);
    try (Connection another = database.connect();
        Statement statement = another.createStatement()) {
      // Another consumer has the row in hand ...
      another.setAutoCommit(false);
      statement.execute("UPDATE bookvotes.partition_offsets SET next_offset = 10");
      topics.sendVotes(others);
      topics.sendVotes(ours);
      awaitLockWait();
      // ... and counts what our consumer has read too.
      for (VoteEvent event : others) {
        statement.execute(
            (event.vote() == Vote.UP
                    ? "UPDATE books SET votes_up = votes_up + 1 WHERE book_id = "
                    : "UPDATE books SET votes_down = votes_down + 1 WHERE book_id = ")
                + event.bookId());
      }
      another.commit();
    }

    tally.awaitCounted(database, topics);
    assertThat(counted.stream().mapToLong(Long::longValue).sum()).isEqualTo(ours.size());
    assertThat(failed).as("a fence is no failure").isEmpty();

    topics.sendVotes(tally.cast(5));
    tally.awaitCounted(database, topics);
  }

  @Test
  void neverCountsAVoteAfterAllThatIsOnTheDeadLetterTopic() throws SQLException {
    Tally tally = new Tally(19, BOOKS);
    try (Connection another = database.connect();
        Statement statement = another.createStatement()) {
      another.setAutoCommit(false);
      statement.execute("SELECT FROM books WHERE book_id = 1 FOR UPDATE");
      List<VoteEvent> votes = tally.cast(10);
      topics.sendVotes(List.of(tally.cast(1, Vote.UP), new Tally(0, 1).cast(4711, Vote.UP)));
      topics.sendVotes(votes);
      awaitLockWait();
      // The lock of book 1 is had, 4711 is found to be unknown; the write after that finds a broken
      // connection.
      statement.execute(
          "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
              + "'BEGIN RAISE EXCEPTION ''refused''; END'");
      statement.execute(
          "CREATE TRIGGER refuse BEFORE INSERT ON bookvotes.stale_books EXECUTE FUNCTION refuse()");
      another.commit();
    }
    Awaitility.await("the write behind the dead letter failed")
        .atMost(Duration.ofSeconds(30))
        .until(() -> failed.contains("P0001"));
    assertThat(topics.readDeadLetters()).hasSize(1);
    assertThat(database.queryLong("SELECT count(*) FROM bookvotes.dead_letters")).isZero();

    database.execute("INSERT INTO books (book_id) VALUES (4711)");
    database.execute("DROP TRIGGER refuse ON bookvotes.stale_books");

    tally.awaitCounted(database, topics);
    assertThat(topics.readDeadLetters()).hasSize(1);
    assertThat(database.queryRows("SELECT topic, partition, reason FROM bookvotes.dead_letters"))
        .as("recorded by the batch that passed it, with the reason that it was sent with")
        .containsExactly(List.of(topics.votes(), 0, "unknown-book"));
  }

  private void awaitLockWait() {
    Awaitility.await("the consumer's transaction waits")
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                database.queryLong(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                            + " AND application_name = 'bookvotes' AND wait_event_type = 'Lock'")
                    > 0);
  }
}

package org.bookvotes.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.awaitility.Awaitility;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.observability.ProcessorListener;
import org.bookvotes.postgres.Database;
import org.bookvotes.testing.HeldBooks;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.jspecify.annotations.Nullable;
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
  private final AtomicReference<@Nullable Consumer<?, ?>> opened = new AtomicReference<>();
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
        "test",
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
        opened::set);
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
  void sumsWhatComesWhileABatchIsBeingWrittenIntoTheNext() throws Exception {
    Tally tally = new Tally(20, BOOKS);
    try (HeldBooks held = HeldBooks.hold(database, 1L)) {
      topics.sendVotes(List.of(tally.cast(1, Vote.UP)));
      awaitLockWait();
      // The writer waits; the consumer goes on.
      for (int poll = 0; poll < 5; poll++) {
        topics.sendVotes(tally.cast(10));
        awaitRead(1 + 10 * (poll + 1));
      }
      assertThat(counted).isEmpty();
      held.commit();
    }

    tally.awaitCounted(database, topics);
    // The last poll may have been on its way.
    assertThat(counted).hasSizeLessThanOrEqualTo(3).startsWith(1L);
    assertThat(counted.stream().mapToLong(Long::longValue).sum()).isEqualTo(51);
  }

  @Test
  void writesWhatItHasReadBeforeItStops() throws Exception {
    Tally tally = new Tally(21, BOOKS);
    try (HeldBooks held = HeldBooks.hold(database, 1L)) {
      topics.sendVotes(List.of(tally.cast(1, Vote.UP)));
      awaitLockWait();
      topics.sendVotes(tally.cast(10));
      awaitRead(11);
      consumer.stop();
      held.commit();
    }

    assertThat(run.get(30, TimeUnit.SECONDS)).isTrue();
    assertThat(counted).containsExactly(1L, 10L);
    assertThat(
            topics
                .admin()
                .listConsumerGroupOffsets("group-of-" + topics.votes())
                .partitionsToOffsetAndMetadata()
                .get(30, TimeUnit.SECONDS)
                .values())
        .as("lag tools see it")
        .extracting(OffsetAndMetadata::offset)
        .containsExactly(11L);
  }

  /** Waits until the consumer has polled so many votes. */
  private void awaitRead(long voteCount) {
    Awaitility.await("polled")
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                Objects.requireNonNull(opened.get()).metrics().entrySet().stream()
                    .filter(metric -> metric.getKey().name().equals("records-consumed-total"))
                    .filter(metric -> metric.getKey().tags().size() == 1)
                    .anyMatch(
                        metric ->
                            ((Number) metric.getValue().metricValue()).longValue() >= voteCount));
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
          "CREATE TRIGGER refuse BEFORE INSERT ON bookvotes.stale_batches EXECUTE FUNCTION refuse()");
      another.commit();
    }
    Awaitility.await("the write behind the dead letter failed")
        .atMost(Duration.ofSeconds(30))
        .until(() -> failed.contains("P0001"));
    assertThat(topics.readDeadLetters()).hasSize(1);
    assertThat(database.queryLong("SELECT count(*) FROM bookvotes.dead_letters")).isZero();

    database.execute("INSERT INTO books (book_id) VALUES (4711)");
    database.execute("DROP TRIGGER refuse ON bookvotes.stale_batches");

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

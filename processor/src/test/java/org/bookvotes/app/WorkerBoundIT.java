package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.testing.HeldBooks;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.bookvotes.testing.WorkerSampler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Never more workers than slots, over all replicas, living and dead. */
class WorkerBoundIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int SLOTS = 2;
  private static final int LEAST_SAMPLES_PER_SECOND = 20;

  private TestDatabase database;
  private TestTopics topics;

  @BeforeEach
  void create() {
    database = Servers.newDatabase();
    topics = Servers.newTopics(6);
  }

  @AfterEach
  void drop() {
    topics.close();
    database.close();
  }

  @Test
  void threeReplicasUnderLoadShareTwoWorkers() throws Exception {
    int books = 1000;
    int waves = 8;
    int votesPerWave = 3000;
    database.insertBooks(books);
    Map<Setting, String> settings = settings(5);
    try (WorkerSampler sampler = WorkerSampler.start(database)) {
      List<Replica> replicas = Stream.generate(() -> Replica.inProcess(settings)).limit(3).toList();
      try {
        replicas.forEach(Replica::awaitReady);
        Random random = new Random(2);
        for (int wave = 1; wave <= waves; wave++) {
          topics.sendVotes(Stream.generate(() -> vote(random, books)).limit(votesPerWave).toList());
          long counted = (long) wave * votesPerWave;
          await().atMost(PATIENCE).until(() -> votes() >= counted);
        }
        await().atMost(PATIENCE).until(() -> stale() == 0);
        assertThat(votes()).isEqualTo((long) waves * votesPerWave);
        assertThat(wrong()).isZero();
        assertThat(
                replicas.stream()
                    .filter(r -> r.metric("bookvotes_recalculated_books_total") > 0)
                    .count())
            .as("replicas that launched workers")
            .isPositive();
      } finally {
        replicas.forEach(Replica::close);
      }
      assertThat(sampler.most()).isEqualTo(SLOTS);
      assertThat(sampler.samplesPerSecond()).isGreaterThanOrEqualTo(LEAST_SAMPLES_PER_SECOND);
    }
  }

  @Test
  void whoTakesOverFromAKilledReplicaWaitsForItsWorkers() throws Exception {
    int books = 120;
    database.insertBooks(books);
    database.execute("UPDATE books SET votes_up = book_id");
    database.execute("INSERT INTO bookvotes.stale_marks (book_id) SELECT book_id FROM books");
    Long[] all = Stream.iterate(1L, id -> id + 1).limit(books).toArray(Long[]::new);

    try (WorkerSampler sampler = WorkerSampler.start(database);
        HeldBooks held = HeldBooks.hold(database, all);
        ReplicaProcess killed = ReplicaProcess.start(settings(1))) {
      HeldBooks.awaitWaitingWorkers(database, SLOTS);
      killed.kill();
      await().atMost(PATIENCE).until(() -> slotLocks() == 0);
      assertThat(sampler.last()).as("workers outlive their replica").isEqualTo(SLOTS);

      try (Replica next = Replica.inProcess(settings(1))) {
        await()
            .atMost(PATIENCE)
            .until(() -> next.metric("bookvotes_worker_slots{state=\"busy\"}") == SLOTS);
        held.commit();
        await().atMost(PATIENCE).until(() -> stale() == 0);
        assertThat(wrong()).isZero();

        database.execute("UPDATE books SET votes_down = 7");
        database.execute("INSERT INTO bookvotes.stale_marks (book_id) SELECT book_id FROM books");
        await().atMost(PATIENCE).until(() -> stale() == 0);
        assertThat(wrong()).isZero();
        await()
            .atMost(PATIENCE)
            .until(() -> next.metric("bookvotes_recalculated_books_total") >= books);
      }
      assertThat(sampler.most()).isEqualTo(SLOTS);
      assertThat(sampler.samplesPerSecond()).isGreaterThanOrEqualTo(LEAST_SAMPLES_PER_SECOND);
    }
  }

  /** Small batches, so that a backlog of some hundred books is worth all slots. */
  private Map<Setting, String> settings(int batchSize) {
    Map<Setting, String> settings = Replica.settings(database, topics);
    settings.put(Setting.WORKER_SLOTS, Integer.toString(SLOTS));
    settings.put(Setting.BATCH_SIZE, Integer.toString(batchSize));
    return settings;
  }

  private static VoteEvent vote(Random random, int books) {
    return new VoteEvent(
        new UUID(random.nextLong(), random.nextLong()),
        1 + random.nextInt(books),
        random.nextInt(4) == 0 ? Vote.DOWN : Vote.UP,
        Instant.EPOCH);
  }

  private long votes() {
    return database.queryLong("SELECT sum(votes_up + votes_down) FROM books");
  }

  private long stale() {
    return database.queryLong("SELECT count(*) FROM bookvotes.stale_books");
  }

  private long wrong() {
    return database.queryLong(
        "SELECT count(*) FROM books WHERE rating <> rating(votes_up, votes_down)");
  }

  private long slotLocks() {
    return database.queryLong(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
            + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
  }
}

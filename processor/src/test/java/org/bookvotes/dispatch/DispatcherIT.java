package org.bookvotes.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.bookvotes.observability.ProcessorListener.Run;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.ShutGate;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestDispatcher;
import org.bookvotes.testing.TestDispatcher.Options;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DispatcherIT {

  private TestDatabase database;

  @BeforeEach
  void create() {
    database = Servers.newDatabase();
  }

  @AfterEach
  void drop() {
    database.close();
  }

  @Test
  void aShortBacklogTakesOneSlotHoweverManyReplicasSeeIt() {
    database.insertBooks(20);
    List<TestDispatcher> replicas =
        Stream.generate(() -> new TestDispatcher(Options.of(database, 4))).limit(3).toList();
    try (ShutGate gate = ShutGate.shut(database)) {
      // All are stale and none can be finished: whoever wants a slot for them has reason to.
      markStale(1, 20);
      neverOverdue();
      replicas.forEach(TestDispatcher::start);
      ShutGate.awaitWaitingWorkers(database, 1);
      awaitLooks(replicas, 3);
      for (TestDispatcher replica : replicas) {
        await()
            .atMost(Duration.ofSeconds(20))
            .untilAsserted(
                () ->
                    assertThat(replica.scrape())
                        .contains(
                            "bookvotes_worker_slot_state{slot=\"1\"} 1.0",
                            "bookvotes_worker_slot_state{slot=\"2\"} 0.0",
                            "bookvotes_worker_slot_state{slot=\"4\"} 0.0",
                            "bookvotes_worker_slots{state=\"busy\"} 1.0",
                            "bookvotes_worker_slots{state=\"free\"} 3.0"));
      }

      assertThat(allAcquired(replicas)).containsOnly(1);
      gate.open();
      awaitAllFresh();
      assertThat(allAcquired(replicas)).containsOnly(1);
    } finally {
      replicas.forEach(TestDispatcher::close);
    }
  }

  @Test
  void aLargeBacklogTakesAsManySlotsAsItIsWorth() {
    // More than two workers' worth of batches of one book, which no worker gets past.
    int books = 2 * Backlog.BATCHES_PER_WORKER + 1;
    database.insertBooks(books);
    markStale(1, books);
    neverOverdue();
    Options options = Options.of(database, 4).batchSize(1);
    try (ShutGate gate = ShutGate.shut(database);
        TestDispatcher replica = new TestDispatcher(options).start()) {
      ShutGate.awaitWaitingWorkers(database, 3);
      awaitLooks(List.of(replica), 2);
      assertThat(replica.events().acquired()).containsExactly(1, 2, 3);
      gate.open();
      awaitAllFresh();
      await().atMost(Duration.ofSeconds(20)).until(() -> replica.events().recalculated() == books);
    }
  }

  @Test
  void anOverdueBacklogTakesAnotherSlotThanTheOneThatSomebodyHoldsAndDoesNotUse()
      throws SQLException {
    database.insertBooks(1);
    try (Connection hanging = database.connect();
        Statement statement = hanging.createStatement()) {
      statement.execute("SELECT pg_advisory_lock(" + 0x626F6F6B + ", 1)");
      markStale(1, 1);
      try (TestDispatcher replica = new TestDispatcher(Options.of(database, 2)).start()) {
        awaitAllFresh();
        await()
            .atMost(Duration.ofSeconds(20))
            .until(() -> replica.events().acquired().equals(List.of(2)));
        await()
            .atMost(Duration.ofSeconds(20))
            .untilAsserted(
                () ->
                    assertThat(replica.scrape())
                        .contains("bookvotes_worker_slot_state{slot=\"1\"} 3.0"));
      }
    }
  }

  @Test
  void anOverdueBacklogThatAWorkerHasTakenAndDoesNotFinishTakesNoOtherSlot() {
    database.insertBooks(2);
    try (ShutGate gate = ShutGate.shut(database);
        TestDispatcher replica = new TestDispatcher(Options.of(database, 4))) {
      markOverdue(1);
      replica.start();
      ShutGate.awaitWaitingWorkers(database, 1);
      assertNoMoreSlots(replica, 1);

      // Not so one that it has not taken.
      markOverdue(2);
      ShutGate.awaitWaitingWorkers(database, 2);
      assertNoMoreSlots(replica, 1, 2);
      gate.open();
      awaitAllFresh();
    }
  }

  /** Slots that were acquired in vain come back, and would be acquired again by the next look. */
  private static void assertNoMoreSlots(TestDispatcher replica, Integer... first) {
    // Until the mark was taken, looks may have given it more than one slot.
    awaitLooks(List.of(replica), 2);
    List<Integer> acquired = replica.events().acquired();
    assertThat(acquired).startsWith(first);
    awaitLooks(List.of(replica), 3);
    assertThat(replica.events().acquired()).isEqualTo(acquired);
  }

  @Test
  void aMarkWakesNobodyButTheClockFindsIt() {
    database.insertBooks(1);
    try (TestDispatcher replica = new TestDispatcher(Options.of(database, 1)).start()) {
      awaitLooks(List.of(replica), 1);
      markStale(1, 1);
      awaitAllFresh();
      await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> !replica.events().runs("recalculate", "completed").isEmpty());
    }
  }

  @Test
  void aStopWaitsForTheWorkerThatRunsAndLaunchesNothingMore() throws InterruptedException {
    database.insertBooks(3);
    markStale(1, 2);
    try (ShutGate gate = ShutGate.shut(database);
        TestDispatcher replica = new TestDispatcher(Options.of(database, 2).batchSize(1)).start()) {
      ShutGate.awaitWaitingWorkers(database, 1);
      replica.stopLaunching();
      assertThat(replica.awaitRuns(Duration.ofMillis(300))).isFalse();
      assertThat(replica.events().runs()).isEmpty();

      gate.open();
      assertThat(replica.awaitRuns(Duration.ofSeconds(20))).isTrue();
      assertThat(replica.events().runs()).extracting(Run::outcome).containsExactly("completed");
      awaitAllFresh();

      long looks = replica.events().measured();
      markStale(3, 3);
      assertThat(
              database.queryLong(
                  "SELECT count(*) FROM pg_stat_activity WHERE datname ="
                      + " current_database() AND backend_type = 'pg_background'"))
          .isZero();
      assertThat(replica.events().measured()).isEqualTo(looks);
      assertThat(replica.events().runs()).hasSize(1);
    }
    assertThat(stale()).isEqualTo(1);
    assertThat(
            database.queryLong(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND"
                    + " database = (SELECT oid FROM pg_database WHERE datname = current_database())"))
        .isZero();
  }

  @Test
  void aStopThatWaitsNoLongerLeavesTheWorkerItsSlot() throws Exception {
    database.insertBooks(1);
    markStale(1, 1);
    try (ShutGate gate = ShutGate.shut(database);
        TestDispatcher next = new TestDispatcher(Options.of(database, 1))) {
      try (TestDispatcher replica = new TestDispatcher(Options.of(database, 1)).start()) {
        ShutGate.awaitWaitingWorkers(database, 1);
        replica.abandonWorkers();
        assertThat(replica.awaitRuns(Duration.ofSeconds(20))).isTrue();
        assertThat(replica.events().runs()).extracting(Run::outcome).containsExactly("lost");
      }
      assertThat(next.slots().tryAcquire(1)).isEmpty();
      gate.open();
      awaitAllFresh();
      await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () ->
                  next.slots()
                      .tryAcquire(1)
                      .map(
                          slot -> {
                            slot.close();
                            return true;
                          })
                      .orElse(false));
    }
  }

  private static void awaitLooks(List<TestDispatcher> replicas, int count) {
    List<Long> before = replicas.stream().map(replica -> replica.events().measured()).toList();
    await("every replica looks " + count + " times more")
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              for (int i = 0; i < replicas.size(); i++) {
                if (replicas.get(i).events().measured() < before.get(i) + count) {
                  return false;
                }
              }
              return true;
            });
  }

  private static List<Integer> allAcquired(List<TestDispatcher> replicas) {
    return replicas.stream().flatMap(replica -> replica.events().acquired().stream()).toList();
  }

  private void markStale(long first, long last) {
    database.execute(
        "INSERT INTO bookvotes.stale_marks (book_id) SELECT generate_series(?, ?)", first, last);
  }

  /** However long a test takes, its backlog is not worth another slot for that. */
  private void neverOverdue() {
    database.execute("UPDATE bookvotes.stale_marks SET marked_at = now() + interval '1 hour'");
  }

  /** Worth as many slots as there are. */
  private void markOverdue(long bookId) {
    database.execute(
        "INSERT INTO bookvotes.stale_marks (book_id, marked_at) VALUES (?, now() - interval '1 hour')",
        bookId);
  }

  private long stale() {
    return database.queryLong("SELECT count(*) FROM bookvotes.stale_books");
  }

  private void awaitAllFresh() {
    await("nothing stale").atMost(Duration.ofSeconds(20)).until(() -> stale() == 0);
  }
}

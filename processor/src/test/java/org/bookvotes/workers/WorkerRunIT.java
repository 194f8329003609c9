package org.bookvotes.workers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bookvotes.observability.Freshness;
import org.bookvotes.observability.ProcessorListener.Run;
import org.bookvotes.postgres.Database;
import org.bookvotes.testing.HeldBooks;
import org.bookvotes.testing.RecordingListener;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestDispatcher;
import org.bookvotes.testing.TestDispatcher.Options;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WorkerRunIT {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private TestDatabase database;
  private TestDispatcher replica;

  @BeforeEach
  void open() {
    database = Servers.newDatabase();
    database.insertBooks(5);
    database.execute("UPDATE books SET votes_up = book_id, votes_down = 1");
    database.execute("INSERT INTO bookvotes.stale_marks (book_id) SELECT book_id FROM books");
    replica = new TestDispatcher(Options.of(database, 2));
  }

  @AfterEach
  void close() {
    replica.close();
    database.close();
  }

  @Test
  void recalculatesAndReports() throws SQLException {
    try (WorkerSlot slot = acquire(replica.slots())) {
      WorkerOutcome outcome = replica.run(slot);
      assertThat(outcome).isInstanceOf(WorkerOutcome.Completed.class);
      WorkerOutcome.Recalculated report = ((WorkerOutcome.Completed) outcome).recalculated();
      assertThat(report.books()).isEqualTo(5);
      assertThat(report.freshnessCounts()).hasSize(Freshness.boundsSeconds().length + 1);
      assertThat(Arrays.stream(report.freshnessCounts()).sum()).isEqualTo(5);
      assertThat(Arrays.stream(report.freshnessSeconds()).sum()).isPositive();
    }
    assertThat(stale()).isZero();
    assertThat(wrong()).isZero();
    assertThat(replica.events().runs())
        .extracting(Run::command, Run::outcome, Run::books)
        .containsExactly(tuple("recalculate", "completed", 5L));
  }

  @Test
  void aTerminatedWorkerFailsItsRunAndLosesNothing() throws Exception {
    try (WorkerSlot slot = acquire(replica.slots());
        HeldBooks held = HeldBooks.hold(database, 3L)) {
      SlotSessions.setLockTimeout(slot, PATIENCE);
      CompletableFuture<WorkerOutcome> run =
          CompletableFuture.supplyAsync(() -> replica.run(slot), Thread::startVirtualThread);
      HeldBooks.awaitWaitingWorkers(database, 1);
      database.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE datname = current_database() AND backend_type = 'pg_background'");

      WorkerOutcome outcome = run.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(outcome).isInstanceOf(WorkerOutcome.Failed.class);
      assertThat(((WorkerOutcome.Failed) outcome).sqlState()).isEqualTo("57014");
      held.commit();
    }
    // A walk begins anywhere: books after the held one may have been rated already.
    assertThat(database.queryLong("SELECT count(*) FROM bookvotes.stale_books WHERE book_id <= 3"))
        .isEqualTo(3);
    assertThat(replica.events().runs())
        .extracting(Run::outcome, Run::sqlState)
        .containsExactly(tuple("failed", "57014"));
    runToTheEnd();
  }

  @Test
  void aRunWhoseSessionIsTerminatedIsLostAndItsWorkerKeepsTheSlot() throws Exception {
    WorkerSlot slot = acquire(replica.slots());
    try (HeldBooks held = HeldBooks.hold(database, 3L)) {
      SlotSessions.setLockTimeout(slot, PATIENCE);
      CompletableFuture<WorkerOutcome> run =
          CompletableFuture.supplyAsync(() -> replica.run(slot), Thread::startVirtualThread);
      HeldBooks.awaitWaitingWorkers(database, 1);
      database.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
              + " AND backend_type = 'client backend' AND application_name = 'bookvotes slot 1'");

      assertThat(run.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .isInstanceOf(WorkerOutcome.Lost.class);
      slot.close();
      assertThat(replica.slots().tryAcquire(1)).isEmpty();
      held.commit();
    }
    // The worker goes on without the session that launched it.
    await().atMost(PATIENCE).until(() -> stale() == 0);
    assertThat(wrong()).isZero();
    await().atMost(PATIENCE).until(() -> reacquires(replica.slots(), 1));
  }

  @Test
  void aSessionThatTracksTooManyWorkersRecovers() throws SQLException {
    RecordingListener events = new RecordingListener();
    StopSignal never = new StopSignal();
    try (Database onlySession = database.open(1)) {
      WorkerSlots slots = new WorkerSlots(onlySession, 1);
      WorkerRunner runner =
          new WorkerRunner(
              new EngineLauncher(WorkerEngine.AUTO, Freshness.boundsSeconds()),
              new WorkerlessBatch(Freshness.boundsSeconds()),
              new LaunchRetry(3, Duration.ofMillis(1)),
              new WorkerShortage(Duration.ZERO, events),
              events,
              never,
              never);
      WorkerCommand command = new WorkerCommand.Recalculate(1000, Duration.ofSeconds(10));
      try (WorkerSlot slot = acquire(slots)) {
        execute(slot.connection(), "SET pg_background.max_workers = 1");
        execute(slot.connection(), "SELECT pid FROM pg_background_launch('SELECT 1')");
        WorkerOutcome outcome = runner.run(slot, command);
        assertThat(outcome).isInstanceOf(WorkerOutcome.Failed.class);
        assertThat(((WorkerOutcome.Failed) outcome).sqlState()).isEqualTo("53400");
        assertThat(events.retries()).as("waiting does not help").isEmpty();
      }
      // The one it was tracking may still be running, under the slot's name.
      await().atMost(PATIENCE).until(() -> reacquires(slots, 1));
      try (WorkerSlot slot = acquire(slots)) {
        execute(slot.connection(), "SET pg_background.max_workers = 1");
        assertThat(runner.run(slot, command)).isInstanceOf(WorkerOutcome.Completed.class);
      }
    }
    assertThat(stale()).isZero();
    assertThat(wrong()).isZero();
  }

  @Test
  void aVacuumThatFailsIsNoWorkDone() throws SQLException {
    database.execute("DROP TABLE books CASCADE");
    try (WorkerSlot slot = acquire(replica.slots())) {
      WorkerOutcome outcome =
          new EngineLauncher(WorkerEngine.AUTO, Freshness.boundsSeconds())
              .launch(slot, new WorkerCommand.Vacuum(WorkerCommand.Table.BOOKS))
              .await(PATIENCE)
              .orElseThrow();
      assertThat(outcome).isInstanceOf(WorkerOutcome.Failed.class);
      assertThat(((WorkerOutcome.Failed) outcome).sqlState()).isEqualTo("42P01");
    }
  }

  @Test
  void aBookThatSomebodyHoldsIsLeftOutAndTheOthersAreRated() throws SQLException {
    try (HeldBooks held = HeldBooks.hold(database, 3L);
        WorkerSlot slot = acquire(replica.slots())) {
      execute(slot.connection(), "SET lock_timeout = '50ms'");
      WorkerOutcome outcome = replica.run(slot);
      assertThat(outcome)
          .isInstanceOfSatisfying(
              WorkerOutcome.Failed.class,
              failed -> {
                assertThat(failed.sqlState()).isEqualTo("55P03");
                assertThat(failed.recalculated().books()).isEqualTo(4);
              });
      held.commit();
    }
    assertThat(database.queryRows("SELECT book_id, sqlstate FROM bookvotes.stale_books"))
        .containsExactly(List.of(3L, "55P03"));
    database.execute("UPDATE bookvotes.stale_marks SET retry_at = NULL");
    runToTheEnd();
  }

  @Test
  void aHeldBookAndAFailingOneInOneBatchHoldUpNobodyElse() throws SQLException {
    database.execute(
        "ALTER TABLE books ADD CHECK (book_id <> 2 OR rating_at IS NULL OR rating_at < '2000-01-01')");
    try (HeldBooks held = HeldBooks.hold(database, 3L);
        WorkerSlot slot = acquire(replica.slots())) {
      execute(slot.connection(), "SET lock_timeout = '50ms'");
      assertThat(replica.run(slot))
          .isInstanceOfSatisfying(
              WorkerOutcome.Failed.class,
              failed -> assertThat(failed.recalculated().books()).isEqualTo(3));
      held.commit();
    }
    assertThat(
            database.queryRows(
                "SELECT book_id, sqlstate FROM bookvotes.stale_books ORDER BY book_id"))
        .containsExactly(List.of(2L, "23514"), List.of(3L, "55P03"));
  }

  @Test
  void aWorkerThatCannotHaveTheTableGivesItsSlotBack() throws SQLException {
    try (HeldBooks held = HeldBooks.hold(database);
        WorkerSlot slot = acquire(replica.slots())) {
      held.execute("LOCK TABLE books");
      execute(slot.connection(), "SET lock_timeout = '50ms'");
      WorkerOutcome outcome = replica.run(slot);
      assertThat(outcome).isInstanceOf(WorkerOutcome.Failed.class);
      assertThat(((WorkerOutcome.Failed) outcome).sqlState()).isEqualTo("55P03");
      held.commit();
    }
    assertThat(stale()).isEqualTo(5);
    assertThat(database.queryLong("SELECT count(*) FROM bookvotes.stale_books WHERE failures > 0"))
        .isZero();
    runToTheEnd();
  }

  @Test
  void aWorkerOutlivesTheStatementTimeoutOfItsRole() throws SQLException {
    database.execute(
        """
        CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END';
        CREATE TRIGGER slow BEFORE UPDATE ON books FOR EACH ROW EXECUTE FUNCTION slow()
        """);
    database.execute("ALTER DATABASE " + database.name() + " SET statement_timeout = '20ms'");
    try (TestDispatcher impatient = new TestDispatcher(Options.of(database, 1));
        WorkerSlot slot = acquire(impatient.slots())) {
      assertThat(impatient.run(slot)).isInstanceOf(WorkerOutcome.Completed.class);
    }
  }

  @Test
  void aRecalculationHasALimitOnTheServerAndAVacuumHasNone() throws SQLException {
    database.execute("ALTER DATABASE " + database.name() + " SET statement_timeout = '20s'");
    try (TestDispatcher other = new TestDispatcher(Options.of(database, 1))) {
      EngineLauncher launcher = new EngineLauncher(WorkerEngine.AUTO, Freshness.boundsSeconds());
      try (WorkerSlot slot = acquire(other.slots())) {
        Worker vacuum = launcher.launch(slot, new WorkerCommand.Vacuum(WorkerCommand.Table.BOOKS));
        assertThat(vacuum.await(PATIENCE)).isPresent();
        assertThat(statementTimeout(slot)).isEqualTo("0");
        assertThat(other.run(slot)).isInstanceOf(WorkerOutcome.Completed.class);
        assertThat(statementTimeout(slot)).isEqualTo("70s");
      }
      try (WorkerSlot slot = acquire(other.slots())) {
        assertThat(statementTimeout(slot)).as("a vacuum may be next").isEqualTo("0");
      }
    }
  }

  private static String statementTimeout(WorkerSlot slot) throws SQLException {
    try (PreparedStatement statement =
            slot.connection().prepareStatement("SHOW statement_timeout");
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getString(1);
    }
  }

  private void runToTheEnd() throws SQLException {
    try (WorkerSlot slot = acquire(replica.slots())) {
      assertThat(replica.run(slot)).isInstanceOf(WorkerOutcome.Completed.class);
    }
    assertThat(stale()).isZero();
    assertThat(wrong()).isZero();
  }

  private static WorkerSlot acquire(WorkerSlots slots) throws SQLException {
    return slots.tryAcquire(1).orElseThrow(() -> new AssertionError("slot 1 is not free"));
  }

  private static boolean reacquires(WorkerSlots slots, int number) throws SQLException {
    Optional<WorkerSlot> slot = slots.tryAcquire(number);
    slot.ifPresent(WorkerSlot::close);
    return slot.isPresent();
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.execute();
    }
  }

  private long stale() {
    return database.queryLong("SELECT count(*) FROM bookvotes.stale_books");
  }

  private long wrong() {
    return database.queryLong(
        "SELECT count(*) FROM books WHERE rating <> rating(votes_up, votes_down)");
  }
}

package org.bookvotes.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.awaitility.core.ConditionFactory;
import org.bookvotes.observability.ProcessorListener.Run;
import org.bookvotes.postgres.Database;
import org.bookvotes.testing.HeldBooks;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestDispatcher;
import org.bookvotes.testing.TestDispatcher.Options;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VacuumIT {

  /** Vacuums at every look that finds enough dead rows. */
  private static final VacuumPolicy EAGER =
      new VacuumPolicy(100, 0.1, Duration.ZERO, Duration.ofMillis(500));

  private static final int BOOKS = 300;

  private TestDatabase database;

  @BeforeEach
  void create() {
    database = Servers.newDatabase();
    // Only our own vacuums and recalculations leave their marks in the statistics.
    database.execute("ALTER TABLE books SET (autovacuum_enabled = false, fillfactor = 100)");
    database.execute("ALTER TABLE bookvotes.stale_marks SET (autovacuum_enabled = false)");
    database.insertBooks(BOOKS);
  }

  @AfterEach
  void drop() {
    database.close();
  }

  @Test
  void removesDeadRowsAndTellsHowMany() {
    makeDeadRows();
    try (TestDispatcher replica = dispatcher(database.user(), database.password()).start()) {
      eventually().until(() -> replica.events().removed() >= BOOKS);
      eventually().until(() -> vacuums() > 0 && deadRows() < 100);
      assertThat(replica.events().blocked("books")).isEmpty();
      assertThat(replica.scrape()).contains("bookvotes_vacuum_blocked{cause=\"snapshot\"} 0.0");
      eventually().until(() -> !replica.events().runs("vacuum", "completed").isEmpty());
      Run vacuum = replica.events().runs("vacuum", "completed").getFirst();
      assertThat(vacuum.table()).isEqualTo("books");
      assertThat(vacuum.removedRows()).isGreaterThanOrEqualTo(BOOKS);
      assertThat(vacuum.message()).isNull();
    }
  }

  @Test
  void anOldSnapshotIsNoticedAndForgottenWhenItIsGone() throws SQLException {
    try (Connection old = database.connect();
        Statement statement = old.createStatement();
        TestDispatcher replica = dispatcher(database.user(), database.password())) {
      old.setAutoCommit(false);
      old.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      statement.execute("SELECT count(*) FROM books");
      makeDeadRows();

      replica.start();
      eventually().until(() -> replica.events().blocked("books").isPresent());
      assertThat(replica.events().blocked("books")).contains("snapshot");
      assertThat(replica.scrape()).contains("bookvotes_vacuum_blocked{cause=\"snapshot\"} 1.0");
      assertThat(replica.events().removed()).isZero();
      eventually().until(() -> !replica.events().runs("vacuum", "completed").isEmpty());
      Run inVain = replica.events().runs("vacuum", "completed").getFirst();
      assertThat(inVain.removedRows()).isZero();
      assertThat(inVain.message()).startsWith("snapshot: pid ");
      assertThat(vacuums()).isPositive();
      assertThat(deadRows()).isGreaterThanOrEqualTo(BOOKS);

      old.rollback();
      eventually().until(() -> replica.events().removed() >= BOOKS);
      eventually()
          .untilAsserted(
              () ->
                  assertThat(replica.scrape())
                      .contains("bookvotes_vacuum_blocked{cause=\"snapshot\"} 0.0"));
      assertThat(deadRows()).isLessThan(100);
    }
  }

  @Test
  void whatAnotherVacuumRemovedIsNotBlockedAnyMore() throws SQLException {
    VacuumPolicy once = new VacuumPolicy(100, 0.1, Duration.ZERO, Duration.ofDays(1));
    try (Connection old = database.connect();
        Statement statement = old.createStatement();
        TestDispatcher replica = new TestDispatcher(Options.of(database, 1).vacuumPolicy(once))) {
      old.setAutoCommit(false);
      old.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      statement.execute("SELECT count(*) FROM books");
      makeDeadRows();
      replica.start();
      eventually().until(() -> replica.events().blocked("books").isPresent());

      old.rollback();
      database.execute("VACUUM books");
      eventually().until(() -> replica.events().blocked("books").isEmpty());
      eventually().until(() -> replica.events().runs("vacuum", "completed").size() == 1);
    }
  }

  @Test
  void onlyWhoIsOlderThanTheVacuumBlocksIt() throws SQLException {
    try (Database pool = database.open(1);
        Connection young = database.connect();
        Statement statement = young.createStatement()) {
      DeadRows deadRows = new DeadRows(pool.transactions());
      young.setAutoCommit(false);
      statement.execute("UPDATE books SET title = 'x' WHERE book_id = 1");
      assertThat(deadRows.blocker(Duration.ZERO)).isPresent();
      assertThat(deadRows.blocker(Duration.ofHours(1))).isEmpty();
    }
  }

  @Test
  void withoutTheRightToVacuumItSaysSoAndAllElseWorks() {
    String role = database.name() + "_app";
    database.execute("CREATE ROLE " + role + " LOGIN PASSWORD 'secret'");
    // All that a replica needs, and what the operations guide tells; MAINTAIN is left out.
    database.execute("GRANT pgbackground_role TO " + role);
    database.execute("GRANT USAGE ON SCHEMA bookvotes TO " + role);
    database.execute("GRANT SELECT, UPDATE ON books TO " + role);
    database.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA bookvotes TO " + role);
    makeDeadRows();
    try (TestDispatcher replica = dispatcher(role, "secret").start()) {
      eventually().until(() -> replica.events().blocked("books").isPresent());
      assertThat(replica.events().blocked("books")).contains("permission");
      assertThat(replica.scrape()).contains("bookvotes_vacuum_blocked{cause=\"permission\"} 1.0");
      assertThat(replica.events().removed()).isZero();
      assertThat(vacuums()).isZero();

      // All else works: the backlog is recalculated under this role, in a slot.
      database.execute("UPDATE books SET votes_up = book_id");
      database.execute("INSERT INTO bookvotes.stale_marks (book_id) SELECT book_id FROM books");
      eventually()
          .until(() -> database.queryLong("SELECT count(*) FROM bookvotes.stale_books") == 0);
      assertThat(
              database.queryLong(
                  "SELECT count(*) FROM books WHERE rating <> rating(votes_up, votes_down)"))
          .isZero();
      assertThat(replica.events().runs()).extracting(Run::outcome).containsOnly("completed");

      database.execute("GRANT MAINTAIN ON books TO " + role);
      eventually().until(() -> replica.events().removed() >= BOOKS);
      eventually().until(() -> replica.events().blocked("books").isEmpty());
    } finally {
      database.execute("DROP OWNED BY " + role);
      database.execute("DROP ROLE " + role);
    }
  }

  @Test
  void aTableThatSomebodyElseHoldsIsLeftForLater() {
    makeDeadRows();
    try (HeldBooks held = HeldBooks.hold(database, 1L)) {
      held.execute("LOCK TABLE books IN SHARE UPDATE EXCLUSIVE MODE");
      try (TestDispatcher replica = dispatcher(database.user(), database.password()).start()) {
        eventually().until(() -> replica.events().blocked("books").isPresent());
        assertThat(replica.events().blocked("books")).contains("lock");
        held.commit();
        eventually().until(() -> replica.events().removed() >= BOOKS);
        eventually().until(() -> replica.events().blocked("books").isEmpty());
      }
    }
  }

  private TestDispatcher dispatcher(String user, String password) {
    return new TestDispatcher(Options.of(database, 2).as(user, password).vacuumPolicy(EAGER));
  }

  private static ConditionFactory eventually() {
    return await().atMost(Duration.ofSeconds(20));
  }

  /** Every book once more as a dead row; the statistics know when this returns. */
  private void makeDeadRows() {
    database.execute("UPDATE books SET title = title || '!'");
    eventually().until(() -> deadRows() >= BOOKS);
  }

  private long deadRows() {
    return database.queryLong(
        "SELECT n_dead_tup FROM pg_stat_all_tables WHERE relid = 'books'::regclass");
  }

  private long vacuums() {
    return database.queryLong(
        "SELECT vacuum_count FROM pg_stat_all_tables WHERE relid = 'books'::regclass");
  }
}

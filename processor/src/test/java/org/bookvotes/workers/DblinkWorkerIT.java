package org.bookvotes.workers;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bookvotes.testing.HeldBooks;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** What is peculiar to workers of dblink. Their contract is {@link WorkerEngineContractIT}. */
class DblinkWorkerIT {

  private static final Duration PATIENCE = EngineFixture.PATIENCE;

  private static PostgreSQLContainer server;

  @BeforeAll
  static void startServer() {
    server = Servers.newPostgres();
    try (TestDatabase any = Servers.newEmptyDatabase(server)) {
      EngineFixture.prepare(server, any);
    }
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @ParameterizedTest
  @EnumSource(names = "DBLINK.*", mode = EnumSource.Mode.MATCH_ANY)
  void nothingSecretIsToBeReadInActivityOrLog(EngineUnderTest engine) throws Exception {
    try (EngineFixture fixture = new EngineFixture(server, engine);
        WorkerSlot slot = fixture.awaitSlot();
        HeldBooks held = HeldBooks.hold(fixture.database(), 3L)) {
      SlotSessions.setLockTimeout(slot, PATIENCE);
      CompletableFuture<WorkerOutcome> run = fixture.running(slot);
      fixture.awaitWaitingWorker();
      assertThat(fixture.database().queryRows("SELECT query FROM pg_stat_activity").toString())
          .contains("bookvotes.recalculate")
          .doesNotContain(EngineFixture.PASSWORD, "password");
      held.commit();
      assertThat(run.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .isInstanceOf(WorkerOutcome.Completed.class);
    }
    String log = server.getLogs();
    assertThat(List.of("dblink_connect", "CALL bookvotes.recalculate"))
        .as("everything is logged")
        .allMatch(log::contains);
    assertThat(List.of(EngineFixture.PASSWORD, "scram_client_key", "SCRAM-SHA-256$"))
        .noneMatch(log::contains);
  }

  @ParameterizedTest
  @EnumSource(names = "DBLINK.*", mode = EnumSource.Mode.MATCH_ANY)
  void aConnectionThatFailsForAnotherReasonIsNoShortage(EngineUnderTest engine)
      throws SQLException {
    try (EngineFixture fixture = new EngineFixture(server, engine);
        WorkerSlot slot = fixture.awaitSlot()) {
      fixture.database().execute("ALTER SERVER bookvotes_workers OPTIONS (SET port '1')");
      assertThat(fixture.replica().run(slot))
          .isInstanceOfSatisfying(
              WorkerOutcome.Failed.class,
              failed -> {
                assertThat(failed.sqlState()).isEqualTo("HV00N");
                assertThat(failed.message()).contains("no connection back to this server");
              });
    }
  }

  @ParameterizedTest
  @EnumSource(names = "DBLINK.*", mode = EnumSource.Mode.MATCH_ANY)
  void aForeignServerThatLeadsElsewhereGetsNoCommand(EngineUnderTest engine) throws SQLException {
    try (EngineFixture fixture = new EngineFixture(server, engine);
        WorkerSlot slot = fixture.awaitSlot()) {
      fixture.database().execute("ALTER SERVER bookvotes_workers OPTIONS (SET dbname 'postgres')");
      assertThat(fixture.replica().run(slot))
          .isInstanceOfSatisfying(
              WorkerOutcome.Failed.class,
              failed -> {
                assertThat(failed.sqlState()).isEqualTo("55000");
                assertThat(failed.message()).contains("another server or database");
              });
      assertThat(slot.isSettled()).as("the connection is still in the session").isFalse();
    }
  }
}

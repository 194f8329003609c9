package org.bookvotes.workers;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.bookvotes.observability.Freshness;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.Schema;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestDispatcher;
import org.bookvotes.testing.TestDispatcher.Options;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.MountableFile;

/**
 * A database with one engine, five stale books, and a replica of an ordinary role that has the
 * rights of the documentation and no others. Used by one thread.
 */
final class EngineFixture implements AutoCloseable {

  static final Duration PATIENCE = Duration.ofSeconds(20);
  static final String ROLE = "worker_app";

  /** In no statement that is logged. */
  static final String PASSWORD = "unsaid-3f9c";

  private static final String EXTENSIONS = "/usr/share/postgresql/18/extension/";

  private final EngineUnderTest engine;
  private final TestDatabase database;
  private final TestDispatcher replica;

  /** Adds the role and the doubles of old generations to a server. */
  static void prepare(PostgreSQLContainer server, TestDatabase any) {
    for (String version : new String[] {"1.4", "1.8"}) {
      String file = "pg_background--" + version + ".sql";
      server.copyFileToContainer(
          MountableFile.forClasspathResource("org/bookvotes/workers/" + file), EXTENSIONS + file);
    }
    any.execute("CREATE ROLE " + ROLE + " LOGIN PASSWORD '" + PASSWORD + "'");
  }

  EngineFixture(PostgreSQLContainer server, EngineUnderTest engine) throws SQLException {
    this.engine = engine;
    database = Servers.newEmptyDatabase(server);
    switch (engine) {
      case PG_BACKGROUND_1_4 ->
          database.execute(
              "CREATE EXTENSION pg_background VERSION '1.4';"
                  + " GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO "
                  + ROLE);
      case PG_BACKGROUND_1_8 ->
          database.execute(
              "CREATE EXTENSION pg_background VERSION '1.8';"
                  + " GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO "
                  + ROLE);
      case PG_BACKGROUND_2_0 ->
          database.execute("CREATE EXTENSION pg_background; GRANT pgbackground_role TO " + ROLE);
      case DBLINK_WITH_SCRAM_KEYS -> addForeignServer("true", "");
      case DBLINK_WITH_PASSWORD -> addForeignServer("false", ", password '" + PASSWORD + "'");
    }
    try (Database pool = database.open(2)) {
      new Schema(pool.pool()).migrate();
    }
    if (engine.isDblink()) {
      database.execute("DROP EXTENSION pg_background");
    }
    database.execute(
        """
        GRANT USAGE ON SCHEMA bookvotes TO %1$s;
        GRANT SELECT, UPDATE, MAINTAIN ON books TO %1$s;
        GRANT SELECT, INSERT, UPDATE, DELETE, MAINTAIN ON ALL TABLES IN SCHEMA bookvotes TO %1$s;
        GRANT SELECT ON bookvotes.worker_runs_run_id_seq TO %1$s
        """
            .formatted(ROLE));
    database.insertBooks(5);
    database.execute("UPDATE books SET votes_up = book_id, votes_down = 1");
    markStale();
    replica =
        new TestDispatcher(
            Options.of(database, 2)
                .as(ROLE, PASSWORD)
                .engine(engine.choice())
                .retry(new LaunchRetry(3, Duration.ofMillis(10))));
  }

  private void addForeignServer(String passesKeys, String secret) {
    // For its own address, unlike for localhost, the image's server demands a password.
    database.execute(
        """
        CREATE EXTENSION dblink;
        DO $$BEGIN EXECUTE format(
            'CREATE SERVER bookvotes_workers FOREIGN DATA WRAPPER dblink_fdw
             OPTIONS (host %%L, port %%L, dbname %%L, use_scram_passthrough %%L)',
            host(inet_server_addr()), inet_server_port(), current_database(), '%s'); END$$;
        GRANT USAGE ON FOREIGN SERVER bookvotes_workers TO %s
        """
            .formatted(passesKeys, ROLE));
    database.execute(
        "CREATE USER MAPPING FOR "
            + ROLE
            + " SERVER bookvotes_workers OPTIONS (user '"
            + ROLE
            + "'"
            + secret
            + ")");
    // From here on everything is logged.
    database.execute(
        """
        ALTER DATABASE %1$s SET log_statement = 'all';
        ALTER DATABASE %1$s SET log_min_duration_statement = 0;
        ALTER DATABASE %1$s SET log_parameter_max_length = -1;
        ALTER DATABASE %1$s SET log_parameter_max_length_on_error = -1
        """
            .formatted(database.name()));
  }

  TestDatabase database() {
    return database;
  }

  TestDispatcher replica() {
    return replica;
  }

  EngineLauncher launcher() {
    return new EngineLauncher(engine.choice(), Freshness.boundsSeconds());
  }

  void markStale() {
    database.execute(
        "INSERT INTO bookvotes.stale_marks (book_id) SELECT book_id FROM books"
            + " ON CONFLICT DO NOTHING");
  }

  /** Slot 1, as soon as it is to be had. */
  WorkerSlot awaitSlot() {
    return Awaitility.await("slot 1")
        .atMost(PATIENCE)
        .until(() -> replica.slots().tryAcquire(1), Optional::isPresent)
        .orElseThrow();
  }

  /** A recalculation in {@code slot}, on a thread of its own. */
  CompletableFuture<WorkerOutcome> running(WorkerSlot slot) {
    return CompletableFuture.supplyAsync(() -> replica.run(slot), Thread::startVirtualThread);
  }

  /** Waits until the worker of slot 1 waits for a lock, and returns its pid. */
  int awaitWaitingWorker() {
    String waiting =
        """
        SELECT coalesce(max(pid), 0) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'bookvotes slot 1'
          AND wait_event_type = 'Lock'
        """;
    return Awaitility.await("a worker that waits for a lock")
        .atMost(PATIENCE)
        .until(() -> (int) database.queryLong(waiting), pid -> pid > 0);
  }

  /** Lets the server have no further worker to give, until what is returned is closed. */
  AutoCloseable exhaust(int poolSize) throws SQLException {
    if (engine.isDblink()) {
      database.execute(
          "DO $$BEGIN EXECUTE 'ALTER ROLE "
              + ROLE
              + " CONNECTION LIMIT ' || (SELECT count(*) FROM pg_stat_activity WHERE usename = '"
              + ROLE
              + "'); END$$");
      return () -> database.execute("ALTER ROLE " + ROLE + " CONNECTION LIMIT -1");
    }
    Connection foreign = database.connect();
    try (Statement statement = foreign.createStatement()) {
      for (int i = 0; i < poolSize; i++) {
        statement.execute(
            "SELECT pid FROM bookvotes.start_worker(bookvotes.engine('auto'), 'SELECT pg_sleep(600)')");
      }
    }
    return () -> {
      database.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE backend_type = 'pg_background' AND query LIKE 'SELECT pg_sleep%'");
      foreign.close();
    };
  }

  @Override
  public void close() {
    replica.close();
    database.close();
  }
}

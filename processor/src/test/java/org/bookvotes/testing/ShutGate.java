package org.bookvotes.testing;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import org.awaitility.Awaitility;

/**
 * A trigger that lets nobody recalculate any book until the gate is opened. Unlike with {@link
 * HeldBooks} who waits at it waits for no lock, so that no lock_timeout ends that, however slow the
 * test is. Used by one thread at a time.
 */
public final class ShutGate implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int KEY = 4711;

  private final Connection connection;

  private ShutGate(Connection connection) {
    this.connection = connection;
  }

  /** Adds the trigger to {@code database}, once, and shuts the gate. */
  public static ShutGate shut(TestDatabase database) {
    database.execute(
        """
        CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $wait$
        BEGIN
          WHILE NOT pg_try_advisory_xact_lock_shared(%d) LOOP
            PERFORM pg_sleep(0.005);
          END LOOP;
          RETURN NULL;
        END
        $wait$;
        CREATE TRIGGER wait_at_gate BEFORE UPDATE ON books FOR EACH STATEMENT EXECUTE FUNCTION wait_at_gate()
        """
            .formatted(KEY));
    try {
      Connection connection = database.connect();
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT pg_advisory_lock(" + KEY + ")")) {
        statement.execute();
      }
      return new ShutGate(connection);
    } catch (SQLException e) {
      throw new IllegalStateException("the gate cannot be shut", e);
    }
  }

  /** Waits until {@code count} background workers of {@code database} wait at the gate. */
  public static void awaitWaitingWorkers(TestDatabase database, int count) {
    Awaitility.await(count + " workers that wait at the gate")
        .atMost(PATIENCE)
        .until(
            () ->
                database.queryLong(
                        """
                        SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND backend_type = 'pg_background'
                          AND wait_event = 'PgSleep'
                        """)
                    == count);
  }

  /** Lets everybody pass. */
  public void open() {
    close();
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException("close", e);
    }
  }
}

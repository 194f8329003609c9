package org.bookvotes.chaos;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** What other people's sessions do to the server. Thread-safe. */
final class SessionFaults {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String INSUFFICIENT_RESOURCES = "53";

  /** The foreign workers live in another database, so that nobody takes them for ours. */
  private static final String FOREIGN_DATABASE = "postgres";

  /** A launch of the processor's that was refused. */
  private static final Pattern LAUNCH_REFUSED = Pattern.compile(" 53000 bookvotes slot ");

  private final Stack stack;

  SessionFaults(Stack stack) {
    this.stack = stack;
  }

  /** Takes every background worker that can be had, and each one that becomes free. */
  Strike emptyPool(Fault fault, RandomGenerator random, Targets.Lease lease)
      throws InterruptedException, Strike.MissedException {
    lease.take("pool");
    Instant since = Instant.now();
    HeldSession session =
        new HeldSession(
            () -> stack.connect(FOREIGN_DATABASE),
            connection -> {
              execute(connection, "CREATE EXTENSION IF NOT EXISTS pg_background");
              takeWorkers(connection);
            },
            SessionFaults::takeWorkers);
    session.awaitTaken(PATIENCE);
    return new Strike(
        "all workers",
        Instant.now(),
        fault.hold(),
        () -> {
          session.close();
          int ended = endForeignWorkers();
          if (!LAUNCH_REFUSED.matcher(stack.postgres().logSince(since)).find()) {
            throw new Strike.MissedException("no launch was refused");
          }
          return ended + " foreign workers ended";
        });
  }

  private static void takeWorkers(Connection connection) throws SQLException {
    try {
      while (true) {
        execute(connection, "SELECT pid FROM pg_background_launch('SELECT pg_sleep(3600)')");
      }
    } catch (SQLException e) {
      if (e.getSQLState() == null || !e.getSQLState().startsWith(INSUFFICIENT_RESOURCES)) {
        throw e;
      }
    }
  }

  /** They outlive the session that launched them. */
  private int endForeignWorkers() throws InterruptedException {
    while (true) {
      stack.awaitPostgres();
      try (Connection connection = stack.connect(FOREIGN_DATABASE);
          Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                      + " WHERE backend_type = 'pg_background' AND datname = current_database()")) {
        row.next();
        return row.getInt(1);
      } catch (SQLException e) {
        Thread.sleep(200); // The server has gone away again: awaitPostgres bounds this.
      }
    }
  }

  /** A transaction that has a snapshot and does nothing more. It locks nothing. */
  Strike pinSnapshot(Fault fault, RandomGenerator random, Targets.Lease lease)
      throws InterruptedException, Strike.MissedException {
    lease.take("snapshot");
    HeldSession session =
        new HeldSession(
            stack::connect,
            connection -> {
              connection.setAutoCommit(false);
              connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
              execute(connection, "SELECT 1");
            },
            connection -> execute(connection, "SELECT 1"));
    return held(session, "one snapshot", fault.hold());
  }

  Strike lockBooks(Fault fault, RandomGenerator random, Targets.Lease lease)
      throws InterruptedException, Strike.MissedException {
    lease.take("books");
    HeldSession session =
        new HeldSession(
            stack::connect,
            connection -> {
              connection.setAutoCommit(false);
              // Who waits for this lock has everybody else wait behind him.
              execute(connection, "SET LOCAL lock_timeout = '1s'");
              execute(connection, "LOCK TABLE books IN ACCESS EXCLUSIVE MODE");
            },
            connection -> execute(connection, "SELECT 1"));
    return held(session, "the whole table", fault.hold());
  }

  private static Strike held(HeldSession session, String what, Duration hold)
      throws InterruptedException, Strike.MissedException {
    session.awaitTaken(PATIENCE);
    return new Strike(
        what,
        Instant.now(),
        hold,
        () -> {
          session.close();
          return "";
        });
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}

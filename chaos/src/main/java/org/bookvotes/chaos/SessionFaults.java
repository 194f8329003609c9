package org.bookvotes.chaos;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.random.RandomGenerator;

/** What other people's sessions do to the server. Thread-safe. */
final class SessionFaults {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String INSUFFICIENT_RESOURCES = "53";

  /** The foreign workers live in another database, so that nobody takes them for ours. */
  private static final String FOREIGN_DATABASE = "postgres";

  private final Stack stack;
  private final Targets targets;

  SessionFaults(Stack stack, Targets targets) {
    this.stack = stack;
    this.targets = targets;
  }

  /** Takes every background worker that can be had, and each one that becomes free. */
  Strike emptyPool(Fault fault, RandomGenerator random)
      throws InterruptedException, Strike.MissedException {
    targets.take("pool");
    HeldSession session =
        new HeldSession(
            () -> stack.connect(FOREIGN_DATABASE),
            connection -> {
              try (Statement statement = connection.createStatement()) {
                statement.execute("CREATE EXTENSION IF NOT EXISTS pg_background");
              }
              takeWorkers(connection);
            },
            SessionFaults::takeWorkers);
    return held(
        session,
        "pool",
        "all workers",
        fault.hold(),
        () -> {
          try (Connection connection = stack.connect(FOREIGN_DATABASE);
              Statement statement = connection.createStatement();
              ResultSet row =
                  statement.executeQuery(
                      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                          + " WHERE backend_type = 'pg_background' AND datname = current_database()")) {
            row.next();
            return row.getInt(1) + " foreign workers ended";
          }
        });
  }

  private static void takeWorkers(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      while (true) {
        statement.execute("SELECT pid FROM pg_background_launch('SELECT pg_sleep(3600)')");
      }
    } catch (SQLException e) {
      if (e.getSQLState() == null || !e.getSQLState().startsWith(INSUFFICIENT_RESOURCES)) {
        throw e;
      }
    }
  }

  /** A transaction that has read something and does nothing more. */
  Strike pinSnapshot(Fault fault, RandomGenerator random)
      throws InterruptedException, Strike.MissedException {
    targets.take("snapshot");
    HeldSession session =
        new HeldSession(
            stack::connect,
            connection -> {
              connection.setAutoCommit(false);
              connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
              execute(connection, "SELECT FROM books LIMIT 1");
            },
            connection -> execute(connection, "SELECT 1"));
    return held(session, "snapshot", "one snapshot", fault.hold(), () -> "");
  }

  Strike lockBooks(Fault fault, RandomGenerator random)
      throws InterruptedException, Strike.MissedException {
    targets.take("books");
    HeldSession session =
        new HeldSession(
            stack::connect,
            connection -> {
              connection.setAutoCommit(false);
              execute(connection, "LOCK TABLE books IN ACCESS EXCLUSIVE MODE");
            },
            connection -> execute(connection, "SELECT 1"));
    return held(session, "books", "the whole table", fault.hold(), () -> "");
  }

  private Strike held(
      HeldSession session, String target, String what, Duration hold, Strike.End afterwards)
      throws InterruptedException, Strike.MissedException {
    if (!session.awaitTaken(PATIENCE)) {
      session.close();
      targets.giveBack(target);
      throw new Strike.MissedException("could not be taken in " + PATIENCE);
    }
    return new Strike(
        what,
        hold,
        () -> {
          try {
            session.close();
            return afterwards.undo();
          } finally {
            targets.giveBack(target);
          }
        });
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}

package org.bookvotes.chaos;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Restarts PostgreSQL, ends its processes, fills its disk. Thread-safe. */
final class PostgresFaults {

  private static final String TARGET = "postgres";
  private static final String DISK_FULL = "No space left on device";
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private static final String WORKER =
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_background'"
          + " AND datname = 'bookstore' AND application_name LIKE 'bookvotes slot %'";
  private static final String SLOT =
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
          + " AND application_name LIKE 'bookvotes slot %'";
  private static final String INGEST =
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
          + " AND application_name = 'bookvotes' AND xact_start IS NOT NULL AND query ILIKE '%books%'"
          + " AND query NOT ILIKE '%pg_stat%'";

  private final Stack stack;
  private final Targets targets;

  PostgresFaults(Stack stack, Targets targets) {
    this.stack = stack;
    this.targets = targets;
  }

  Strike restartFast(Fault fault, RandomGenerator random) throws InterruptedException {
    return restart(fault, "INT");
  }

  Strike restartImmediate(Fault fault, RandomGenerator random) throws InterruptedException {
    return restart(fault, "QUIT");
  }

  private Strike restart(Fault fault, String signal) throws InterruptedException {
    targets.take(TARGET);
    Container postgres = stack.postgres();
    ensureRunning(postgres);
    postgres.signal(signal);
    postgres.awaitEnd();
    return new Strike(
        "SIG" + signal,
        fault.hold(),
        () -> {
          postgres.start();
          stack.awaitPostgres();
          targets.giveBack(TARGET);
          return "";
        });
  }

  /** Kills a worker while it waits for a book that somebody holds: there it can be found. */
  Strike killWorker(Fault fault, RandomGenerator random)
      throws SQLException, InterruptedException, Strike.MissedException {
    targets.take(TARGET);
    try (Connection connection = stack.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      holdBooks(statement);
      int pid = await(statement, WORKER + " AND wait_event_type = 'Lock' LIMIT 1");
      stack.postgres().execute("bash", "-c", "kill -KILL " + pid);
      awaitDeath(statement);
      stack.awaitPostgres();
      return Strike.over("worker " + pid);
    } finally {
      targets.giveBack(TARGET);
    }
  }

  /** The server must end all sessions, this one too: else nothing was killed. */
  private static void awaitDeath(Statement statement)
      throws InterruptedException, Strike.MissedException {
    Instant patience = Instant.now().plus(PATIENCE);
    while (Instant.now().isBefore(patience)) {
      try {
        statement.execute("SELECT 1");
      } catch (SQLException e) {
        return;
      }
      Thread.sleep(20);
    }
    throw new Strike.MissedException("the server did not notice the killed worker");
  }

  Strike terminateWorker(Fault fault, RandomGenerator random)
      throws SQLException, InterruptedException, Strike.MissedException {
    return terminate(WORKER, random);
  }

  Strike terminateSlot(Fault fault, RandomGenerator random)
      throws SQLException, InterruptedException, Strike.MissedException {
    return terminate(SLOT, random);
  }

  Strike terminateIngest(Fault fault, RandomGenerator random)
      throws SQLException, InterruptedException, Strike.MissedException {
    return terminate(INGEST, random);
  }

  /** Every second time while it waits for a lock, else whatever it does just then. */
  private Strike terminate(String victims, RandomGenerator random)
      throws SQLException, InterruptedException, Strike.MissedException {
    boolean waiting = random.nextBoolean();
    try (Connection connection = stack.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      if (waiting) {
        holdBooks(statement);
      }
      int pid =
          await(
              statement,
              "SELECT v.pid FROM (" + victims + " LIMIT 1) AS v WHERE pg_terminate_backend(v.pid)");
      return Strike.over("process " + pid + (waiting ? ", waiting for a lock" : ""));
    }
  }

  /** Locks the books that most votes are for, in ascending order as everybody does. */
  private static void holdBooks(Statement statement) throws SQLException {
    statement.execute("SET LOCAL lock_timeout = '10s'");
    statement.execute("SELECT FROM books WHERE book_id <= 100 ORDER BY book_id FOR NO KEY UPDATE");
  }

  private static int await(Statement statement, String query)
      throws SQLException, InterruptedException, Strike.MissedException {
    Instant patience = Instant.now().plus(PATIENCE);
    while (Instant.now().isBefore(patience)) {
      Optional<Integer> pid = first(statement, query);
      if (pid.isPresent()) {
        return pid.get();
      }
      Thread.sleep(1);
    }
    throw new Strike.MissedException("nothing to strike: " + query);
  }

  private static Optional<Integer> first(Statement statement, String query) throws SQLException {
    // Within a transaction the view of the activity is frozen.
    statement.execute("SELECT pg_stat_clear_snapshot()");
    try (ResultSet row = statement.executeQuery(query)) {
      return row.next() ? Optional.of(row.getInt(1)) : Optional.empty();
    }
  }

  /** The server may survive it, or die of it: then it is started when there is room again. */
  Strike fillDisk(Fault fault, RandomGenerator random) throws InterruptedException {
    targets.take(TARGET);
    Container disk = stack.disk();
    Container postgres = stack.postgres();
    ensureRunning(postgres);
    Instant since = Instant.now();
    // Ends with an error, when there is no room any more.
    disk.execute("bash", "-c", "cat /dev/zero >/disk/filler || true");
    // It notices with the next page or file that it needs.
    Instant patience = since.plus(PATIENCE);
    while (!postgres.logSince(since).contains(DISK_FULL) && Instant.now().isBefore(patience)) {
      Thread.sleep(100);
    }
    return new Strike(
        "no byte left",
        fault.hold(),
        () -> {
          try {
            disk.execute("rm", "/disk/filler");
            boolean died = !postgres.isRunning();
            if (died) {
              postgres.start();
            }
            stack.awaitPostgres();
            if (!postgres.logSince(since).contains(DISK_FULL)) {
              throw new Strike.MissedException("the server did not notice the full disk");
            }
            return died ? "the server died of it" : "the server survived it";
          } finally {
            targets.giveBack(TARGET);
          }
        });
  }

  /** Nobody but this class stops PostgreSQL; a full disk may have ended it. */
  private void ensureRunning(Container postgres) throws InterruptedException {
    if (!postgres.isRunning()) {
      postgres.start();
    }
    stack.awaitPostgres();
  }
}

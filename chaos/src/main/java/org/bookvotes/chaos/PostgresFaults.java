package org.bookvotes.chaos;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** Restarts PostgreSQL, ends its processes, fills its disk. Thread-safe. */
final class PostgresFaults {

  private static final String TARGET = "postgres";
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration END_TIMEOUT = Duration.ofSeconds(60);

  /** A statement of the processor's that found no room, or the server's own end for want of it. */
  private static final Pattern DISK_FULL =
      Pattern.compile(" 53100 bookvotes|PANIC: .*No space left");

  private static final String WORKER =
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'pg_background'"
          + " AND datname = 'bookstore' AND application_name LIKE 'bookvotes slot %'";
  private static final String SLOT =
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
          + " AND application_name LIKE 'bookvotes slot %'";
  // Who has a transaction id writes; of these sessions only ingest does.
  private static final String INGEST =
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
          + " AND application_name = 'bookvotes' AND backend_xid IS NOT NULL";
  private static final String WAITING = " AND wait_event_type = 'Lock'";

  private final Stack stack;

  PostgresFaults(Stack stack) {
    this.stack = stack;
  }

  Strike restartFast(Fault fault, RandomGenerator random, Targets.Lease lease) throws Exception {
    return restart(fault, lease, "INT");
  }

  Strike restartImmediate(Fault fault, RandomGenerator random, Targets.Lease lease)
      throws Exception {
    return restart(fault, lease, "QUIT");
  }

  private Strike restart(Fault fault, Targets.Lease lease, String signal) throws Exception {
    lease.take(TARGET);
    stack.ensurePostgresRuns();
    Instant struck = Instant.now();
    stack.postgres().signal(signal);
    stack.postgres().awaitEnd(END_TIMEOUT);
    return new Strike(
        "SIG" + signal,
        struck,
        fault.hold(),
        () -> {
          stack.ensurePostgresRuns();
          return "";
        });
  }

  /** Kills a worker while it waits for a book that somebody holds: there it can be found. */
  Strike killWorker(Fault fault, RandomGenerator random, Targets.Lease lease) throws Exception {
    lease.take(TARGET);
    try (Connection connection = stack.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      holdBooks(statement);
      int pid = await(statement, WORKER + WAITING + " LIMIT 1");
      Instant struck = Instant.now();
      try {
        stack.postgres().execute("bash", "-c", "kill -KILL " + pid);
      } catch (Docker.FailedException e) {
        throw new Strike.MissedException("worker " + pid + " has ended before: " + e.getMessage());
      }
      awaitDeath(statement);
      return Strike.over("worker " + pid, struck);
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

  Strike terminateWorker(Fault fault, RandomGenerator random, Targets.Lease lease)
      throws Exception {
    return terminate(WORKER, random.nextBoolean());
  }

  /** A slot's session waits for its worker, never for a lock. */
  Strike terminateSlot(Fault fault, RandomGenerator random, Targets.Lease lease) throws Exception {
    return terminate(SLOT, false);
  }

  Strike terminateIngest(Fault fault, RandomGenerator random, Targets.Lease lease)
      throws Exception {
    return terminate(INGEST, random.nextBoolean());
  }

  /**
   * @param waiting for a lock when it is struck; else it is struck whatever it does just then
   */
  private Strike terminate(String victims, boolean waiting) throws Exception {
    try (Connection connection = stack.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      if (waiting) {
        holdBooks(statement);
      }
      int pid =
          await(
              statement,
              "SELECT v.pid FROM ("
                  + victims
                  + (waiting ? WAITING : "")
                  + " LIMIT 1) AS v WHERE pg_terminate_backend(v.pid)");
      return Strike.over("process " + pid + (waiting ? ", waiting for a lock" : ""), Instant.now());
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
  Strike fillDisk(Fault fault, RandomGenerator random, Targets.Lease lease) throws Exception {
    lease.take(TARGET);
    stack.ensurePostgresRuns();
    Instant since = Instant.now();
    // Ends with an error, when there is no room any more.
    stack.disk().execute("bash", "-c", "cat /dev/zero >/disk/filler || true");
    // It notices with the next page or file that it needs.
    Instant patience = since.plus(PATIENCE);
    while (!hasNoticed(since) && Instant.now().isBefore(patience)) {
      Thread.sleep(100);
    }
    Instant struck = Instant.now();
    return new Strike(
        "no byte left",
        struck,
        fault.hold(),
        () -> {
          stack.disk().execute("rm", "--force", "/disk/filler");
          boolean died = stack.ensurePostgresRuns();
          if (!hasNoticed(since)) {
            throw new Strike.MissedException("the processor did not notice the full disk");
          }
          return died ? "the server died of it" : "the server survived it";
        });
  }

  private boolean hasNoticed(Instant since) {
    return DISK_FULL.matcher(stack.postgres().logSince(since)).find();
  }
}

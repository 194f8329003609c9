package org.bookvotes.workers;

import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.bookvotes.observability.ProcessorListener;
import org.bookvotes.postgres.SqlFile;
import org.bookvotes.postgres.SqlState;
import org.bookvotes.postgres.SqlTrouble;
import org.bookvotes.postgres.Transactions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the runs of one replica down in {@code bookvotes.worker_runs}, a thread and a connection
 * of the pool for itself, so that no slot and no vote waits for it. A run that comes alone is
 * written at once, many are written together. Thread-safe.
 *
 * <p>While they cannot be written, the latest runs are kept and tried again. What is not written in
 * the end is missing in the journal, which is said; the log and the meters have every run.
 */
public final class RunJournal implements ProcessorListener, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RunJournal.class);

  private static final SqlFile ASYNCHRONOUS =
      SqlFile.of(RunJournal.class, "journal_asynchronous.sql");
  private static final SqlFile RUN = SqlFile.of(RunJournal.class, "journal_run.sql");

  /** Runs that are kept while none can be written. Far fewer than the ring has places. */
  static final int MOST_WAITING = 1000;

  /** How long {@link #close} waits for the last runs to be written. */
  static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);

  /** Transactions come no closer than this. */
  private static final Duration PACE = Duration.ofMillis(500);

  private static final Duration RETRY_PAUSE = Duration.ofSeconds(5);

  /** A row must not outgrow its page, nor leave it for TOAST. */
  private static final int MOST_MESSAGE_CHARS = 400;

  private final Transactions transactions;
  private final String replica;
  private final Duration retryPause;
  private final StopSignal stop = new StopSignal();
  private final Thread thread;
  // All below is guarded by this.
  private final Deque<Ended> waiting = new ArrayDeque<>();
  // Taken by the thread, neither written nor back yet.
  private int inHand;
  // Given up.
  private long missing;

  private record Ended(Run run, long atNanos) {}

  /**
   * @param replica name of this replica, for people
   */
  public RunJournal(Transactions transactions, String replica) {
    this(transactions, replica, RETRY_PAUSE);
  }

  /**
   * @param retryPause after runs could not be written
   */
  RunJournal(Transactions transactions, String replica, Duration retryPause) {
    this.transactions = transactions;
    this.replica = replica;
    this.retryPause = retryPause;
    // A statement cannot be interrupted: one that hangs must not keep the process alive.
    thread = Thread.ofPlatform().name("journal").daemon().unstarted(this::write);
  }

  /** Begins to write. */
  public void start() {
    thread.start();
  }

  @Override
  public synchronized void runEnded(Run run) {
    if (waiting.size() == MOST_WAITING) {
      waiting.removeFirst();
      missing++;
    }
    waiting.addLast(new Ended(run, System.nanoTime()));
    notifyAll();
  }

  /** How many runs have ended that are not in the journal, those given up included. */
  synchronized long unwritten() {
    return missing + kept();
  }

  /** How many of them are kept to be tried again. */
  synchronized int kept() {
    return inHand + waiting.size();
  }

  private void write() {
    boolean failing = false;
    try {
      List<Ended> runs = take();
      while (!runs.isEmpty()) {
        boolean last = stop.isSent();
        try {
          insert(runs);
          written(failing);
          failing = false;
        } catch (SQLException e) {
          putBack(runs, e);
          if (!failing) {
            LOG.warn(
                "runs cannot be written to bookvotes.worker_runs, this log has those that failed, and the last"
                    + " {} are tried again: {}",
                MOST_WAITING,
                SqlTrouble.describe(e));
          }
          failing = true;
          if (last) {
            return;
          }
        }
        stop.await(failing ? retryPause : PACE);
        runs = take();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("no more runs are written to bookvotes.worker_runs, this is a bug of ours", e);
    }
  }

  /** Waits for runs and takes all; none once the journal is closed and they are written. */
  private synchronized List<Ended> take() throws InterruptedException {
    while (waiting.isEmpty() && !stop.isSent()) {
      wait();
    }
    List<Ended> runs = List.copyOf(waiting);
    waiting.clear();
    inHand = runs.size();
    return runs;
  }

  private synchronized void written(boolean again) {
    inHand = 0;
    if (again) {
      LOG.info("runs are written to bookvotes.worker_runs again, {} are missing there", missing);
      missing = 0;
    }
  }

  private synchronized void putBack(List<Ended> runs, SQLException e) {
    inHand = 0;
    int room = MOST_WAITING - waiting.size();
    // Trying again does not help against what a row contains.
    int kept = SqlState.isAboutRows(e) ? 0 : Math.min(room, runs.size());
    missing += runs.size() - kept;
    for (Ended run : runs.subList(runs.size() - kept, runs.size()).reversed()) {
      waiting.addFirst(run);
    }
  }

  private void insert(List<Ended> runs) throws SQLException {
    transactions.inTransaction(
        connection -> {
          try (PreparedStatement asynchronous = ASYNCHRONOUS.prepare(connection)) {
            asynchronous.execute();
          }
          return insert(connection, runs);
        });
  }

  private int insert(Connection connection, List<Ended> runs) throws SQLException {
    try (PreparedStatement statement = RUN.prepare(connection)) {
      long now = System.nanoTime();
      for (Ended ended : runs) {
        Run run = ended.run();
        long ageNanos = now - ended.atNanos();
        statement.setString(1, run.command());
        statement.setString(2, run.table());
        statement.setInt(3, run.slot());
        statement.setString(4, replica);
        statement.setObject(5, run.pid() > 0 ? run.pid() : null, Types.INTEGER);
        statement.setDouble(6, (ageNanos + run.took().toNanos()) / 1e9);
        statement.setDouble(7, ageNanos / 1e9);
        statement.setLong(8, run.books());
        statement.setInt(9, run.batches());
        statement.setString(10, run.outcome());
        statement.setString(11, run.sqlState());
        statement.setString(12, run.message() == null ? null : storable(run.message()));
        statement.setObject(13, run.removedRows(), Types.BIGINT);
        statement.addBatch();
      }
      return statement.executeBatch().length;
    } catch (BatchUpdateException e) {
      // Its own message is the statement's whole text; what the server said is behind it.
      throw e.getNextException() == null ? e : e.getNextException();
    }
  }

  /** The server takes any character but this one. */
  private static String storable(String message) {
    String text = message.replace('\0', '\ufffd');
    return text.length() <= MOST_MESSAGE_CHARS
        ? text
        : text.substring(0, MOST_MESSAGE_CHARS - 1) + '…';
  }

  /**
   * Writes what has ended until now and ends, after {@link #CLOSE_TIMEOUT} at the latest. May be
   * called again, and if it never started.
   */
  @Override
  public void close() {
    stop.send();
    synchronized (this) {
      notifyAll();
    }
    try {
      if (thread.getState() != Thread.State.NEW && !thread.join(CLOSE_TIMEOUT)) {
        LOG.warn("the database takes no runs for {} s", CLOSE_TIMEOUT.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    long left = unwritten();
    if (left > 0) {
      LOG.warn(
          "runs of this replica that are missing in bookvotes.worker_runs: {}, this log has those that failed",
          left);
    }
  }
}

package org.bookvotes.workers;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.SqlFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The semaphore that bounds our background workers over all replicas on one database. Thread-safe.
 *
 * <p>Slot <i>i</i> is a connection that holds the session-level advisory lock (class, <i>i</i>). If
 * this process dies, the server ends the session and with it the lock; a worker that it leaves
 * behind still shows the slot's name in {@code pg_stat_activity}, and nobody gets the slot until
 * that worker has ended.
 */
public final class WorkerSlots {

  private static final Logger LOG = LoggerFactory.getLogger(WorkerSlots.class);

  /**
   * First key of the advisory locks: "book" in ASCII. Changing it would let two versions exceed the
   * slots together.
   */
  static final int LOCK_CLASS = 0x626F6F6B;

  private static final SqlFile ACQUIRE = SqlFile.of(WorkerSlots.class, "slot_acquire.sql");
  private static final SqlFile UNLOCK = SqlFile.of(WorkerSlots.class, "slot_unlock.sql");
  private static final SqlFile RELEASE = SqlFile.of(WorkerSlots.class, "slot_release.sql");

  private final Database database;
  private final int count;
  // Keeps our own threads from pinning more connections than there are slots; the locks do the
  // rest.
  private final Semaphore connections;

  /**
   * @param count number of slots, the same on all replicas; if they differ, the largest counts
   */
  public WorkerSlots(Database database, int count) {
    this.database = database;
    this.count = count;
    this.connections = new Semaphore(count);
  }

  /** Number of slots over all replicas. */
  public int count() {
    return count;
  }

  /**
   * Takes slot {@code number} if nobody has it and no worker of a former holder is left in it.
   *
   * @throws SQLException if the database cannot be asked; nothing stays taken then
   */
  public Optional<WorkerSlot> tryAcquire(int number) throws SQLException {
    if (number < 1 || number > count) {
      throw new IllegalArgumentException(
          "slot " + number + " does not exist, there are 1 to " + count);
    }
    if (!connections.tryAcquire()) {
      return Optional.empty();
    }
    Optional<WorkerSlot> slot = Optional.empty();
    try {
      slot = lockAndPin(number);
      return slot;
    } finally {
      if (slot.isEmpty()) {
        connections.release();
      }
    }
  }

  private Optional<WorkerSlot> lockAndPin(int number) throws SQLException {
    Connection connection = database.pool().getConnection();
    boolean pinned = false;
    try {
      pinned = acquire(connection, number);
      return pinned ? Optional.of(new WorkerSlot(number, connection, this)) : Optional.empty();
    } catch (SQLException | RuntimeException | Error e) {
      // Closing the session gives up whatever it may hold.
      database.evict(connection);
      throw e;
    } finally {
      if (!pinned) {
        connection.close();
      }
    }
  }

  /** Takes the lock and makes the session the slot's, or leaves both as they were. */
  private static boolean acquire(Connection connection, int number) throws SQLException {
    try (PreparedStatement statement = ACQUIRE.prepare(connection)) {
      statement.setInt(1, LOCK_CLASS);
      statement.setInt(2, number);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        if (!row.getBoolean("locked")) {
          return false;
        }
        int occupant = row.getInt("occupant");
        if (row.wasNull()) {
          return true;
        }
        LOG.debug("slot {} may still be taken, by worker {}", number, occupant);
      }
    }
    try (PreparedStatement statement = UNLOCK.prepare(connection)) {
      statement.setInt(1, LOCK_CLASS);
      statement.setInt(2, number);
      statement.execute();
      expectGiven(statement, number);
    }
    return false;
  }

  private static void release(Connection connection, int number) throws SQLException {
    try (PreparedStatement statement = RELEASE.prepare(connection)) {
      statement.setInt(1, LOCK_CLASS);
      statement.setInt(2, number);
      statement.setString(3, Database.APPLICATION_NAME);
      statement.execute();
      // The first result is that of RESET ALL.
      statement.getMoreResults();
      expectGiven(statement, number);
    }
  }

  /** Reads a result that tells whether this session had the slot's lock. */
  private static void expectGiven(PreparedStatement statement, int number) throws SQLException {
    try (ResultSet row = statement.getResultSet()) {
      row.next();
      if (!row.getBoolean(1)) {
        throw new SQLException("slot " + number + " was not held by its own session");
      }
    }
  }

  /**
   * Gives the slot's lock and connection back. If the session cannot be trusted any more, or a
   * worker may be left in it, it is closed instead: nothing is tracked then, and the worker goes
   * on.
   */
  void release(WorkerSlot slot) {
    try (Connection connection = slot.connection()) {
      if (!slot.isSettled()) {
        LOG.debug("slot {} is given back by closing its session, for its worker", slot.number());
        database.evict(connection);
        return;
      }
      try {
        release(connection, slot.number());
      } catch (SQLException e) {
        LOG.warn("slot {} is given back by closing its session: {}", slot.number(), e.getMessage());
        // Before the pool has it back: nobody else may get a session that still holds a slot.
        database.evict(connection);
      }
    } catch (SQLException e) {
      LOG.warn("the session of slot {} did not close: {}", slot.number(), e.getMessage());
    } finally {
      connections.release();
    }
  }
}

package org.bookvotes.workers;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bookvotes.postgres.SqlFile;

/**
 * An acquired slot: a pinned connection that holds the slot's advisory lock. {@link #close} gives
 * it back, once, however often it is called. Used by one thread at a time; {@link #close} may be
 * called from any.
 */
public final class WorkerSlot implements AutoCloseable {

  private static final SqlFile LIMIT = SqlFile.of(WorkerSlot.class, "slot_limit.sql");

  private final int number;
  private final Connection connection;
  private final WorkerSlots slots;
  private final AtomicBoolean closed = new AtomicBoolean();
  // Written by the slot's thread, read by the one that closes it.
  private volatile boolean settled = true;

  WorkerSlot(int number, Connection connection, WorkerSlots slots) {
    this.number = number;
    this.connection = connection;
    this.slots = slots;
  }

  /** Number of the slot, from 1. */
  public int number() {
    return number;
  }

  /**
   * The pinned connection, with {@code application_name = 'bookvotes slot N'}: workers launched
   * from it inherit that.
   */
  Connection connection() {
    return connection;
  }

  /**
   * From now until the slot is given back, the server ends whatever one statement in this session
   * takes longer, with SQLSTATE 57014.
   */
  void limitStatements(Duration limit) throws SQLException {
    try (PreparedStatement statement = LIMIT.prepare(connection)) {
      statement.setString(1, milliseconds(limit));
      statement.execute();
    }
  }

  /**
   * A worker may be in this session from now on: tracked, or the other end of a connection. Given
   * back like that, the slot's session ends.
   */
  void unsettled() {
    settled = false;
  }

  /** No worker is left in this session. */
  void settled() {
    settled = true;
  }

  boolean isSettled() {
    return settled;
  }

  /** A value of the server's {@code statement_timeout}. */
  static String milliseconds(Duration limit) {
    return limit.toMillis() + "ms";
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      slots.release(this);
    }
  }
}

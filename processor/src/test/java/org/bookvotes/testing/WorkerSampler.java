package org.bookvotes.testing;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Counts the background workers of a database, again and again, on a session and a thread of its
 * own. Thread-safe.
 */
public final class WorkerSampler implements AutoCloseable {

  private static final long PERIOD_MILLIS = 10;

  private final Connection connection;
  private final PreparedStatement count;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().name("sampler").factory());
  private final AtomicReference<@Nullable SQLException> failure = new AtomicReference<>();
  private final long startNanos = System.nanoTime();
  // Written by the clock's thread.
  private final AtomicLong samples = new AtomicLong();
  private volatile long most;
  private volatile long last;
  private @Nullable Future<?> looking;

  private WorkerSampler(Connection connection) throws SQLException {
    this.connection = connection;
    this.count =
        connection.prepareStatement(
            "SELECT count(*) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND backend_type = 'pg_background'");
  }

  /** Begins to look. */
  public static WorkerSampler start(TestDatabase database) throws SQLException {
    WorkerSampler sampler = new WorkerSampler(database.connect());
    sampler.looking =
        sampler.clock.scheduleAtFixedRate(sampler::look, 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    return sampler;
  }

  private void look() {
    try (ResultSet row = count.executeQuery()) {
      row.next();
      last = row.getLong(1);
      most = Math.max(most, last);
      samples.incrementAndGet();
    } catch (SQLException e) {
      failure.compareAndSet(null, e);
    }
  }

  /** Most workers seen at once. */
  public long most() {
    return most;
  }

  /** Workers at the last look. */
  public long last() {
    return last;
  }

  /** Looks per second, since the start. */
  public double samplesPerSecond() throws SQLException {
    SQLException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
    return samples.get() * 1e9 / (System.nanoTime() - startNanos);
  }

  @Override
  public void close() throws SQLException {
    if (looking != null) {
      looking.cancel(false);
    }
    clock.close();
    connection.close();
  }
}

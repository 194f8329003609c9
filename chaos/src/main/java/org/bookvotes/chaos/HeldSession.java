package org.bookvotes.chaos;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A foreign session that holds something, and takes it anew when the server has ended the session.
 * On a thread of its own; started and closed by another.
 */
final class HeldSession implements AutoCloseable {

  private static final Duration INTERVAL = Duration.ofMillis(100);
  private static final Duration END_TIMEOUT = Duration.ofSeconds(10);

  /** What a session does. */
  @FunctionalInterface
  interface Work {
    void on(Connection connection) throws SQLException;
  }

  /** How a session comes to be. */
  @FunctionalInterface
  interface Opening {
    Connection open() throws SQLException;
  }

  private final Opening opening;
  private final Work take;
  private final Work keep;
  private final Thread thread;
  private final CountDownLatch taken = new CountDownLatch(1);
  private final CountDownLatch end = new CountDownLatch(1);
  private volatile @Nullable Connection current;
  private volatile @Nullable SQLException lastFailure;

  /**
   * @param take takes what is to be held
   * @param keep is done again and again, to notice that the session is gone
   */
  HeldSession(Opening opening, Work take, Work keep) {
    this.opening = opening;
    this.take = take;
    this.keep = keep;
    this.thread = Thread.ofPlatform().name("held-session").daemon().start(this::hold);
  }

  private void hold() {
    try {
      while (!end.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
        try (Connection connection = opening.open()) {
          current = connection;
          take.on(connection);
          taken.countDown();
          while (!end.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
            keep.on(connection);
          }
        } catch (SQLException e) {
          // The server has ended the session, is away, or somebody else holds it: once more.
          lastFailure = e;
        } finally {
          current = null;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Waits until it is held for the first time.
   *
   * @throws Strike.MissedException if that does not happen; nothing is held then
   */
  void awaitTaken(Duration timeout) throws InterruptedException, Strike.MissedException {
    if (!taken.await(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
      close();
      throw new Strike.MissedException("not to be had in " + timeout + ": " + lastFailure);
    }
  }

  /** Ends the session, whatever it waits for. */
  @Override
  public void close() {
    end.countDown();
    try {
      if (!thread.join(INTERVAL.multipliedBy(5))) {
        Connection connection = current;
        if (connection != null) {
          connection.abort(Runnable::run);
        }
        if (!thread.join(END_TIMEOUT)) {
          throw new IllegalStateException("a session of the harness does not end");
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException("a session of the harness cannot be ended", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

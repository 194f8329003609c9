package org.bookvotes.chaos;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A foreign session that holds something, and takes it anew when the server has ended the session.
 * On a thread of its own; started and closed by another.
 */
final class HeldSession implements AutoCloseable {

  private static final Duration INTERVAL = Duration.ofMillis(200);

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
          take.on(connection);
          taken.countDown();
          while (!end.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
            keep.on(connection);
          }
        } catch (SQLException e) {
          // The server has ended the session, or is away: once more.
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until it is held for the first time. */
  boolean awaitTaken(Duration timeout) throws InterruptedException {
    return taken.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    end.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package org.bookvotes.testing;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A steady stream of votes, until it is stopped: whatever a test does, it does under load. */
public final class VoteLoad implements AutoCloseable {

  private static final Duration PERIOD = Duration.ofMillis(20);
  private static final int VOTES_PER_PERIOD = 400;
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final ScheduledExecutorService sender =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("vote-load").daemon().factory());
  private final TestDatabase database;
  private final Future<?> sending;

  private VoteLoad(Tally tally, TestTopics topics, TestDatabase database) {
    this.database = database;
    this.sending =
        sender.scheduleWithFixedDelay(
            () -> topics.sendVotes(tally.cast(VOTES_PER_PERIOD)),
            0,
            PERIOD.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  /** Starts to send votes of {@code tally}. */
  public static VoteLoad start(Tally tally, TestTopics topics, TestDatabase database) {
    return new VoteLoad(tally, topics, database);
  }

  /** Waits until so many more votes are counted than there are now. */
  public void awaitCounted(long more) {
    long goal = Tally.countedIn(database) + more;
    Awaitility.await(more + " more votes counted")
        .atMost(TIMEOUT)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> Tally.countedIn(database) >= goal);
  }

  /** Ends the stream; every vote of the tally has been acknowledged then. */
  public void stop() {
    sender.shutdown();
    try {
      if (!sender.awaitTermination(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("the votes were not acknowledged in " + TIMEOUT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    if (sending.state() == Future.State.FAILED) {
      throw new IllegalStateException("the votes could not be sent", sending.exceptionNow());
    }
  }

  @Override
  public void close() {
    stop();
  }
}

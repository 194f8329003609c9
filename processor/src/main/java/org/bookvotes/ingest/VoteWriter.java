package org.bookvotes.ingest;

import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicPartition;
import org.bookvotes.ingest.VoteBatch.Range;
import org.bookvotes.ingest.VoteStore.Written;
import org.bookvotes.observability.ProcessorListener;
import org.bookvotes.postgres.SqlState;
import org.bookvotes.postgres.SqlTrouble;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches, one after the other, on a thread of its own. While it writes one, the next fills:
 * the consumer takes back what {@linkplain #takeBack waits}, adds to it and {@linkplain #offer
 * offers} it again. So a batch is as small as a poll while the database is fast enough, and grows
 * with the time that writing takes when it is not.
 *
 * <p>After a batch that was not written nothing more is, until the consumer has {@linkplain
 * #takeTrouble seen} why: what follows it would meet the fence.
 */
final class VoteWriter implements AutoCloseable {

  /** Why a batch was not written. */
  sealed interface Trouble {
    /** Another consumer has moved these partitions' offsets. */
    record Fenced(Set<TopicPartition> partitions) implements Trouble {}

    /** Votes for these books, in a batch of these ranges, cannot be counted. */
    record Uncountable(Written.Uncountable books, Map<TopicPartition, Range> ranges)
        implements Trouble {}

    /**
     * It may have been written or not; trying again may help.
     *
     * @param state SQLSTATE, or {@code dead-letters}
     */
    record Failed(String message, String state) implements Trouble {}

    /** A fault of ours. */
    record Broken(Throwable cause) implements Trouble {}
  }

  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);

  private final VoteStore store;
  private final DeadLetters deadLetters;
  private final BatchLimit limit;
  private final ProcessorListener listener;
  private final Runnable onMarked;
  private final Runnable onTrouble;
  private final Thread thread = Thread.ofPlatform().name("write-votes").unstarted(this::run);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // All guarded by lock.
  private @Nullable VoteBatch waiting;
  private boolean writing;
  private @Nullable Trouble trouble;
  private boolean closed;
  private Map<TopicPartition, Long> committed = new HashMap<>();

  /**
   * @param limit told how long batches take
   * @param onMarked called after each commit that left stale books; must return at once
   * @param onTrouble called when there is trouble; must return at once
   */
  VoteWriter(
      VoteStore store,
      DeadLetters deadLetters,
      BatchLimit limit,
      ProcessorListener listener,
      Runnable onMarked,
      Runnable onTrouble) {
    this.store = store;
    this.deadLetters = deadLetters;
    this.limit = limit;
    this.listener = listener;
    this.onMarked = onMarked;
    this.onTrouble = onTrouble;
  }

  void start() {
    thread.start();
  }

  /** The batch that waits to be written, which then waits no more; null if none does. */
  @Nullable VoteBatch takeBack() {
    lock.lock();
    try {
      VoteBatch batch = waiting;
      waiting = null;
      return batch;
    } finally {
      lock.unlock();
    }
  }

  /** Lets a batch wait to be written. There must be none that waits. */
  void offer(VoteBatch batch) {
    lock.lock();
    try {
      if (waiting != null) {
        throw new IllegalStateException("a batch is waiting already");
      }
      waiting = batch;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until no batch waits, or there is trouble.
   *
   * @return whether that came within {@code timeout}
   */
  boolean awaitTaken(Duration timeout) throws InterruptedException {
    return await(timeout, false);
  }

  /**
   * Waits until all is written, or there is trouble.
   *
   * @return whether that came within {@code timeout}
   */
  boolean awaitIdle(Duration timeout) throws InterruptedException {
    return await(timeout, true);
  }

  private boolean await(Duration timeout, boolean idle) throws InterruptedException {
    long leftNanos = timeout.toNanos();
    lock.lock();
    try {
      while (trouble == null && (waiting != null || (idle && writing))) {
        if (leftNanos <= 0) {
          return false;
        }
        leftNanos = changed.awaitNanos(leftNanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Why the last batch was not written, null if it was. What waits behind it is dropped, and what
   * is offered from now on is written again.
   */
  @Nullable Trouble takeTrouble() {
    lock.lock();
    try {
      Trouble taken = trouble;
      if (taken != null) {
        waiting = null;
        trouble = null;
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** How far each partition has been committed since the last call. */
  Map<TopicPartition, Long> takeCommitted() {
    lock.lock();
    try {
      Map<TopicPartition, Long> taken = committed;
      committed = new HashMap<>();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      VoteBatch batch;
      while ((batch = take()) != null) {
        Trouble found = write(batch);
        written(batch, found);
        if (found != null) {
          onTrouble.run();
        }
      }
    } catch (InterruptedException | RuntimeException | Error e) {
      // Whoever waits for this thread must learn that it is gone.
      broken(e);
      onTrouble.run();
    }
  }

  private void broken(Throwable cause) {
    lock.lock();
    try {
      writing = false;
      trouble = new Trouble.Broken(cause);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private @Nullable VoteBatch take() throws InterruptedException {
    lock.lock();
    try {
      while (!closed && (waiting == null || trouble != null)) {
        changed.await();
      }
      VoteBatch batch = closed ? null : waiting;
      waiting = null;
      writing = batch != null;
      changed.signalAll();
      return batch;
    } finally {
      lock.unlock();
    }
  }

  private void written(VoteBatch batch, @Nullable Trouble found) {
    lock.lock();
    try {
      writing = false;
      trouble = found;
      if (found == null) {
        batch.ranges().forEach((partition, range) -> committed.put(partition, range.next()));
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Trouble write(VoteBatch batch) throws InterruptedException {
    long startNanos = System.nanoTime();
    try {
      deadLetters.send(batch.bad());
      Written written = store.write(batch);
      Duration took = Duration.ofNanos(System.nanoTime() - startNanos);
      return switch (written) {
        case Written.Committed c -> {
          committed(batch, took);
          yield null;
        }
        case Written.Fenced fenced -> new Trouble.Fenced(fenced.partitions());
        case Written.Uncountable books -> new Trouble.Uncountable(books, batch.ranges());
      };
    } catch (SQLException e) {
      limit.failed();
      return new Trouble.Failed(SqlTrouble.describe(e), SqlState.of(e));
    } catch (DeadLetters.NotDeliveredException e) {
      return new Trouble.Failed(String.valueOf(e.getMessage()), "dead-letters");
    } catch (RuntimeException | Error e) {
      return new Trouble.Broken(e);
    }
  }

  private void committed(VoteBatch batch, Duration took) {
    batch.ranges().forEach((partition, range) -> deadLetters.committed(partition, range.next()));
    VoteSums sums = batch.sums();
    limit.written(sums.bookCount(), took);
    listener.votesCounted(sums.upCount(), sums.downCount(), took);
    if (sums.bookCount() > 0) {
      onMarked.run();
    }
  }

  /** Ends the thread after the transaction that is open now; what waits is dropped. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      thread.join(STOP_TIMEOUT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package org.bookvotes.observability;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Server-sent events: one reader for all subscribers, that reads only while there are any.
 * Thread-safe. Each subscriber writes on a thread of its own; one that is slow misses readings and
 * holds up nobody.
 */
public final class EventStream implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(EventStream.class);

  /** More are turned away. */
  static final int MOST_SUBSCRIBERS = 32;

  /** From the beginning of one reading to that of the next. */
  static final Duration PERIOD = Duration.ofSeconds(1);

  /** After such a silence a subscriber is told that somebody is there: a reading may take long. */
  private static final Duration HEARTBEAT = Duration.ofSeconds(5);

  /** A subscriber that takes no byte for so long loses its place. */
  private static final Duration STUCK = Duration.ofSeconds(30);

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

  private static final String UNREADABLE =
      "{\"message\":\"this cannot be told now, the log says why\"}";

  /**
   * What is sent.
   *
   * @param event its name
   * @param complete for who has not had the reading before this one
   * @param update for who has
   */
  public record Reading(String event, String complete, String update) {}

  /** Where readings come from. Asked by one thread, never twice at once. */
  @FunctionalInterface
  public interface Source {
    /**
     * Reads anew.
     *
     * @throws Exception if it cannot be told; subscribers learn that, but not why, and the next
     *     reading is tried as usual
     */
    Reading read() throws Exception;
  }

  private final Source source;
  private final Duration period;
  private final Duration heartbeat;
  private final Duration stuck;
  private final Thread reader;
  // All below is guarded by this.
  private final Set<Subscriber> subscribers = new HashSet<>();
  // Of the latest reading; none while nobody subscribes.
  private long number;
  private @Nullable Reading latest;
  private boolean closed;

  /** Reads {@code source} each second while somebody subscribes. */
  public EventStream(Source source) {
    this(source, PERIOD, HEARTBEAT, STUCK);
  }

  EventStream(Source source, Duration period, Duration heartbeat, Duration stuck) {
    this.source = source;
    this.period = period;
    this.heartbeat = heartbeat;
    this.stuck = stuck;
    reader = Thread.ofVirtual().name("events").start(this::read);
  }

  /** A place among the subscribers; empty if all are taken, or at the end. */
  public synchronized Optional<Subscriber> subscribe() {
    if (closed || subscribers.size() == MOST_SUBSCRIBERS) {
      return Optional.empty();
    }
    Subscriber subscriber = new Subscriber();
    subscribers.add(subscriber);
    notifyAll();
    return Optional.of(subscriber);
  }

  /** How many places are taken. */
  synchronized int subscriberCount() {
    return subscribers.size();
  }

  private void read() {
    try {
      while (awaitSubscribers()) {
        long startNanos = System.nanoTime();
        publish(readOrExplain());
        endStuck();
        awaitNext(startNanos + period.toNanos());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until somebody subscribes; false at the end. */
  private synchronized boolean awaitSubscribers() throws InterruptedException {
    while (subscribers.isEmpty() && !closed) {
      // Old by the time that somebody comes.
      latest = null;
      wait();
    }
    return !closed;
  }

  private Reading readOrExplain() throws InterruptedException {
    try {
      return source.read();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      if (!isClosed()) {
        LOG.warn("/api/events cannot be answered: {}", e.toString());
      }
      return new Reading("trouble", UNREADABLE, UNREADABLE);
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized void publish(Reading reading) {
    number++;
    latest = reading;
    notifyAll();
  }

  private synchronized void awaitNext(long deadlineNanos) throws InterruptedException {
    long leftNanos = deadlineNanos - System.nanoTime();
    while (leftNanos > 0 && !closed) {
      // Zero would be forever.
      wait(Math.max(1, leftNanos / 1_000_000));
      leftNanos = deadlineNanos - System.nanoTime();
    }
  }

  private synchronized void endStuck() {
    long nowNanos = System.nanoTime();
    for (Subscriber subscriber : subscribers) {
      Thread writer = subscriber.writer;
      if (writer != null && nowNanos - subscriber.writesSinceNanos > stuck.toNanos()) {
        // Closes the connection under it.
        writer.interrupt();
      }
    }
  }

  /** Ends all streams and the reading. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    // It may hang on the database.
    reader.interrupt();
    try {
      if (!reader.join(CLOSE_TIMEOUT)) {
        LOG.debug("a reading is left behind");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A place that is given back with {@link #close}. Used by one thread. */
  public final class Subscriber implements AutoCloseable {

    // Guarded by the stream.
    private @Nullable Thread writer;
    private long writesSinceNanos;

    private long seen;

    private Subscriber() {}

    /**
     * Writes events until the stream is closed.
     *
     * @throws IOException when nobody reads them any more
     */
    public void sendTo(OutputStream out) throws IOException, InterruptedException {
      // A browser that lost the stream comes back after a second.
      write(out, "retry: 1000\n\n");
      for (Optional<String> text = next(); text.isPresent(); text = next()) {
        write(out, text.get());
      }
    }

    /** Waits for what is to be written next; empty at the end. */
    private Optional<String> next() throws InterruptedException {
      synchronized (EventStream.this) {
        long deadlineNanos = System.nanoTime() + heartbeat.toNanos();
        while (!closed && (latest == null || number == seen)) {
          long leftNanos = deadlineNanos - System.nanoTime();
          if (leftNanos <= 0) {
            return Optional.of(": nothing new\n\n");
          }
          EventStream.this.wait(Math.max(1, leftNanos / 1_000_000));
        }
        if (closed || latest == null) {
          return Optional.empty();
        }
        boolean follows = seen > 0 && number == seen + 1;
        seen = number;
        return Optional.of(event(latest.event(), follows ? latest.update() : latest.complete()));
      }
    }

    private static String event(String name, String text) {
      return "event: " + name + "\ndata: " + text.replace("\n", "\ndata: ") + "\n\n";
    }

    private void write(OutputStream out, String text) throws IOException {
      synchronized (EventStream.this) {
        writer = Thread.currentThread();
        writesSinceNanos = System.nanoTime();
      }
      try {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
      } finally {
        synchronized (EventStream.this) {
          writer = null;
        }
      }
    }

    @Override
    public void close() {
      synchronized (EventStream.this) {
        subscribers.remove(this);
      }
    }
  }
}

package org.bookvotes.chaos;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Looks more than 20 times a second which background workers of Bookvotes run and who holds which
 * slot, as long as the server lets it. Thread-safe.
 */
final class Sampler implements AutoCloseable {

  private static final Duration PAUSE = Duration.ofMillis(15);
  private static final String LOOK = Sql.of("sample.sql");
  private static final int FIRST_SLOT = 1;

  private final Stack stack;
  private final Ticker ticker;
  // Owned by the ticker's thread.
  private @Nullable Connection connection;
  private @Nullable Statement statement;

  // Guarded by this.
  private @Nullable Instant lastSample;
  private long sampleCount;
  private Duration sampled = Duration.ZERO;
  private Duration longestGap = Duration.ZERO;
  private int mostWorkers;
  private int mostInOneSlot;
  private long lastDeadlocks;
  private long deadlockCount;
  private final Set<String> namesSeen = new TreeSet<>();
  private final Map<String, Instant> firstSlotHeld = new HashMap<>();

  Sampler(Stack stack) {
    this.stack = stack;
    this.ticker = Ticker.withPause("sampler", PAUSE, this::look);
  }

  private void look() {
    try {
      if (statement == null) {
        connection = stack.connect();
        statement = connection.createStatement();
      }
      try (ResultSet rows = statement.executeQuery(LOOK)) {
        note(rows, Instant.now());
      }
    } catch (SQLException e) {
      disconnect();
      synchronized (this) {
        lastSample = null; // The server was away: that is no gap of ours.
      }
    }
  }

  private synchronized void note(ResultSet rows, Instant now) throws SQLException {
    Map<String, Integer> workers = new HashMap<>();
    while (rows.next()) {
      String name = rows.getString("name");
      switch (rows.getString("kind")) {
        case "worker" -> workers.merge(name, 1, Integer::sum);
        case "slot" -> {
          if (Integer.parseInt(name) == FIRST_SLOT) {
            firstSlotHeld.put(String.valueOf(rows.getString("address")), now);
          }
        }
        default -> noteDeadlocks(rows.getLong("count"));
      }
    }
    if (lastSample != null) {
      Duration gap = Duration.between(lastSample, now);
      sampled = sampled.plus(gap);
      longestGap = gap.compareTo(longestGap) > 0 ? gap : longestGap;
    }
    lastSample = now;
    sampleCount++;
    namesSeen.addAll(workers.keySet());
    mostWorkers =
        Math.max(mostWorkers, workers.values().stream().mapToInt(Integer::intValue).sum());
    workers.forEach(
        (name, count) -> {
          if (!name.isEmpty()) {
            mostInOneSlot = Math.max(mostInOneSlot, count);
          }
        });
  }

  /** A crash of the server sets its count back. */
  private void noteDeadlocks(long now) {
    deadlockCount += Math.max(0, now < lastDeadlocks ? now : now - lastDeadlocks);
    lastDeadlocks = now;
  }

  private void disconnect() {
    try {
      if (connection != null) {
        connection.close();
      }
    } catch (SQLException e) {
      // It was broken already.
    }
    connection = null;
    statement = null;
  }

  /** Looks that the server answered. */
  synchronized long sampleCount() {
    return sampleCount;
  }

  /** Looks a second, while the server was there. */
  synchronized double samplesPerSecond() {
    return sampleCount * 1000.0 / Math.max(1, sampled.toMillis());
  }

  /** Longest time without a look while the server was there. */
  synchronized Duration longestGap() {
    return longestGap;
  }

  /** Most workers at once. */
  synchronized int mostWorkers() {
    return mostWorkers;
  }

  /** Most workers of one slot at once. */
  synchronized int mostInOneSlot() {
    return mostInOneSlot;
  }

  /** Deadlocks that the server has resolved, whether or not anybody logged them. */
  synchronized long deadlockCount() {
    return deadlockCount;
  }

  /** Whether slot 1 was held from this address at the last look. */
  synchronized boolean holdsFirstSlot(String address) {
    return lastSample != null && lastSample.equals(firstSlotHeld.get(address));
  }

  /** When slot 1 was seen to be held from another address last; null if never. */
  synchronized @Nullable Instant othersHeldFirstSlotAt(String address) {
    return firstSlotHeld.entrySet().stream()
        .filter(held -> !held.getKey().equals(address))
        .map(Map.Entry::getValue)
        .max(Instant::compareTo)
        .orElse(null);
  }

  /** Names of the workers seen since the last call. */
  synchronized Set<String> takeNamesSeen() {
    Set<String> seen = new TreeSet<>(namesSeen);
    namesSeen.clear();
    return seen;
  }

  @Override
  public void close() {
    ticker.close();
    disconnect();
  }
}

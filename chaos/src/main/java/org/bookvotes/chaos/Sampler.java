package org.bookvotes.chaos;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Looks 20 times a second which background workers of Bookvotes run and who holds which slot, as
 * long as the server lets it. Thread-safe.
 */
final class Sampler implements AutoCloseable {

  private static final Duration INTERVAL = Duration.ofMillis(50);

  /** First key of the advisory locks of the slots. */
  private static final int SLOT_LOCK_CLASS = 0x626F6F6B;

  // A worker bears no name for the first moments of its life: then it counts as ours as well.
  private static final String LOOK =
      """
      SELECT 'worker' AS kind, a.application_name AS name, a.pid, NULL AS address
      FROM pg_stat_activity a
      WHERE a.backend_type = 'pg_background' AND a.datname = 'bookstore'
      UNION ALL
      SELECT 'slot', l.objid::text, a.pid, host(a.client_addr)
      FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND l.classid = %d AND l.granted
      """
          .formatted(SLOT_LOCK_CLASS);

  private final Stack stack;
  private final Ticker ticker;
  // Owned by the ticker's thread.
  private @Nullable Connection connection;
  private @Nullable Statement statement;

  // Guarded by this.
  private long sampleCount;
  private long missedCount;
  private int mostWorkers;
  private int mostInOneSlot;
  private final Set<String> namesSeen = new TreeSet<>();
  private Map<Integer, String> slotHolders = Map.of();

  Sampler(Stack stack) {
    this.stack = stack;
    this.ticker = new Ticker("sampler", INTERVAL, this::look);
  }

  private void look() {
    try {
      if (connection == null) {
        connection = stack.connect();
        statement = connection.createStatement();
        statement.setQueryTimeout(2);
      }
      if (statement != null) {
        try (ResultSet rows = statement.executeQuery(LOOK)) {
          note(rows);
        }
      }
    } catch (SQLException e) {
      disconnect();
      synchronized (this) {
        missedCount++;
      }
    }
  }

  private synchronized void note(ResultSet rows) throws SQLException {
    Map<String, Integer> workers = new HashMap<>();
    Map<Integer, String> holders = new HashMap<>();
    while (rows.next()) {
      String name = rows.getString("name");
      if (rows.getString("kind").equals("worker")) {
        workers.merge(name, 1, Integer::sum);
      } else {
        holders.put(Integer.valueOf(name), String.valueOf(rows.getString("address")));
      }
    }
    sampleCount++;
    slotHolders = holders;
    namesSeen.addAll(workers.keySet());
    mostWorkers =
        Math.max(mostWorkers, workers.values().stream().mapToInt(Integer::intValue).sum());
    workers.forEach(
        (name, count) ->
            mostInOneSlot = name.isEmpty() ? mostInOneSlot : Math.max(mostInOneSlot, count));
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

  /** Looks that came to nothing because the server was away. */
  synchronized long missedCount() {
    return missedCount;
  }

  /** Most workers at once. */
  synchronized int mostWorkers() {
    return mostWorkers;
  }

  /** Most workers of one slot at once. */
  synchronized int mostInOneSlot() {
    return mostInOneSlot;
  }

  /** Who holds which slot, at the last look: addresses in the stack's network. */
  synchronized Map<Integer, String> slotHolders() {
    return slotHolders;
  }

  /** Names of the workers seen since the last call. */
  synchronized Set<String> namesSeen() {
    Set<String> seen = new HashSet<>(namesSeen);
    namesSeen.clear();
    return seen;
  }

  @Override
  public void close() {
    ticker.close();
    disconnect();
  }
}

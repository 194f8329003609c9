package org.bookvotes.chaos;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Counts again and again what the replica that is never restarted holds of things that can leak.
 * Thread-safe.
 */
final class ResourceWatch implements AutoCloseable {

  private static final Duration PAUSE = Duration.ofSeconds(10);
  private static final int FEWEST = 6;

  /**
   * Beside one for each slot: ingest, dispatch, a vacuum's bookkeeping, the journal, and who asks.
   */
  private static final int MOST_CONNECTIONS = Stack.WORKER_SLOTS + 7;

  private final Stack stack;
  private final Container replica;
  private final Ticker ticker;
  // Guarded by this.
  private final List<Resources> counts = new ArrayList<>();

  ResourceWatch(Stack stack) {
    this.stack = stack;
    this.replica = stack.replica(1);
    this.ticker = Ticker.withPause("resources", PAUSE, this::count);
  }

  private void count() {
    try {
      Resources now = Resources.of(stack, replica);
      synchronized (this) {
        counts.add(now);
      }
    } catch (SQLException e) {
      return; // The server is away: the next time.
    }
  }

  /** A check for each number that must not grow. */
  synchronized List<Check> checks() {
    return List.of(
        grown("threads of replica-1", Resources::threads, 4),
        grown("file handles of replica-1", Resources::files, 8),
        Check.of(
            "connections of replica-1",
            counts.stream().allMatch(count -> count.connections() <= MOST_CONNECTIONS),
            "at most " + MOST_CONNECTIONS,
            Integer.toString(counts.stream().mapToInt(Resources::connections).max().orElse(0))));
  }

  /** The medians of the second sixth, when it is warm, and of the last. */
  private Check grown(String name, ToIntFunction<Resources> number, int tolerance) {
    int part = counts.size() / FEWEST;
    if (part == 0) {
      return Check.of(name, true, "any", "not measured: too short a run to tell");
    }
    int before = median(counts.subList(part, 2 * part), number);
    int after = median(counts.subList(counts.size() - part, counts.size()), number);
    return Check.of(
        name,
        after <= before + tolerance && before > 0,
        "at most " + (before + tolerance),
        after + " at the end, " + before + " at first, " + counts.size() + " counts");
  }

  private static int median(List<Resources> some, ToIntFunction<Resources> number) {
    return some.stream().mapToInt(number).sorted().skip(some.size() / 2).findFirst().orElse(0);
  }

  @Override
  public void close() {
    ticker.close();
  }
}

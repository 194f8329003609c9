package org.bookvotes.observability;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What one replica has done since its start, for people. Thread-safe. */
public final class ReplicaStatus implements ProcessorListener {

  private static final int RUNS_KEPT = 50;
  private static final Duration RATE_WINDOW = Duration.ofSeconds(10);

  // Everything below is guarded by this.
  private long up;
  private long down;
  private long recalculatedBooks;
  private long fallbackBooks;
  private boolean degraded;
  private long failedBatches;
  private long removedRows;
  private final Map<String, Long> deadLetters = new TreeMap<>();
  private final Map<String, Long> retries = new TreeMap<>();
  private final Map<String, Map<String, Long>> launches = new TreeMap<>();
  private final Map<String, String> blockedVacuums = new TreeMap<>();
  private final Deque<EndedRun> runs = new ArrayDeque<>();
  private final Deque<Counted> counted = new ArrayDeque<>();
  private final Freshness freshness = new Freshness();

  private record Counted(long atNanos, long votes) {}

  /** A run and when it ended. */
  public record EndedRun(
      Instant endedAt,
      String command,
      int slot,
      int pid,
      String outcome,
      @Nullable String sqlState,
      @Nullable String message,
      double seconds,
      long books) {}

  /** Time from mark to fresh rating, in seconds; null before the first book. */
  public record FreshnessSummary(
      long books, @Nullable Double p50Seconds, @Nullable Double p99Seconds) {}

  /**
   * One reading.
   *
   * @param votesPerSecond over the last ten seconds
   * @param fallbackBooks those of the recalculated books that were recalculated without a worker
   * @param degraded whether that goes on, as no worker is to be had
   * @param launches by command and outcome
   * @param launchRetries by SQLSTATE
   * @param blockedVacuums cause by table
   * @param recentRuns the newest first
   */
  public record Snapshot(
      long votesUp,
      long votesDown,
      double votesPerSecond,
      long failedBatches,
      Map<String, Long> deadLetters,
      long recalculatedBooks,
      long fallbackBooks,
      boolean degraded,
      FreshnessSummary freshness,
      Map<String, Map<String, Long>> launches,
      Map<String, Long> launchRetries,
      long vacuumRemovedRows,
      Map<String, String> blockedVacuums,
      List<EndedRun> recentRuns) {}

  /** How it stands now. */
  public synchronized Snapshot snapshot() {
    Map<String, Map<String, Long>> launchesCopy = new TreeMap<>();
    launches.forEach((command, outcomes) -> launchesCopy.put(command, new TreeMap<>(outcomes)));
    return new Snapshot(
        up,
        down,
        votesPerSecond(),
        failedBatches,
        new TreeMap<>(deadLetters),
        recalculatedBooks,
        fallbackBooks,
        degraded,
        new FreshnessSummary(
            freshness.count(),
            finite(freshness.quantileSeconds(0.5)),
            finite(freshness.quantileSeconds(0.99))),
        launchesCopy,
        new TreeMap<>(retries),
        removedRows,
        new TreeMap<>(blockedVacuums),
        new ArrayList<>(runs));
  }

  private static @Nullable Double finite(double value) {
    return Double.isNaN(value) ? null : value;
  }

  private double votesPerSecond() {
    forgetOld();
    return counted.stream().mapToLong(Counted::votes).sum() / (double) RATE_WINDOW.toSeconds();
  }

  private void forgetOld() {
    long oldest = System.nanoTime() - RATE_WINDOW.toNanos();
    while (!counted.isEmpty() && counted.getFirst().atNanos() - oldest < 0) {
      counted.removeFirst();
    }
  }

  @Override
  public synchronized void votesCounted(long upCount, long downCount, Duration took) {
    up += upCount;
    down += downCount;
    forgetOld();
    counted.addLast(new Counted(System.nanoTime(), upCount + downCount));
  }

  @Override
  public synchronized void batchFailed(String sqlState) {
    failedBatches++;
  }

  @Override
  public synchronized void deadLettered(String reason) {
    deadLetters.merge(reason, 1L, Long::sum);
  }

  @Override
  public synchronized void launchRetried(String sqlState) {
    retries.merge(sqlState, 1L, Long::sum);
  }

  @Override
  public synchronized void runEnded(Run run) {
    launches
        .computeIfAbsent(run.command(), command -> new TreeMap<>())
        .merge(run.outcome(), 1L, Long::sum);
    runs.addFirst(
        new EndedRun(
            Instant.now(),
            run.command(),
            run.slot(),
            run.pid(),
            run.outcome(),
            run.sqlState(),
            run.message(),
            run.took().toNanos() / 1e9,
            run.books()));
    if (runs.size() > RUNS_KEPT) {
      runs.removeLast();
    }
  }

  @Override
  public synchronized void booksRecalculated(long books, long[] counts, double[] seconds) {
    recalculatedBooks += books;
    freshness.add(counts);
  }

  @Override
  public synchronized void recalculatedWithoutWorker(long books) {
    fallbackBooks += books;
  }

  @Override
  public synchronized void degraded(boolean begins) {
    degraded = begins;
  }

  @Override
  public synchronized void vacuumRemoved(long rows) {
    removedRows += rows;
  }

  @Override
  public synchronized void vacuumBlocked(String table, @Nullable Blocker blocker) {
    if (blocker == null) {
      blockedVacuums.remove(table);
    } else {
      blockedVacuums.put(table, blocker.cause());
    }
  }
}

package org.bookvotes.testing;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.bookvotes.observability.ProcessorListener;
import org.jspecify.annotations.Nullable;

/** Keeps what it is told. Thread-safe. */
public final class RecordingListener implements ProcessorListener {

  private final List<Run> runs = new CopyOnWriteArrayList<>();
  private final List<String> retries = new CopyOnWriteArrayList<>();
  private final List<Integer> acquired = new CopyOnWriteArrayList<>();
  private final List<Long> withoutWorker = new CopyOnWriteArrayList<>();
  private final List<Boolean> degraded = new CopyOnWriteArrayList<>();
  private final Map<String, Optional<String>> blocked = new ConcurrentHashMap<>();
  private final AtomicLong recalculated = new AtomicLong();
  private final AtomicLong removed = new AtomicLong();
  private final AtomicLong measured = new AtomicLong();

  @Override
  public void runEnded(Run run) {
    runs.add(run);
  }

  @Override
  public void launchRetried(String sqlState) {
    retries.add(sqlState);
  }

  @Override
  public void slotAcquired(int slot, java.time.Duration waited) {
    acquired.add(slot);
  }

  @Override
  public void booksRecalculated(long books, long[] counts, double[] seconds) {
    recalculated.addAndGet(books);
  }

  @Override
  public void recalculatedWithoutWorker(long books) {
    withoutWorker.add(books);
  }

  @Override
  public void degraded(boolean begins) {
    degraded.add(begins);
  }

  @Override
  public void backlogMeasured(long books, long failing, java.time.Duration oldest) {
    measured.incrementAndGet();
  }

  @Override
  public void vacuumRemoved(long rows) {
    removed.addAndGet(rows);
  }

  @Override
  public void vacuumBlocked(String table, @Nullable Blocker blocker) {
    blocked.put(table, Optional.ofNullable(blocker).map(Blocker::cause));
  }

  /** Runs that have ended, in order. */
  public List<Run> runs() {
    return List.copyOf(runs);
  }

  /** Runs of {@code command} that have ended with {@code outcome}, in order. */
  public List<Run> runs(String command, String outcome) {
    return runs.stream()
        .filter(run -> run.command().equals(command) && run.outcome().equals(outcome))
        .toList();
  }

  /** SQLSTATEs of the launches that were tried again. */
  public List<String> retries() {
    return List.copyOf(retries);
  }

  /** Slots that were acquired for recalculation, in order. */
  public List<Integer> acquired() {
    return List.copyOf(acquired);
  }

  /** Books recalculated. */
  public long recalculated() {
    return recalculated.get();
  }

  /** Books of each batch that was recalculated without a worker, in order. */
  public List<Long> withoutWorker() {
    return List.copyOf(withoutWorker);
  }

  /** True for each time this replica was degraded, false for each end of that, in order. */
  public List<Boolean> degraded() {
    return List.copyOf(degraded);
  }

  /** Rows that vacuums removed. */
  public long removed() {
    return removed.get();
  }

  /** How often the backlog was looked at. */
  public long measured() {
    return measured.get();
  }

  /** Why the last vacuum of {@code table} removed nothing; empty if it did, or was never judged. */
  public Optional<String> blocked(String table) {
    return blocked.getOrDefault(table, Optional.empty());
  }
}

package org.bookvotes.observability;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells several listeners; what one of them throws is logged and reaches nobody else. Immutable,
 * thread-safe.
 */
public final class Listeners implements ProcessorListener {

  private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);

  private final List<ProcessorListener> listeners;

  public Listeners(ProcessorListener... listeners) {
    this.listeners = List.of(listeners);
  }

  private void tell(Consumer<ProcessorListener> event) {
    for (ProcessorListener listener : listeners) {
      try {
        event.accept(listener);
      } catch (RuntimeException e) {
        LOG.error("a listener failed, the work goes on: {}", listener.getClass().getName(), e);
      }
    }
  }

  @Override
  public void votesCounted(long up, long down, Duration took) {
    tell(l -> l.votesCounted(up, down, took));
  }

  @Override
  public void batchFailed(String sqlState) {
    tell(l -> l.batchFailed(sqlState));
  }

  @Override
  public void deadLettered(String reason) {
    tell(l -> l.deadLettered(reason));
  }

  @Override
  public void backlogMeasured(long books, long failing, Duration oldest) {
    tell(l -> l.backlogMeasured(books, failing, oldest));
  }

  @Override
  public void slotAcquired(int slot, Duration waited) {
    tell(l -> l.slotAcquired(slot, waited));
  }

  @Override
  public void launchRetried(String sqlState) {
    tell(l -> l.launchRetried(sqlState));
  }

  @Override
  public void runEnded(Run run) {
    tell(l -> l.runEnded(run));
  }

  @Override
  public void booksRecalculated(long books, long[] counts, double[] seconds) {
    tell(l -> l.booksRecalculated(books, counts, seconds));
  }

  @Override
  public void recalculatedWithoutWorker(long books) {
    tell(l -> l.recalculatedWithoutWorker(books));
  }

  @Override
  public void degraded(boolean begins) {
    tell(l -> l.degraded(begins));
  }

  @Override
  public void vacuumRemoved(long rows) {
    tell(l -> l.vacuumRemoved(rows));
  }

  @Override
  public void vacuumBlocked(String table, @Nullable Blocker blocker) {
    tell(l -> l.vacuumBlocked(table, blocker));
  }

  @Override
  public void tablesMeasured(List<Table> tables) {
    tell(l -> l.tablesMeasured(tables));
  }

  @Override
  public void workersMeasured(List<SlotState> slots, int ours, int others, int free) {
    tell(l -> l.workersMeasured(slots, ours, others, free));
  }

  @Override
  public void lagMeasured(Map<Integer, Long> events) {
    tell(l -> l.lagMeasured(events));
  }

  @Override
  public void readinessChecked(boolean database, boolean schema, boolean assignment) {
    tell(l -> l.readinessChecked(database, schema, assignment));
  }
}

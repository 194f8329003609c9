package org.bookvotes.observability;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.ToDoubleFunction;
import org.bookvotes.observability.ProcessorListener.Blocker;
import org.bookvotes.observability.ProcessorListener.Table;
import org.bookvotes.observability.ProcessorListener.TableSize;
import org.jspecify.annotations.Nullable;

/**
 * The meters of the tables and their vacuums. Thread-safe. Those of a table begin when it has first
 * been looked at: a counter of the server's that began at zero would seem to have jumped.
 */
final class TableMeters {

  private static final List<String> CAUSES =
      List.of(
          "snapshot",
          "prepared-transaction",
          "replication-slot",
          "standby",
          "permission",
          "lock",
          "unknown");

  private final MeterRegistry registry;
  private final Counter removedRows;
  private final MultiGauge blockers;
  // By table. The registry holds these references only weakly.
  private final Map<String, AtomicReference<Table>> tables = new ConcurrentHashMap<>();
  private final Map<String, AtomicReference<TableSize>> sizes = new ConcurrentHashMap<>();
  private final Map<String, Blocked> blocked = new ConcurrentHashMap<>();

  /** Since when, by nanoTime, the blocker has been there; null if that cannot be told. */
  private record Blocked(String cause, String holder, @Nullable Long sinceNanos) {
    static Blocked by(Blocker blocker) {
      return new Blocked(
          blocker.cause(),
          blocker.holder(),
          blocker.held() == null ? null : System.nanoTime() - blocker.held().toNanos());
    }

    double seconds() {
      return sinceNanos == null ? 0 : (System.nanoTime() - sinceNanos) / 1e9;
    }
  }

  TableMeters(MeterRegistry registry) {
    this.registry = registry;
    removedRows =
        Counter.builder("bookvotes.vacuum.removed.rows")
            .description("Dead rows that our vacuums removed, by the server's statistics")
            .register(registry);
    for (String cause : CAUSES) {
      Gauge.builder(
              "bookvotes.vacuum.blocked",
              () -> blocked.values().stream().filter(b -> b.cause().equals(cause)).count())
          .description("Tables whose last vacuum removed nothing, by cause")
          .tag("cause", cause)
          .register(registry);
    }
    blockers =
        MultiGauge.builder("bookvotes.vacuum.blocker")
            .baseUnit("seconds")
            .description("For how long the holder has kept vacuums from removing rows")
            .register(registry);
  }

  void removed(long rows) {
    removedRows.increment((double) rows);
  }

  /** Only what blocks now is shown: holders come and go, and their names with them. */
  synchronized void blocked(String table, @Nullable Blocker blocker) {
    if (blocker == null) {
      blocked.remove(table);
    } else {
      blocked.put(table, Blocked.by(blocker));
    }
    blockers.register(
        blocked.entrySet().stream()
            .map(
                b ->
                    MultiGauge.Row.of(
                        Tags.of(
                            "table", b.getKey(),
                            "cause", b.getValue().cause(),
                            "holder", b.getValue().holder()),
                        b.getValue(),
                        Blocked::seconds))
            .toList(),
        true);
  }

  /** Called by one thread. */
  void measured(List<Table> measured) {
    for (Table table : measured) {
      show(tables, table.name(), table, this::register);
      if (table.size() != null) {
        show(sizes, table.name(), table.size(), this::registerSize);
      }
    }
  }

  private static <T> void show(
      Map<String, AtomicReference<T>> latest,
      String table,
      T now,
      BiConsumer<String, AtomicReference<T>> register) {
    AtomicReference<T> known = latest.get(table);
    if (known != null) {
      known.set(now);
    } else {
      AtomicReference<T> first = new AtomicReference<>(now);
      latest.put(table, first);
      register.accept(table, first);
    }
  }

  private void register(String name, AtomicReference<Table> table) {
    Gauge.builder("bookvotes.table.dead.rows", table, t -> t.get().deadRows())
        .description("Dead rows that a vacuum may remove, by the server's statistics")
        .tag("table", name)
        .register(registry);
    FunctionCounter.builder("bookvotes.table.updates", table, t -> t.get().updates())
        .description("Updated rows, by the server's statistics")
        .tag("table", name)
        .register(registry);
    FunctionCounter.builder("bookvotes.table.hot.updates", table, t -> t.get().hotUpdates())
        .description("Rows whose update touched no index, by the server's statistics")
        .tag("table", name)
        .register(registry);
  }

  private void registerSize(String table, AtomicReference<TableSize> size) {
    bytes(table, "heap", size, TableSize::heapBytes);
    bytes(table, "toast", size, TableSize::toastBytes);
    bytes(table, "index", size, TableSize::indexBytes);
  }

  private void bytes(
      String table,
      String part,
      AtomicReference<TableSize> size,
      ToDoubleFunction<TableSize> read) {
    Gauge.builder("bookvotes.table", size, s -> read.applyAsDouble(s.get()))
        .baseUnit("bytes")
        .description("Size on disk of rows, of what they keep out of line, and of indexes")
        .tag("table", table)
        .tag("part", part)
        .register(registry);
  }
}

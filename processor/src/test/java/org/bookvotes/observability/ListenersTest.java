package org.bookvotes.observability;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bookvotes.observability.ProcessorListener.Blocker;
import org.bookvotes.observability.ProcessorListener.SlotState;
import org.bookvotes.observability.ProcessorListener.Table;
import org.bookvotes.observability.ProcessorListener.TableSize;
import org.junit.jupiter.api.Test;

class ListenersTest {

  private static ProcessorListener recording(List<String> events) {
    return (ProcessorListener)
        Proxy.newProxyInstance(
            ProcessorListener.class.getClassLoader(),
            new Class<?>[] {ProcessorListener.class},
            (proxy, method, args) -> {
              events.add(method.getName());
              return null;
            });
  }

  private static final ProcessorListener FAILING =
      (ProcessorListener)
          Proxy.newProxyInstance(
              ProcessorListener.class.getClassLoader(),
              new Class<?>[] {ProcessorListener.class},
              (proxy, method, args) -> {
                throw new IllegalStateException("a listener that is broken");
              });

  @Test
  void passesEveryEventOnThoughAListenerFails()
      throws IllegalAccessException, InvocationTargetException {
    List<String> events = new ArrayList<>();
    Listeners listeners = new Listeners(FAILING, recording(events));

    List<String> called = new ArrayList<>();
    for (Method event : ProcessorListener.class.getMethods()) {
      event.invoke(
          listeners, Arrays.stream(event.getParameterTypes()).map(ListenersTest::any).toArray());
      called.add(event.getName());
    }

    assertThat(events).isNotEmpty().containsExactlyElementsOf(called);
  }

  private static Object any(Class<?> type) {
    if (type == long.class) {
      return 1L;
    } else if (type == boolean.class) {
      return true;
    } else if (type == int.class) {
      return 1;
    } else if (type == String.class) {
      return "x";
    } else if (type == Duration.class) {
      return Duration.ofMillis(5);
    } else if (type == long[].class) {
      return new long[0];
    } else if (type == double[].class) {
      return new double[0];
    } else if (type == List.class) {
      return List.of();
    } else if (type == Map.class) {
      return Map.of();
    } else if (type == Blocker.class) {
      return new Blocker("snapshot", "x", null);
    }
    return new ProcessorListener.Run(
        "recalculate",
        null,
        1,
        2,
        "completed",
        null,
        null,
        Duration.ofMillis(3),
        4,
        1,
        null,
        null,
        null);
  }

  @Test
  void hasEveryMeterFromTheStart() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    MicrometerListener listener = new MicrometerListener(registry);
    assertThat(listener).isNotNull();

    assertThat(registry.scrape())
        .contains(
            "bookvotes_votes_total{vote=\"UP\"} 0.0",
            "bookvotes_votes_total{vote=\"DOWN\"} 0.0",
            "bookvotes_dead_letters_total{reason=\"malformed\"} 0.0",
            "bookvotes_dead_letters_total{reason=\"unknown-book\"} 0.0",
            "bookvotes_ingest_batch_seconds_count 0",
            "bookvotes_ingest_failures_total{sqlstate=\"08006\"} 0.0",
            "bookvotes_ingest_failures_total{sqlstate=\"dead-letters\"} 0.0",
            "bookvotes_ready{check=\"database\"} 0.0",
            "bookvotes_ready{check=\"schema\"} 0.0",
            "bookvotes_ready{check=\"assignment\"} 0.0",
            "bookvotes_stale_books 0.0",
            "bookvotes_failing_books 0.0",
            "bookvotes_oldest_stale_seconds 0.0",
            // The objective: alerts and dashboards look at this bucket.
            "bookvotes_freshness_seconds_bucket{le=\"5.0\"} 0",
            "bookvotes_recalculated_books_total 0.0",
            "bookvotes_fallback_books_total 0.0",
            "bookvotes_degraded 0.0",
            "bookvotes_worker_slots{state=\"busy\"} 0.0",
            "bookvotes_worker_slots{state=\"free\"} 0.0",
            "bookvotes_worker_slot_wait_seconds_count 0",
            "bookvotes_worker_launches_total{command=\"recalculate\",outcome=\"completed\"} 0.0",
            "bookvotes_worker_launches_total{command=\"vacuum\",outcome=\"exhausted\"} 0.0",
            "bookvotes_worker_launches_total{command=\"recalculate\",outcome=\"fallback\"} 0.0",
            "bookvotes_worker_launch_retries_total{sqlstate=\"53000\"} 0.0",
            "bookvotes_worker_run_seconds_count{command=\"vacuum\"} 0",
            "bookvotes_vacuum_removed_rows_total 0.0",
            "bookvotes_vacuum_blocked{cause=\"snapshot\"} 0.0",
            "bookvotes_background_pool{state=\"ours\"} 0.0",
            "bookvotes_background_pool{state=\"others\"} 0.0",
            "bookvotes_background_pool{state=\"free\"} 0.0");
  }

  @Test
  void countsWhatItIsTold() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    MicrometerListener listener = new MicrometerListener(registry);
    long[] counts = new long[Freshness.boundsSeconds().length + 1];
    double[] seconds = new double[counts.length];
    counts[1] = 4; // up to 0.1 s
    seconds[1] = 0.32;
    counts[5] = 1; // up to 1 s
    seconds[5] = 0.9;

    listener.votesCounted(3, 2, Duration.ofMillis(10));
    listener.booksRecalculated(5, counts, seconds);
    listener.runEnded(
        new ProcessorListener.Run(
            "vacuum",
            "books",
            4,
            7,
            "failed",
            "57014",
            "no",
            Duration.ofSeconds(2),
            0,
            0,
            null,
            null,
            null));
    listener.recalculatedWithoutWorker(2);
    listener.degraded(true);
    listener.backlogMeasured(7, 2, Duration.ofSeconds(3));
    listener.workersMeasured(
        List.of(
            SlotState.RECALCULATES,
            SlotState.VACUUMS,
            SlotState.HELD,
            SlotState.ORPHANED,
            SlotState.FREE),
        1,
        2,
        5);
    listener.readinessChecked(true, true, false);

    assertThat(registry.scrape())
        .contains(
            "bookvotes_votes_total{vote=\"UP\"} 3.0",
            "bookvotes_votes_total{vote=\"DOWN\"} 2.0",
            "bookvotes_recalculated_books_total 5.0",
            "bookvotes_fallback_books_total 2.0",
            "bookvotes_degraded 1.0",
            "bookvotes_freshness_seconds_bucket{le=\"0.05\"} 0",
            "bookvotes_freshness_seconds_bucket{le=\"0.1\"} 4",
            "bookvotes_freshness_seconds_bucket{le=\"1.0\"} 5",
            "bookvotes_freshness_seconds_sum 1.22",
            "bookvotes_worker_launches_total{command=\"vacuum\",outcome=\"failed\"} 1.0",
            "bookvotes_stale_books 7.0",
            "bookvotes_failing_books 2.0",
            "bookvotes_oldest_stale_seconds 3.0",
            "bookvotes_worker_slots{state=\"free\"} 1.0",
            "bookvotes_worker_slots{state=\"busy\"} 4.0",
            "bookvotes_worker_slot_state{slot=\"1\"} 1.0",
            "bookvotes_worker_slot_state{slot=\"2\"} 2.0",
            "bookvotes_worker_slot_state{slot=\"3\"} 3.0",
            "bookvotes_worker_slot_state{slot=\"4\"} 4.0",
            "bookvotes_worker_slot_state{slot=\"5\"} 0.0",
            "bookvotes_ready{check=\"database\"} 1.0",
            "bookvotes_ready{check=\"schema\"} 1.0",
            "bookvotes_ready{check=\"assignment\"} 0.0",
            "bookvotes_background_pool{state=\"others\"} 2.0");

    listener.degraded(false);
    assertThat(registry.scrape()).contains("bookvotes_degraded 0.0");
  }

  @Test
  void namesWhoBlocksAVacuumOnlyWhileItDoes() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    MicrometerListener listener = new MicrometerListener(registry);
    listener.vacuumBlocked("books", new Blocker("snapshot", "pid 7", Duration.ofHours(2)));
    listener.vacuumBlocked("marks", new Blocker("lock", "somebody", null));
    listener.vacuumBlocked("marks", new Blocker("replication-slot", "slot \"s\"\n", null));

    assertThat(registry.scrape())
        .contains(
            "bookvotes_vacuum_blocked{cause=\"snapshot\"} 1.0",
            "bookvotes_vacuum_blocked{cause=\"lock\"} 0.0",
            "bookvotes_vacuum_blocker_seconds{cause=\"snapshot\",holder=\"pid 7\",table=\"books\"} 7200.",
            "bookvotes_vacuum_blocker_seconds{cause=\"replication-slot\",holder=\"slot \\\"s\\\"\\n\",table=\"marks\"} 0.0")
        .doesNotContain("somebody");

    listener.vacuumBlocked("books", null);
    listener.vacuumBlocked("marks", null);
    assertThat(registry.scrape())
        .contains("bookvotes_vacuum_blocked{cause=\"snapshot\"} 0.0")
        .doesNotContain("bookvotes_vacuum_blocker_seconds{");
  }

  @Test
  void tellsOfTablesWhatWasMeasuredLast() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    MicrometerListener listener = new MicrometerListener(registry);
    // A counter that began at 0 would seem to jump when the server's is first read.
    assertThat(registry.scrape()).doesNotContain("bookvotes_table_");

    listener.tablesMeasured(List.of(new Table("books", 1, 1_000, 900, null)));
    assertThat(registry.scrape())
        .contains("bookvotes_table_updates_total{table=\"books\"} 1000.0")
        .doesNotContain("bookvotes_table_bytes");

    listener.tablesMeasured(
        List.of(new Table("books", 5, 2_000, 1_800, new TableSize(8192, 0, 16_384))));
    listener.tablesMeasured(List.of(new Table("books", 6, 2_001, 1_801, null)));
    assertThat(registry.scrape())
        .contains(
            "bookvotes_table_dead_rows{table=\"books\"} 6.0",
            "bookvotes_table_updates_total{table=\"books\"} 2001.0",
            "bookvotes_table_hot_updates_total{table=\"books\"} 1801.0",
            "bookvotes_table_bytes{part=\"heap\",table=\"books\"} 8192.0",
            "bookvotes_table_bytes{part=\"toast\",table=\"books\"} 0.0",
            "bookvotes_table_bytes{part=\"index\",table=\"books\"} 16384.0");
  }

  @Test
  void tellsTheLagOfThePartitionsThatItHasNow() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    MicrometerListener listener = new MicrometerListener(registry);
    listener.lagMeasured(Map.of(0, 12L, 1, 0L));
    listener.lagMeasured(Map.of(1, 3L));

    assertThat(registry.scrape())
        .contains("bookvotes_partition_lag_events{partition=\"1\"} 3.0")
        .doesNotContain("partition=\"0\"");
  }
}

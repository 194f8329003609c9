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
    }
    return new ProcessorListener.Run(
        "recalculate", null, 1, 2, "completed", null, null, Duration.ofMillis(3), 4, 1, null);
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
            "bookvotes_stale_books 0.0",
            "bookvotes_oldest_stale_seconds 0.0",
            "bookvotes_freshness_seconds_bucket{le=\"1.0\"} 0",
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
            "vacuum", "books", 4, 7, "failed", "57014", "no", Duration.ofSeconds(2), 0, 0, null));
    listener.recalculatedWithoutWorker(2);
    listener.degraded(true);
    listener.vacuumBlocked("books", "snapshot");
    listener.workersMeasured(1, 4, 1, 2, 5);

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
            "bookvotes_vacuum_blocked{cause=\"snapshot\"} 1.0",
            "bookvotes_worker_slots{state=\"free\"} 3.0",
            "bookvotes_background_pool{state=\"others\"} 2.0");

    listener.vacuumBlocked("books", null);
    listener.degraded(false);
    assertThat(registry.scrape())
        .contains("bookvotes_vacuum_blocked{cause=\"snapshot\"} 0.0", "bookvotes_degraded 0.0");
  }
}

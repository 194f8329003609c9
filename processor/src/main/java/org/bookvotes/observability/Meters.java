package org.bookvotes.observability;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.micrometer.MicrometerMetricsTrackerFactory;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;

/**
 * The registry of meters, with those of the JVM, the connection pool and the Kafka clients.
 * Thread-safe.
 */
public final class Meters implements AutoCloseable {

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics gc = new JvmGcMetrics();
  private final AtomicReference<@Nullable KafkaClientMetrics> consumer = new AtomicReference<>();
  private final AtomicReference<@Nullable KafkaClientMetrics> producer = new AtomicReference<>();

  public Meters() {
    List.of(
            new JvmMemoryMetrics(),
            new JvmThreadMetrics(),
            new ClassLoaderMetrics(),
            new ProcessorMetrics(),
            new FileDescriptorMetrics(),
            new UptimeMetrics(),
            gc)
        .forEach(binder -> binder.bindTo(registry));
  }

  /** Tells which version runs: {@code bookvotes_build_info{version}}, which is always 1. */
  public void tellVersion(String version) {
    Gauge.builder("bookvotes.build.info", () -> 1)
        .description("1, with the version that runs")
        .tag("version", version)
        .register(registry);
  }

  /** Where our own meters go. */
  public MeterRegistry registry() {
    return registry;
  }

  /** Meters of a connection pool. */
  public void bind(HikariDataSource pool) {
    pool.setMetricsTrackerFactory(new MicrometerMetricsTrackerFactory(registry));
  }

  /** Meters of a Kafka consumer, instead of those of the one before. */
  public void bind(Consumer<?, ?> client) {
    replace(consumer, new KafkaClientMetrics(client));
  }

  /** Meters of a Kafka producer, instead of those of the one before. */
  public void bind(Producer<?, ?> client) {
    replace(producer, new KafkaClientMetrics(client));
  }

  private void replace(
      AtomicReference<@Nullable KafkaClientMetrics> bound, KafkaClientMetrics metrics) {
    close(bound);
    metrics.bindTo(registry);
    bound.set(metrics);
  }

  private static void close(AtomicReference<@Nullable KafkaClientMetrics> bound) {
    KafkaClientMetrics metrics = bound.getAndSet(null);
    if (metrics != null) {
      metrics.close();
    }
  }

  /** All meters in Prometheus' text format. */
  public String scrape() {
    return registry.scrape();
  }

  @Override
  public void close() {
    close(consumer);
    close(producer);
    gc.close();
    registry.close();
  }
}

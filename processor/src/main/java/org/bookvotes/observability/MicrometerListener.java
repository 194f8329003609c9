package org.bookvotes.observability;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All meters of a processor. Thread-safe. As Prometheus names them:
 *
 * <ul>
 *   <li>{@code bookvotes_votes_total{vote}} votes counted
 *   <li>{@code bookvotes_dead_letters_total{reason}} events on the dead-letter topic
 *   <li>{@code bookvotes_ingest_batch_seconds} from poll to commit
 *   <li>{@code bookvotes_ingest_failures_total{sqlstate}} batches that were not written and are
 *       tried again
 *   <li>{@code bookvotes_stale_books}, {@code bookvotes_oldest_stale_seconds} the backlog, the same
 *       on every replica
 *   <li>{@code bookvotes_freshness_seconds} from a mark to the fresh rating
 *   <li>{@code bookvotes_recalculated_books_total}
 *   <li>{@code bookvotes_fallback_books_total} those of them that were recalculated without a
 *       worker
 *   <li>{@code bookvotes_degraded} 1 while no worker is to be had and small batches are
 *       recalculated without
 *   <li>{@code bookvotes_worker_slots{state}} slots of all replicas, the same on every replica
 *   <li>{@code bookvotes_worker_slot_wait_seconds} from wanting a slot to having it
 *   <li>{@code bookvotes_worker_launches_total{command,outcome}}
 *   <li>{@code bookvotes_worker_launch_retries_total{sqlstate}}
 *   <li>{@code bookvotes_worker_run_seconds{command}} from launch to outcome
 *   <li>{@code bookvotes_vacuum_removed_rows_total}
 *   <li>{@code bookvotes_vacuum_blocked{cause}} tables whose last vacuum removed nothing
 *   <li>{@code bookvotes_background_pool{state}} the server's workers, the same on every replica
 * </ul>
 */
public final class MicrometerListener implements ProcessorListener {

  private static final List<String> REASONS = List.of("malformed", "unknown-book", "refused");
  private static final List<String> COMMANDS = List.of("recalculate", "vacuum");
  private static final List<String> OUTCOMES =
      List.of("completed", "failed", "exhausted", "fallback", "lost");
  private static final List<String> CAUSES =
      List.of(
          "snapshot",
          "prepared-transaction",
          "replication-slot",
          "standby",
          "permission",
          "lock",
          "unknown");

  // Buckets of all times but freshness. Micrometer's own choice would be some seventy for each.
  private static final Duration[] DURATION_BOUNDS =
      Stream.of(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000)
          .map(Duration::ofMillis)
          .toArray(Duration[]::new);

  private final MeterRegistry registry;
  private final Counter up;
  private final Counter down;
  private final Timer batch;
  private final Timer freshness;
  private final Counter recalculated;
  private final Counter fallback;
  private final Timer slotWait;
  private final Counter removedRows;
  private final Map<String, String> blockedTables = new ConcurrentHashMap<>();
  private volatile long staleBooks;
  private volatile boolean degraded;
  private volatile Duration oldestStale = Duration.ZERO;
  private volatile Workers workers = new Workers(0, 0, 0, 0, 0);

  private record Workers(int busySlots, int allSlots, int ours, int others, int free) {}

  public MicrometerListener(MeterRegistry registry) {
    this.registry = registry;
    up = counter("bookvotes.votes", "Votes counted", "vote", "UP");
    down = counter("bookvotes.votes", "Votes counted", "vote", "DOWN");
    batch = histogram("bookvotes.ingest.batch", "From the end of a poll to its commit");
    freshness =
        Timer.builder("bookvotes.freshness")
            .description(
                "From the first vote that a rating does not show to the rating that shows it")
            .serviceLevelObjectives(
                Arrays.stream(Freshness.boundsSeconds())
                    .mapToObj(MicrometerListener::seconds)
                    .toArray(Duration[]::new))
            .register(registry);
    recalculated =
        Counter.builder("bookvotes.recalculated.books")
            .description("Ratings calculated")
            .register(registry);
    fallback =
        Counter.builder("bookvotes.fallback.books")
            .description("Ratings calculated without a worker, as none was to be had")
            .register(registry);
    slotWait = histogram("bookvotes.worker.slot.wait", "From wanting a worker slot to having it");
    removedRows =
        Counter.builder("bookvotes.vacuum.removed.rows")
            .description("Dead rows that our vacuums removed, by the server's statistics")
            .register(registry);

    // A counter that appears only with its first event hides that event from rate().
    REASONS.forEach(reason -> deadLetters(reason).increment(0));
    for (String command : COMMANDS) {
      OUTCOMES.forEach(outcome -> launches(command, outcome).increment(0));
      runs(command);
    }
    retries("53000").increment(0);
    CAUSES.forEach(
        cause ->
            gauge(
                "bookvotes.vacuum.blocked",
                "Tables whose last vacuum removed nothing, by cause",
                "cause",
                cause,
                () -> blockedTables.values().stream().filter(cause::equals).count()));
    Gauge.builder("bookvotes.degraded", () -> degraded ? 1 : 0)
        .description(
            "1 while small batches are recalculated without a worker, as none is to be had")
        .register(registry);
    Gauge.builder("bookvotes.stale.books", () -> staleBooks)
        .description("Books whose rating does not show all their votes yet")
        .register(registry);
    Gauge.builder("bookvotes.oldest.stale", () -> oldestStale.toNanos() / 1e9)
        .baseUnit("seconds")
        .description("Age of the oldest stale mark")
        .register(registry);
    gauge(
        "bookvotes.worker.slots",
        "Worker slots of all replicas",
        "state",
        "busy",
        () -> workers.busySlots());
    gauge(
        "bookvotes.worker.slots",
        "Worker slots of all replicas",
        "state",
        "free",
        () -> workers.allSlots() - workers.busySlots());
    String pool = "Background workers of the server";
    gauge("bookvotes.background.pool", pool, "state", "ours", () -> workers.ours());
    gauge("bookvotes.background.pool", pool, "state", "others", () -> workers.others());
    gauge("bookvotes.background.pool", pool, "state", "free", () -> workers.free());
  }

  @Override
  public void votesCounted(long upCount, long downCount, Duration took) {
    up.increment((double) upCount);
    down.increment((double) downCount);
    batch.record(took);
  }

  @Override
  public void batchFailed(String sqlState) {
    counter("bookvotes.ingest.failures", "Batches that were not written", "sqlstate", sqlState)
        .increment();
  }

  @Override
  public void deadLettered(String reason) {
    deadLetters(reason).increment();
  }

  @Override
  public void backlogMeasured(long books, Duration oldest) {
    staleBooks = books;
    oldestStale = oldest;
  }

  @Override
  public void slotAcquired(int slot, Duration waited) {
    slotWait.record(waited);
  }

  @Override
  public void launchRetried(String sqlState) {
    retries(sqlState).increment();
  }

  @Override
  public void runEnded(Run run) {
    launches(run.command(), run.outcome()).increment();
    runs(run.command()).record(run.took());
  }

  @Override
  public void booksRecalculated(long books, long[] counts, double[] seconds) {
    recalculated.increment((double) books);
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] > 0) {
        // The worker reports sums: the mean of a bucket lies in the bucket, and the total stays
        // right.
        long meanNanos = Math.round(seconds[i] / counts[i] * 1e9);
        for (long n = 0; n < counts[i]; n++) {
          freshness.record(meanNanos, TimeUnit.NANOSECONDS);
        }
      }
    }
  }

  @Override
  public void recalculatedWithoutWorker(long books) {
    fallback.increment((double) books);
  }

  @Override
  public void degraded(boolean begins) {
    degraded = begins;
  }

  @Override
  public void vacuumRemoved(long rows) {
    removedRows.increment((double) rows);
  }

  @Override
  public void vacuumBlocked(String table, @Nullable String cause) {
    if (cause == null) {
      blockedTables.remove(table);
    } else {
      blockedTables.put(table, cause);
    }
  }

  @Override
  public void workersMeasured(int busySlots, int allSlots, int ours, int others, int free) {
    workers = new Workers(busySlots, allSlots, ours, others, free);
  }

  private Counter deadLetters(String reason) {
    return counter("bookvotes.dead.letters", "Events on the dead-letter topic", "reason", reason);
  }

  private Counter retries(String sqlState) {
    return counter(
        "bookvotes.worker.launch.retries",
        "Refused launches that were tried again",
        "sqlstate",
        sqlState);
  }

  private Counter launches(String command, String outcome) {
    return Counter.builder("bookvotes.worker.launches")
        .description("Launches by what came of them")
        .tags("command", command, "outcome", outcome)
        .register(registry);
  }

  private Timer runs(String command) {
    return Timer.builder("bookvotes.worker.run")
        .description("From launch to outcome")
        .tag("command", command)
        .serviceLevelObjectives(DURATION_BOUNDS)
        .register(registry);
  }

  private Timer histogram(String name, String description) {
    return Timer.builder(name)
        .description(description)
        .serviceLevelObjectives(DURATION_BOUNDS)
        .register(registry);
  }

  private Counter counter(String name, String description, String tag, String value) {
    return Counter.builder(name).description(description).tag(tag, value).register(registry);
  }

  private void gauge(
      String name,
      String description,
      String tag,
      String value,
      java.util.function.Supplier<Number> read) {
    Gauge.builder(name, read).description(description).tag(tag, value).register(registry);
  }

  private static Duration seconds(double seconds) {
    return Duration.ofNanos(Math.round(seconds * 1e9));
  }
}

package org.bookvotes.observability;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
 *   <li>{@code bookvotes_partition_lag_events{partition}} events of this replica's partitions that
 *       are not counted yet
 *   <li>{@code bookvotes_ready{check}} 1 or 0: whether the database answers, whether it is
 *       migrated, whether the consumer is in its group
 *   <li>{@code bookvotes_stale_books}, {@code bookvotes_oldest_stale_seconds} the backlog, the same
 *       on every replica
 *   <li>{@code bookvotes_failing_books} those of them whose last recalculation failed, the same on
 *       every replica
 *   <li>{@code bookvotes_freshness_seconds} from a mark to the fresh rating
 *   <li>{@code bookvotes_recalculated_books_total}
 *   <li>{@code bookvotes_fallback_books_total} those of them that were recalculated without a
 *       worker
 *   <li>{@code bookvotes_degraded} 1 while no worker is to be had and small batches are
 *       recalculated without
 *   <li>{@code bookvotes_worker_slots{state}} slots of all replicas, the same on every replica
 *   <li>{@code bookvotes_worker_slot_state{slot}} 0 free, 1 recalculates, 2 vacuums, 3 held without
 *       a worker, 4 orphaned; the same on every replica
 *   <li>{@code bookvotes_worker_slot_wait_seconds} from wanting a slot to having it
 *   <li>{@code bookvotes_worker_launches_total{command,outcome}}
 *   <li>{@code bookvotes_worker_launch_retries_total{sqlstate}}
 *   <li>{@code bookvotes_worker_run_seconds{command}} from launch to outcome
 *   <li>{@code bookvotes_vacuum_removed_rows_total}
 *   <li>{@code bookvotes_vacuum_blocked{cause}} tables whose last vacuum removed nothing
 *   <li>{@code bookvotes_vacuum_blocker_seconds{table,cause,holder}} who blocks it, and for how
 *       long that one has been there, 0 if that cannot be told; only while it is blocked
 *   <li>{@code bookvotes_table_dead_rows{table}}, {@code bookvotes_table_updates_total{table}},
 *       {@code bookvotes_table_hot_updates_total{table}}, {@code bookvotes_table_bytes{table,part}}
 *       the same on every replica; the counters are the server's
 *   <li>{@code bookvotes_background_pool{state}} the server's workers, the same on every replica
 * </ul>
 */
public final class MicrometerListener implements ProcessorListener {

  private static final List<String> REASONS = List.of("malformed", "unknown-book", "refused");
  private static final List<String> COMMANDS = List.of("recalculate", "vacuum");
  private static final List<String> OUTCOMES =
      List.of("completed", "failed", "exhausted", "fallback", "lost");
  // Those that mostly happen, and what an event brings that is too large for the dead-letter topic.
  private static final List<String> FAILURES = List.of("08006", "53100", "57014", "dead-letters");

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
  private final MultiGauge lag;
  private final TableMeters tables;
  private volatile long staleBooks;
  private volatile long failingBooks;
  private volatile boolean degraded;
  private volatile Duration oldestStale = Duration.ZERO;
  private volatile Workers workers = new Workers(List.of(), 0, 0, 0);
  private volatile Map<Integer, Long> lagByPartition = Map.of();
  private volatile Ready ready = new Ready(false, false, false);

  private record Workers(List<SlotState> slots, int ours, int others, int free) {
    long freeSlots() {
      return slots.stream().filter(state -> state == SlotState.FREE).count();
    }

    /** Dashboards know these numbers: they do not follow the order of the constants. */
    int stateOf(int slot) {
      return switch (slots.get(slot - 1)) {
        case FREE -> 0;
        case RECALCULATES -> 1;
        case VACUUMS -> 2;
        case HELD -> 3;
        case ORPHANED -> 4;
      };
    }
  }

  private record Ready(boolean database, boolean schema, boolean assignment) {}

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
    lag =
        MultiGauge.builder("bookvotes.partition.lag")
            .baseUnit("events")
            .description("Events on the brokers that are not counted yet")
            .register(registry);
    tables = new TableMeters(registry);

    // A counter that appears only with its first event hides that event from rate().
    REASONS.forEach(reason -> deadLetters(reason).increment(0));
    for (String command : COMMANDS) {
      OUTCOMES.forEach(outcome -> launches(command, outcome).increment(0));
      runs(command);
    }
    retries("53000").increment(0);
    FAILURES.forEach(sqlState -> failures(sqlState).increment(0));
    String isReady = "Whether a replica has what it needs: 1 or 0";
    gauge("bookvotes.ready", isReady, "check", "database", () -> ready.database() ? 1 : 0);
    gauge("bookvotes.ready", isReady, "check", "schema", () -> ready.schema() ? 1 : 0);
    gauge("bookvotes.ready", isReady, "check", "assignment", () -> ready.assignment() ? 1 : 0);
    Gauge.builder("bookvotes.degraded", () -> degraded ? 1 : 0)
        .description(
            "1 while small batches are recalculated without a worker, as none is to be had")
        .register(registry);
    Gauge.builder("bookvotes.stale.books", () -> staleBooks)
        .description("Books whose rating does not show all their votes yet")
        .register(registry);
    Gauge.builder("bookvotes.failing.books", () -> failingBooks)
        .description("Stale books whose last recalculation failed")
        .register(registry);
    Gauge.builder("bookvotes.oldest.stale", () -> oldestStale.toNanos() / 1e9)
        .baseUnit("seconds")
        .description("Age of the oldest stale mark")
        .register(registry);
    String slots = "Worker slots of all replicas";
    gauge(
        "bookvotes.worker.slots",
        slots,
        "state",
        "busy",
        () -> workers.slots().size() - workers.freeSlots());
    gauge("bookvotes.worker.slots", slots, "state", "free", () -> workers.freeSlots());
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
    failures(sqlState).increment();
  }

  @Override
  public void deadLettered(String reason) {
    deadLetters(reason).increment();
  }

  @Override
  public void backlogMeasured(long books, long failing, Duration oldest) {
    staleBooks = books;
    failingBooks = failing;
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
    tables.removed(rows);
  }

  @Override
  public void vacuumBlocked(String table, @Nullable Blocker blocker) {
    tables.blocked(table, blocker);
  }

  @Override
  public void tablesMeasured(List<Table> measured) {
    tables.measured(measured);
  }

  @Override
  public void workersMeasured(List<SlotState> slots, int ours, int others, int free) {
    int known = workers.slots().size();
    workers = new Workers(slots, ours, others, free);
    for (int slot = known + 1; slot <= slots.size(); slot++) {
      int number = slot;
      gauge(
          "bookvotes.worker.slot.state",
          "What each worker slot does: 0 free, 1 recalculates, 2 vacuums, 3 held, 4 orphaned",
          "slot",
          Integer.toString(number),
          () -> workers.stateOf(number));
    }
  }

  @Override
  public void lagMeasured(Map<Integer, Long> events) {
    lagByPartition = Map.copyOf(events);
    // Those of other partitions go; the others stay registered and are read anew.
    lag.register(
        events.keySet().stream()
            .map(
                partition ->
                    MultiGauge.Row.of(
                        Tags.of("partition", partition.toString()),
                        () -> lagByPartition.getOrDefault(partition, 0L)))
            .toList());
  }

  @Override
  public void readinessChecked(boolean database, boolean schema, boolean assignment) {
    ready = new Ready(database, schema, assignment);
  }

  private Counter failures(String sqlState) {
    return counter(
        "bookvotes.ingest.failures", "Batches that were not written", "sqlstate", sqlState);
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

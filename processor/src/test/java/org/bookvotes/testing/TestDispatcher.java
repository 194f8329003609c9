package org.bookvotes.testing;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bookvotes.dispatch.DeadRows;
import org.bookvotes.dispatch.Dispatcher;
import org.bookvotes.dispatch.StaleBacklog;
import org.bookvotes.dispatch.VacuumPolicy;
import org.bookvotes.observability.Freshness;
import org.bookvotes.observability.Listeners;
import org.bookvotes.observability.Meters;
import org.bookvotes.observability.MicrometerListener;
import org.bookvotes.observability.ProcessorListener;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.Transactions;
import org.bookvotes.workers.LaunchRetry;
import org.bookvotes.workers.PgBackgroundLauncher;
import org.bookvotes.workers.StopSignal;
import org.bookvotes.workers.WorkerCommand;
import org.bookvotes.workers.WorkerOutcome;
import org.bookvotes.workers.WorkerRunner;
import org.bookvotes.workers.WorkerShortage;
import org.bookvotes.workers.WorkerSlot;
import org.bookvotes.workers.WorkerSlots;
import org.bookvotes.workers.WorkerlessBatch;
import org.bookvotes.workers.WorkersView;

/**
 * The part of a replica that recalculates and vacuums, without ingest: wired as the processor does
 * it, with a listener that keeps what it is told, on a thread of its own once started. Thread-safe.
 */
public final class TestDispatcher implements AutoCloseable {

  /** A policy under which nothing is ever vacuumed. */
  public static final VacuumPolicy NO_VACUUM =
      new VacuumPolicy(Long.MAX_VALUE, 1, Duration.ofDays(1), Duration.ofDays(1));

  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);

  /**
   * What may differ from one dispatcher to the next.
   *
   * @param url JDBC address of the database
   * @param user its user
   * @param password the user's password
   * @param slotCount slots over all replicas
   * @param recalculate the command for stale books
   * @param retry of refused launches
   * @param fallbackAfter how long launches are refused before it goes on without workers
   * @param vacuumPolicy when a vacuum is due
   */
  public record Options(
      String url,
      String user,
      String password,
      int slotCount,
      WorkerCommand.Recalculate recalculate,
      LaunchRetry retry,
      Duration fallbackAfter,
      VacuumPolicy vacuumPolicy) {

    /** The settings' defaults, without vacuums and never without workers. */
    public static Options of(TestDatabase database, int slotCount) {
      return new Options(
          database.url(),
          database.user(),
          database.password(),
          slotCount,
          new WorkerCommand.Recalculate(1000, Duration.ofSeconds(10)),
          new LaunchRetry(10, Duration.ofMillis(100)),
          Duration.ZERO,
          NO_VACUUM);
    }

    public Options as(String otherUser, String otherPassword) {
      return new Options(
          url,
          otherUser,
          otherPassword,
          slotCount,
          recalculate,
          retry,
          fallbackAfter,
          vacuumPolicy);
    }

    public Options batchSize(int books) {
      return recalculate(
          new WorkerCommand.Recalculate(books, recalculate.timeBudget(), recalculate.limit()));
    }

    public Options recalculate(WorkerCommand.Recalculate other) {
      return new Options(url, user, password, slotCount, other, retry, fallbackAfter, vacuumPolicy);
    }

    public Options retry(LaunchRetry other) {
      return new Options(
          url, user, password, slotCount, recalculate, other, fallbackAfter, vacuumPolicy);
    }

    public Options fallbackAfter(Duration other) {
      return new Options(url, user, password, slotCount, recalculate, retry, other, vacuumPolicy);
    }

    public Options vacuumPolicy(VacuumPolicy other) {
      return new Options(url, user, password, slotCount, recalculate, retry, fallbackAfter, other);
    }
  }

  private final Database database;
  private final Meters meters = new Meters();
  private final RecordingListener events = new RecordingListener();
  private final StopSignal stop = new StopSignal();
  private final StopSignal abandon = new StopSignal();
  private final WorkerSlots slots;
  private final WorkerRunner runner;
  private final WorkerCommand.Recalculate recalculate;
  private final Dispatcher dispatcher;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final Thread thread;

  /**
   * @param more listeners beside its own
   */
  public TestDispatcher(Options options, ProcessorListener... more) {
    database =
        Database.open(options.url(), options.user(), options.password(), options.slotCount() + 4);
    Transactions transactions = database.transactions();
    Listeners listeners =
        new Listeners(events, new MicrometerListener(meters.registry()), new Listeners(more));
    slots = new WorkerSlots(database, options.slotCount());
    runner =
        new WorkerRunner(
            new PgBackgroundLauncher(Freshness.boundsSeconds()),
            new WorkerlessBatch(Freshness.boundsSeconds()),
            options.retry(),
            new WorkerShortage(options.fallbackAfter(), listeners),
            listeners,
            stop,
            abandon);
    recalculate = options.recalculate();
    dispatcher =
        new Dispatcher(
            new StaleBacklog(transactions),
            new DeadRows(transactions),
            options.vacuumPolicy(),
            slots,
            new WorkersView(transactions, options.slotCount()),
            runner,
            recalculate,
            listeners,
            stop);
    thread = Thread.ofPlatform().name("dispatch").unstarted(this::dispatch);
  }

  private void dispatch() {
    try {
      dispatcher.run();
      ended.complete(null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      ended.completeExceptionally(e);
    } catch (RuntimeException | Error e) {
      ended.completeExceptionally(e);
    }
  }

  /** Begins to dispatch. Without this only {@link #slots} and {@link #run} do something. */
  public TestDispatcher start() {
    thread.start();
    return this;
  }

  /** What has happened. */
  public RecordingListener events() {
    return events;
  }

  /** All meters in Prometheus' text format. */
  public String scrape() {
    return meters.scrape();
  }

  public WorkerSlots slots() {
    return slots;
  }

  /** Runs one recalculation in {@code slot} and leaves the slot open. */
  public WorkerOutcome run(WorkerSlot slot) {
    return runner.run(slot, recalculate);
  }

  /** From now on nothing is launched. Returns at once. */
  public void stopLaunching() {
    stop.send();
    dispatcher.wake();
  }

  /** As {@link #stopLaunching}, and workers that still run are left to themselves. */
  public void abandonWorkers() {
    stopLaunching();
    abandon.send();
  }

  /** Waits for the runs after {@link #stopLaunching}; whether they have ended. */
  public boolean awaitRuns(Duration timeout) throws InterruptedException {
    return thread.join(timeout) && dispatcher.awaitRuns(timeout);
  }

  /** Stops, without waiting for workers that still run. */
  @Override
  public void close() {
    abandonWorkers();
    try {
      if (thread.getState() != Thread.State.NEW) {
        boolean drained = awaitRuns(STOP_TIMEOUT);
        ended.orTimeout(1, TimeUnit.SECONDS).join();
        if (!drained) {
          throw new AssertionError("the dispatcher's runs did not end in " + STOP_TIMEOUT);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      database.close();
      meters.close();
    }
  }
}

package org.bookvotes.app;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.bookvotes.dispatch.Backlog;
import org.bookvotes.dispatch.StaleBacklog;
import org.bookvotes.observability.Listeners;
import org.bookvotes.postgres.Database;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

@Command(
    name = "recalculate",
    mixinStandardHelpOptions = true,
    description = {
      "Marks books as stale and recalculates them, in the worker slots that it shares with running replicas.",
      "Stopped in the middle, it has lost nothing: what it marked is recalculated by any replica or by the next call.",
      ""
    })
final class RecalculateCommand extends SettingsCommand {

  private static final int BOOKS_PER_RANGE = 100_000;

  private static final Duration LEAST_PAUSE = Duration.ofMillis(100);
  private static final Duration MOST_PAUSE = Duration.ofSeconds(1);

  /**
   * How long nothing may move while books are held by somebody, or were in one batch with a book
   * that hung. Longer than the pause of any of them, so that each is tried once more; only the book
   * that hangs itself may pause for longer.
   */
  private static final Duration HELD_PATIENCE = Duration.ofMinutes(2);

  @ArgGroup(multiplicity = "1")
  private @Nullable Which which;

  private static final class Which {
    @Option(names = "--all", description = "All books.")
    private boolean all;

    @Option(
        names = "--older-than",
        paramLabel = "<age>",
        converter = Age.class,
        description =
            "Books whose rating is older, or that have none: 90s, 30m, 12h, 1d, or ISO 8601 as in PT12H.")
    private @Nullable Duration olderThan;
  }

  /** Reads {@code 1d}, {@code 12h}, {@code PT12H} and the like. */
  static final class Age implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      String upper = text.toUpperCase(Locale.ROOT);
      String iso = upper.startsWith("P") ? upper : upper.endsWith("D") ? "P" + upper : "PT" + upper;
      try {
        Duration age = Duration.parse(iso);
        if (!age.isNegative()) {
          return age;
        }
      } catch (DateTimeException e) {
        throw invalid(text);
      }
      throw invalid(text);
    }

    private static TypeConversionException invalid(String text) {
      return new TypeConversionException(
          "'" + text + "' is not an age such as 90s, 30m, 12h, 1d or PT12H");
    }
  }

  @Override
  Set<Setting> settings() {
    Set<Setting> settings = EnumSet.copyOf(DATABASE);
    settings.addAll(
        EnumSet.of(
            Setting.WORKER_SLOTS,
            Setting.LAUNCH_ATTEMPTS,
            Setting.LAUNCH_RETRY_DELAY,
            Setting.FALLBACK_AFTER,
            Setting.BATCH_SIZE,
            Setting.WORKER_TIME_BUDGET));
    return settings;
  }

  @Override
  int run(ProcessorConfig config) throws Exception {
    if (which == null) {
      throw new IllegalStateException("picocli demands --all or --older-than");
    }
    Duration olderThan = which.all || which.olderThan == null ? Duration.ZERO : which.olderThan;
    // What looks at all books may take long; what dispatches is limited as in a replica.
    try (Database books = openForLongStatements(config);
        Database database =
            openDatabase(config, config.workerSlots() + Processor.CONNECTIONS_BESIDE_SLOTS)) {
      StaleBacklog backlog = new StaleBacklog(books.transactions());
      long startNanos = System.nanoTime();
      long marked = mark(backlog, olderThan);
      err()
          .printf(
              Locale.ROOT,
              "%,d books are stale, recalculating (marked in %.2f s)%n",
              marked,
              (System.nanoTime() - startNanos) / 1e9);
      return recalculate(config, database, backlog);
    }
  }

  private long mark(StaleBacklog backlog, Duration olderThan) throws Exception {
    long marked = 0;
    long lastId = Long.MIN_VALUE;
    long shownNanos = System.nanoTime();
    while (true) {
      StaleBacklog.MarkedRange range = backlog.markRange(olderThan, lastId, BOOKS_PER_RANGE);
      if (range.finished()) {
        return marked;
      }
      marked += range.marked();
      lastId = range.lastId();
      if (System.nanoTime() - shownNanos > TimeUnit.SECONDS.toNanos(1)) {
        err().printf(Locale.ROOT, "marking: %,d books so far, up to id %d%n", marked, lastId);
        err().flush();
        shownNanos = System.nanoTime();
      }
    }
  }

  private int recalculate(ProcessorConfig config, Database database, StaleBacklog backlog)
      throws Exception {
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    String name = Processor.name() + " (recalculate)";
    Dispatching dispatching =
        new Dispatching(config, name, database, new Listeners(), failure::set);
    long startNanos = System.nanoTime();
    long leastBooks = Long.MAX_VALUE;
    long movedNanos = startNanos;
    long shownNanos = startNanos - MOST_PAUSE.toNanos();
    dispatching.start();
    try {
      CountDownLatch never = new CountDownLatch(1);
      while (true) {
        // Before the look: however long that takes, a mark from before the start is older.
        long lookNanos = System.nanoTime();
        Duration sinceStart = Duration.ofNanos(lookNanos - startNanos);
        Backlog now = backlog.measure(StaleBacklog.MOST_COUNTED);
        // Marks that are younger than this command come from votes that arrive meanwhile.
        boolean ours = now.oldest().compareTo(sinceStart) > 0;
        if (now.books() == 0 || !ours) {
          out().printf(Locale.ROOT, "done in %.2f s%n", (System.nanoTime() - startNanos) / 1e9);
          return 0;
        }
        if (now.books() < leastBooks) {
          leastBooks = now.books();
          movedNanos = System.nanoTime();
        }
        long held = now.due() == 0 ? backlog.held() : 0;
        boolean patient = System.nanoTime() - movedNanos < HELD_PATIENCE.toNanos();
        if (now.due() == 0 && (held == 0 || !patient)) {
          err()
              .printf(
                  Locale.ROOT,
                  "books that cannot be recalculated: %,d; the table bookvotes.stale_marks says why (sqlstate, error)%n",
                  now.books());
          return 1;
        }
        Throwable e = failure.get();
        if (e != null) {
          throw new IllegalStateException("recalculation cannot go on: " + e.getMessage(), e);
        }
        if (lookNanos - shownNanos >= MOST_PAUSE.toNanos()) {
          show(now.books(), held);
          shownNanos = lookNanos;
        }
        never.await(pauseAfter(System.nanoTime() - lookNanos), TimeUnit.NANOSECONDS);
      }
    } finally {
      dispatching.stopLaunching();
      dispatching.drain(config.workerTimeBudget().plusSeconds(5));
    }
  }

  private void show(long books, long held) {
    err()
        .printf(
            Locale.ROOT,
            "%,d books to go%s%n",
            books,
            held == 0
                ? ""
                : String.format(
                    Locale.ROOT, ", waiting for %,d that were locked or timed out", held));
    err().flush();
  }

  /** A look at many marks takes long: no more than a tenth of the time is spent on looking. */
  private static long pauseAfter(long lookNanos) {
    return Math.clamp(10 * lookNanos, LEAST_PAUSE.toNanos(), MOST_PAUSE.toNanos());
  }
}

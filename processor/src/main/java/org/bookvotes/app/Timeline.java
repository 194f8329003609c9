package org.bookvotes.app;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.bookvotes.workers.WorkersView.RatedBooks;
import org.bookvotes.workers.WorkersView.RatedBooksAfter;
import org.jspecify.annotations.Nullable;

/**
 * The last ten minutes of all replicas in steps of two seconds, for charts. What the journal of
 * runs tells is there from the first reading on, all else from when somebody began to watch. Times
 * are by the database's clock, in seconds since 1970. Used by one thread at a time.
 */
final class Timeline {

  static final Duration SPAN = Duration.ofMinutes(10);

  /** Runs that are read at once: more have no place in ten minutes, unless they are tiny. */
  static final int MOST_RUNS = 20_000;

  private static final long STEP_SECONDS = 2;

  /** So late a run may be in the journal without its step being told twice. */
  private static final long JOURNAL_DELAY_SECONDS = 1;

  /** Over longer gaps between two readings no rate is told. */
  private static final double LONGEST_GAP_SECONDS = 10;

  /** A run is read again while its number is so close to the last: the query looks 200 back. */
  private static final long NUMBERS_KEPT = 1_000;

  /**
   * One step. As JSON it is an array in this order: it is sent each second.
   *
   * @param at when the step began
   * @param eventsPerSecond counted or put aside, null if nobody watched
   * @param booksPerSecond recalculated; the books of a run are spread evenly over it
   * @param staleBooks at the end of the step, null if nobody watched
   * @param oldestStaleSeconds at the end of the step, null if nobody watched
   * @param freshP50Seconds mean, by books, of the medians of the runs that ended in the step; null
   *     without any
   * @param freshP99Seconds the greatest 99 % quantile of those runs
   */
  @JsonFormat(shape = JsonFormat.Shape.ARRAY)
  @JsonPropertyOrder({
    "at",
    "eventsPerSecond",
    "booksPerSecond",
    "staleBooks",
    "oldestStaleSeconds",
    "freshP50Seconds",
    "freshP99Seconds"
  })
  record Point(
      long at,
      @Nullable Double eventsPerSecond,
      double booksPerSecond,
      @Nullable Long staleBooks,
      @Nullable Double oldestStaleSeconds,
      @Nullable Double freshP50Seconds,
      @Nullable Double freshP99Seconds) {}

  private static final class Step {
    private double events;
    private double eventSeconds;
    private double books;
    private @Nullable Long staleBooks;
    private @Nullable Double oldestStaleSeconds;
    private double medianSecondsByBooks;
    private long medianBooks;
    private @Nullable Double freshP99Seconds;

    Point point(long at) {
      return new Point(
          at,
          eventSeconds == 0 ? null : rounded(events / eventSeconds),
          rounded(books / STEP_SECONDS),
          staleBooks,
          oldestStaleSeconds == null ? null : rounded(oldestStaleSeconds),
          medianBooks == 0 ? null : rounded(medianSecondsByBooks / medianBooks),
          freshP99Seconds == null ? null : rounded(freshP99Seconds));
    }

    private static double rounded(double value) {
      return Math.round(value * 1000) / 1000.0;
    }
  }

  private final NavigableMap<Long, Step> steps = new TreeMap<>();
  private final NavigableSet<Long> changed = new TreeSet<>();
  private final NavigableSet<Long> numbers = new TreeSet<>();
  private long lastNumber;
  private double nowSeconds;
  private long countedEvents;

  /** The number of the last run that was read: what comes after it is to be read next. */
  long lastNumber() {
    return lastNumber;
  }

  /**
   * Adds a reading.
   *
   * @param journal the runs since {@link #lastNumber}, or at least the last {@value #MOST_RUNS}
   */
  void add(ClusterStatus status, RatedBooksAfter journal) {
    if (status.nowSeconds() <= nowSeconds) {
      return;
    }
    if (journal.lastNumber() < lastNumber) {
      // Somebody has made the journal anew.
      numbers.clear();
    }
    addSteps(status.nowSeconds(), journal);
    journal.runs().forEach(this::add);
    lastNumber = journal.lastNumber();
    numbers.headSet(lastNumber - NUMBERS_KEPT).clear();

    Step step = step(status.nowSeconds());
    double gapSeconds = status.nowSeconds() - nowSeconds;
    long events = status.countedEvents() - countedEvents;
    // Fewer: somebody has set offsets back, or made the topic anew.
    if (nowSeconds > 0 && gapSeconds <= LONGEST_GAP_SECONDS && events >= 0) {
      step.events += events;
      step.eventSeconds += gapSeconds;
    }
    step.staleBooks = status.staleBooks();
    step.oldestStaleSeconds = status.oldestStaleSeconds();
    nowSeconds = status.nowSeconds();
    countedEvents = status.countedEvents();
  }

  /** All steps that have ended. */
  List<Point> points() {
    return points(steps.navigableKeySet());
  }

  /** Those of them that have changed since this was asked last. */
  List<Point> changes() {
    List<Point> points = points(changed);
    points.forEach(point -> changed.remove(point.at()));
    return points;
  }

  private List<Point> points(NavigableSet<Long> ats) {
    long end = (long) nowSeconds - STEP_SECONDS - JOURNAL_DELAY_SECONDS;
    List<Point> points = new ArrayList<>();
    for (long at : ats.headSet(end, true)) {
      Step step = steps.get(at);
      if (step != null) {
        points.add(step.point(at));
      }
    }
    return points;
  }

  /** Steps without runs are told, too: nothing was recalculated then. */
  private void addSteps(double now, RatedBooksAfter journal) {
    double since = now - SPAN.toSeconds();
    if (journal.runs().size() > MOST_RUNS / 2) {
      // So many may not reach back all the time, and what was before them is not known.
      since = Math.max(since, journal.runs().getFirst().finishedSeconds());
    }
    long oldest = at(since);
    steps.headMap(oldest).clear();
    changed.headSet(oldest).clear();
    long first = steps.isEmpty() ? oldest : steps.lastKey() + STEP_SECONDS;
    for (long at = first; at <= at(now); at += STEP_SECONDS) {
      steps.put(at, new Step());
      changed.add(at);
    }
  }

  private void add(RatedBooks run) {
    if (!numbers.add(run.number())) {
      return;
    }
    double took = run.finishedSeconds() - run.startedSeconds();
    for (long at = at(run.startedSeconds()); at <= at(run.finishedSeconds()); at += STEP_SECONDS) {
      double within =
          Math.min(run.finishedSeconds(), (double) (at + STEP_SECONDS))
              - Math.max(run.startedSeconds(), (double) at);
      Step step = steps.get(at);
      if (step != null) {
        step.books += took > 0 ? run.books() * within / took : run.books();
        changed.add(at);
      }
    }
    Step end = steps.get(at(run.finishedSeconds()));
    if (end == null) {
      return;
    }
    if (run.freshP50Seconds() != null) {
      end.medianSecondsByBooks += run.freshP50Seconds() * run.books();
      end.medianBooks += run.books();
    }
    if (run.freshP99Seconds() != null) {
      double others = end.freshP99Seconds == null ? 0 : end.freshP99Seconds;
      end.freshP99Seconds = Math.max(others, run.freshP99Seconds());
    }
  }

  private Step step(double seconds) {
    long at = at(seconds);
    changed.add(at);
    return steps.computeIfAbsent(at, missing -> new Step());
  }

  private static long at(double seconds) {
    return Math.floorDiv((long) Math.floor(seconds), STEP_SECONDS) * STEP_SECONDS;
  }
}

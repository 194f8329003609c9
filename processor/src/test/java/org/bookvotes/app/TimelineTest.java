package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.List;
import java.util.stream.LongStream;
import org.bookvotes.app.Timeline.Point;
import org.bookvotes.workers.WorkersView.RatedBooks;
import org.bookvotes.workers.WorkersView.RatedBooksAfter;
import org.junit.jupiter.api.Test;

class TimelineTest {

  private static final double START = 1_700_000_000;
  private static final RatedBooksAfter NO_RUNS = new RatedBooksAfter(0, List.of());

  private final Timeline timeline = new Timeline();

  private static ClusterStatus status(double second, long events, long stale, double oldest) {
    return new ClusterStatus(
        START + second,
        events,
        stale,
        oldest,
        List.of(),
        new ClusterStatus.Pool(8, 0, 1, 7),
        List.of(),
        List.of(),
        List.of());
  }

  private static RatedBooks run(
      long number, double from, double to, long books, double p50, double p99) {
    return new RatedBooks(number, START + from, START + to, books, p50, p99);
  }

  private static RatedBooksAfter journal(RatedBooks... runs) {
    return new RatedBooksAfter(runs[runs.length - 1].number(), List.of(runs));
  }

  private Point at(double second) {
    return timeline.points().stream()
        .filter(point -> point.at() == START + second)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void hasTenMinutesOfTheJournalFromTheFirstReadingOn() {
    timeline.add(status(0, 100, 7, 1.5), journal(run(1, -100.5, -100.5, 10, 0.1, 0.2)));

    assertThat(timeline.points()).hasSizeBetween(297, 300);
    assertThat(at(-102).booksPerSecond()).isEqualTo(5);
    assertThat(at(-50))
        .as("nothing was recalculated, all else nobody has watched")
        .isEqualTo(new Point((long) START - 50, null, 0, null, null, null, null));
  }

  @Test
  void tellsEventsPerSecondFromTheGrowthOfTheOffsets() {
    timeline.add(status(0.5, 1_000, 0, 0), NO_RUNS);
    timeline.add(status(1.5, 1_400, 3, 0.4), NO_RUNS);
    timeline.add(status(2.5, 1_500, 9, 0.8), NO_RUNS);
    timeline.add(status(8, 1_500, 0, 0), NO_RUNS);

    assertThat(at(0)).isEqualTo(new Point((long) START, 400.0, 0, 3L, 0.4, null, null));
    assertThat(at(2).eventsPerSecond()).isEqualTo(100);
    assertThat(at(4).eventsPerSecond()).as("no reading within it").isNull();
  }

  @Test
  void tellsNoRateAfterOffsetsWereSetBackOrNobodyWatched() {
    timeline.add(status(0, 1_000, 0, 0), NO_RUNS);
    timeline.add(status(1, 10, 0, 0), NO_RUNS);
    timeline.add(status(100, 1_000_010, 0, 0), NO_RUNS);
    timeline.add(status(101, 1_000_020, 0, 0), NO_RUNS);
    timeline.add(status(110, 1_000_020, 0, 0), NO_RUNS);

    assertThat(at(0).eventsPerSecond()).isNull();
    assertThat(at(100).eventsPerSecond()).isEqualTo(10);
  }

  @Test
  void spreadsTheBooksOfARunOverIt() {
    timeline.add(status(0, 0, 0, 0), NO_RUNS);
    timeline.add(status(20, 0, 0, 0), journal(run(1, 3, 13, 1_000, 1, 2)));

    assertThat(at(0).booksPerSecond()).isZero();
    assertThat(at(2).booksPerSecond()).isCloseTo(50, within(0.01));
    assertThat(at(6).booksPerSecond()).isCloseTo(100, within(0.01));
    assertThat(at(12).booksPerSecond()).isCloseTo(50, within(0.01));
    assertThat(at(14).booksPerSecond()).isZero();
    assertThat(at(12).freshP50Seconds()).isEqualTo(1);
    assertThat(at(6).freshP50Seconds()).as("told by the run that ended").isNull();
  }

  @Test
  void joinsTheFreshnessOfRunsThatEndedInTheSameStep() {
    timeline.add(
        status(20, 0, 0, 0), journal(run(1, 4, 4.1, 300, 0.1, 0.9), run(2, 4, 5, 100, 0.5, 0.6)));
    assertThat(at(4).freshP50Seconds()).isCloseTo(0.2, within(1e-6));
    assertThat(at(4).freshP99Seconds()).isEqualTo(0.9);
  }

  @Test
  void countsARunOnceHoweverOftenItIsRead() {
    RatedBooks early = run(5, 4, 5, 100, 1, 1);
    timeline.add(status(20, 0, 0, 0), journal(early));
    timeline.add(status(21, 0, 0, 0), journal(run(4, 4, 5, 60, 1, 1), early));
    assertThat(timeline.lastNumber()).isEqualTo(5);
    assertThat(at(4).booksPerSecond()).as("the one that came late, too").isEqualTo(80);
  }

  @Test
  void tellsOnlyWhatHasChangedAndEndedSinceItWasAsked() {
    timeline.add(status(20, 0, 0, 0), NO_RUNS);
    assertThat(timeline.changes()).isEqualTo(timeline.points());
    assertThat(timeline.changes()).isEmpty();

    timeline.add(status(21, 10, 0, 0), journal(run(1, 4, 5, 100, 1, 1)));
    assertThat(timeline.changes())
        .extracting(point -> point.at() - (long) START)
        .as("not those that go on")
        .containsExactly(4L, 18L);
    timeline.add(status(23, 20, 0, 0), NO_RUNS);
    assertThat(timeline.changes())
        .extracting(point -> point.at() - (long) START)
        .containsExactly(20L);
  }

  @Test
  void forgetsWhatIsOlderThanTenMinutes() {
    timeline.add(status(0, 0, 0, 0), NO_RUNS);
    timeline.add(status(5_000, 0, 0, 0), NO_RUNS);
    assertThat(timeline.points().getFirst().at())
        .isBetween((long) START + 4_398, (long) START + 4_400);
    assertThat(timeline.points()).hasSizeLessThanOrEqualTo(300);
  }

  @Test
  void saysNothingOfTimesThatSoManyRunsDoNotReachBackTo() {
    RatedBooks[] many =
        LongStream.rangeClosed(1, Timeline.MOST_RUNS)
            .mapToObj(n -> run(n, n * 0.001, n * 0.001, 1, 0.1, 0.1))
            .toArray(RatedBooks[]::new);
    timeline.add(status(30, 0, 0, 0), journal(many));
    assertThat(timeline.points().getFirst().at()).isEqualTo((long) START);
    assertThat(at(4).booksPerSecond()).isCloseTo(1_000, within(1.0));
  }

  @Test
  void goesOnWhenTheJournalWasMadeAnew() {
    timeline.add(status(20, 0, 0, 0), journal(run(500, 4, 5, 100, 1, 1)));
    timeline.add(status(30, 0, 0, 0), journal(run(500, 22, 23, 40, 1, 1)));
    timeline.add(status(40, 0, 0, 0), journal(run(1, 32, 33, 40, 1, 1)));
    timeline.add(status(50, 0, 0, 0), journal(run(500, 42, 43, 40, 1, 1)));
    assertThat(at(22).booksPerSecond()).as("the same run, for all that is known").isZero();
    assertThat(at(32).booksPerSecond()).isEqualTo(20);
    assertThat(at(42).booksPerSecond()).isEqualTo(20);
  }

  @Test
  void isSentAsArrays() throws JsonProcessingException {
    assertThat(
            StatusReport.JSON
                .writeValueAsString(new Point(2, 1.5, 3, 4L, null, 0.25, null))
                .replaceAll("\\s", ""))
        .isEqualTo("[2,1.5,3.0,4,null,0.25,null]");
  }
}

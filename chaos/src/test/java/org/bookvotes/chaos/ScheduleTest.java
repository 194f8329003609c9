package org.bookvotes.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ScheduleTest {

  private static final Set<FaultKind> ALL = EnumSet.allOf(FaultKind.class);
  private static final Duration NO_LIMIT = Duration.ofHours(1);

  @Test
  void theSameSeedDrawsTheSameSchedule() {
    assertThat(Schedule.draw(7, ALL, 4, 6, NO_LIMIT))
        .isEqualTo(Schedule.draw(7, ALL, 4, 6, NO_LIMIT));
    assertThat(Schedule.draw(8, ALL, 4, 6, NO_LIMIT).alone())
        .isNotEqualTo(Schedule.draw(7, ALL, 4, 6, NO_LIMIT).alone());
  }

  @Test
  void everyKindStrikesAsOftenAsAskedFor() {
    Schedule schedule = Schedule.draw(7, ALL, 4, 6, NO_LIMIT);

    assertThat(counts(schedule.alone().stream())).hasSize(ALL.size()).allSatisfy(hasCount(4));
    assertThat(counts(schedule.lanes().stream().flatMap(List::stream)))
        .hasSize(ALL.size())
        .allSatisfy(hasCount(6));
  }

  @Test
  void pinnedSnapshotsHaveALaneOfTheirOwn() {
    List<List<Fault>> lanes = Schedule.draw(7, ALL, 0, 6, NO_LIMIT).lanes();

    assertThat(lanes.getLast())
        .extracting(Fault::kind)
        .hasSize(6)
        .containsOnly(FaultKind.SNAPSHOT_PINNED);
    assertThat(lanes.subList(0, lanes.size() - 1))
        .allSatisfy(lane -> assertThat(lane).isNotEmpty());
  }

  @Test
  void holdsAreWithinTheBoundsOfTheirKind() {
    assertThat(Schedule.draw(7, ALL, 30, 0, NO_LIMIT).alone())
        .allSatisfy(
            fault ->
                assertThat(fault.hold())
                    .isGreaterThanOrEqualTo(fault.kind().shortest())
                    .isLessThanOrEqualTo(
                        fault
                            .kind()
                            .longest()
                            .plusMillis(fault.kind().longest().isZero() ? 100 : 0)));
  }

  @Test
  void aLimitCutsEveryHoldButFreezesThatNobodyWouldNotice() {
    Duration limit = Duration.ofSeconds(3);

    assertThat(Schedule.draw(7, ALL, 30, 0, limit).alone())
        .allSatisfy(
            fault ->
                assertThat(fault.hold())
                    .isLessThanOrEqualTo(
                        fault.kind() == FaultKind.REPLICA_FREEZE
                            ? fault.kind().shortest()
                            : limit));
  }

  private static Map<FaultKind, Long> counts(Stream<Fault> faults) {
    return faults
        .map(Fault::kind)
        .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
  }

  private static java.util.function.BiConsumer<FaultKind, Long> hasCount(long count) {
    return (kind, counted) -> assertThat(counted).as(kind.title()).isEqualTo(count);
  }
}

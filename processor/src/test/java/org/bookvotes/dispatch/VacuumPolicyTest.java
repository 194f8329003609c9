package org.bookvotes.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.bookvotes.dispatch.DeadRows.Activity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VacuumPolicyTest {

  private static final Duration NEVER = Duration.ofDays(10_000);

  private final VacuumPolicy policy =
      new VacuumPolicy(1000, 0.1, Duration.ofSeconds(10), Duration.ofSeconds(60));

  @ParameterizedTest
  @CsvSource({
    "999, 0, false",
    "1000, 0, true",
    "1000, 10000, true",
    "1000, 10001, false",
    "100000, 1000000, true",
    "99999, 1000000, false",
    "0, 0, false"
  })
  void isWorthwhileFromBothTheLeastNumberAndTheShareOfDeadRows(
      long dead, long live, boolean worthwhile) {
    Activity table = activity(dead, live, NEVER);
    assertThat(policy.isWorthwhile(table)).isEqualTo(worthwhile);
    assertThat(policy.isDue(table, Optional.empty())).isEqualTo(worthwhile);
  }

  @ParameterizedTest
  @CsvSource({"0, false", "9, false", "10, true", "11, true"})
  void leavesTheIntervalBetweenVacuumsWhoeverDidThem(long sinceSeconds, boolean due) {
    Activity table = activity(5000, 10_000, Duration.ofSeconds(sinceSeconds));
    assertThat(policy.isDue(table, Optional.empty())).isEqualTo(due);
  }

  @ParameterizedTest
  @CsvSource({"0, false", "59, false", "60, true"})
  void waitsLongerAfterAVacuumInVain(long sinceInVainSeconds, boolean due) {
    Activity table = activity(5000, 10_000, NEVER);
    assertThat(policy.isDue(table, Optional.of(Duration.ofSeconds(sinceInVainSeconds))))
        .isEqualTo(due);
  }

  @Test
  void aVacuumThatLeavesNineTenthsOfTheDeadRowsRemovedNothing() {
    Activity before = activity(5000, 10_000, NEVER);
    assertThat(policy.removedNothing(before, activity(5000, 10_000, Duration.ZERO))).isTrue();
    assertThat(policy.removedNothing(before, activity(5001, 10_000, Duration.ZERO))).isTrue();
    assertThat(policy.removedNothing(before, activity(4501, 10_000, Duration.ZERO))).isTrue();
    assertThat(policy.removedNothing(before, activity(4500, 10_000, Duration.ZERO))).isFalse();
  }

  @Test
  void aVacuumThatHadNothingToRemoveWasNotInVain() {
    Activity clean = activity(0, 10_000, NEVER);
    assertThat(policy.removedNothing(clean, clean)).isFalse();
  }

  private static Activity activity(long dead, long live, Duration sinceVacuum) {
    return new Activity(dead, live, 0, 0, 0, sinceVacuum, true, null);
  }
}

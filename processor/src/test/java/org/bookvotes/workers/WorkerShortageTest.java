package org.bookvotes.workers;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.bookvotes.testing.RecordingListener;
import org.junit.jupiter.api.Test;

class WorkerShortageTest {

  private static final Duration AFTER = Duration.ofSeconds(15);

  private final RecordingListener events = new RecordingListener();
  // As a nanoTime may be: about to overflow.
  private long nowNanos = Long.MAX_VALUE - Duration.ofSeconds(10).toNanos();

  private WorkerShortage shortage(Duration fallbackAfter) {
    return new WorkerShortage(fallbackAfter, events, () -> nowNanos);
  }

  private void pass(Duration time) {
    nowNanos += time.toNanos();
  }

  @Test
  void beginsWhenLaunchesHaveBeenRefusedForSoLong() {
    WorkerShortage shortage = shortage(AFTER);
    assertThat(shortage.refused("53000")).isFalse();
    pass(AFTER.minusNanos(1));
    assertThat(shortage.refused("53000")).isFalse();
    assertThat(shortage.isDegraded()).isFalse();
    pass(Duration.ofNanos(1));
    assertThat(shortage.isDegraded()).as("it takes a refusal").isFalse();
    assertThat(shortage.refused("53000")).isTrue();
    assertThat(shortage.refused("53000")).isTrue();
    assertThat(shortage.isDegraded()).isTrue();
    assertThat(events.degraded()).containsExactly(true);
  }

  @Test
  void anyLaunchThatSucceedsBeginsTheCountAnew() {
    WorkerShortage shortage = shortage(AFTER);
    shortage.refused("53000");
    pass(AFTER);
    shortage.launched();
    assertThat(shortage.refused("53000")).isFalse();
    pass(AFTER);
    assertThat(shortage.refused("53000")).isTrue();
    shortage.launched();
    assertThat(shortage.isDegraded()).isFalse();
    assertThat(shortage.refused("53000")).isFalse();
    assertThat(events.degraded()).containsExactly(true, false);
  }

  @Test
  void refusalsFarApartAreNotOneShortage() {
    WorkerShortage shortage = shortage(AFTER);
    shortage.refused("53000");
    pass(WorkerShortage.FORGOTTEN_AFTER.plusNanos(1));
    assertThat(shortage.refused("53000")).isFalse();
    pass(WorkerShortage.FORGOTTEN_AFTER);
    assertThat(shortage.refused("53000")).isTrue();
  }

  @Test
  void whoHasNothingToLaunchDoesNotStayDegraded() {
    WorkerShortage shortage = shortage(AFTER);
    shortage.refused("53000");
    pass(AFTER);
    shortage.refused("53000");
    pass(WorkerShortage.FORGOTTEN_AFTER);
    assertThat(shortage.isDegraded()).isTrue();
    pass(Duration.ofNanos(1));
    assertThat(shortage.isDegraded()).isFalse();
    assertThat(events.degraded()).containsExactly(true, false);
  }

  @Test
  void zeroIsNever() {
    WorkerShortage shortage = shortage(Duration.ZERO);
    for (int i = 0; i < 100; i++) {
      assertThat(shortage.refused("53000")).isFalse();
      pass(AFTER);
    }
    assertThat(events.degraded()).isEmpty();
  }

  @Test
  void onlyWhatWaitingMayMendIsAShortage() {
    assertThat(WorkerShortage.isShortage("53000")).isTrue();
    assertThat(WorkerShortage.isShortage("53400")).isFalse();
    assertThat(WorkerShortage.isShortage("57014")).isFalse();
  }

  @Test
  void aBatchWithoutAWorkerIsSmallAndShort() {
    WorkerCommand.Recalculate usual = new WorkerCommand.Recalculate(1000, Duration.ofSeconds(10));
    assertThat(usual.limit()).isEqualTo(Duration.ofSeconds(70));
    assertThat(usual.workerless())
        .isEqualTo(new WorkerCommand.Recalculate(100, Duration.ZERO, Duration.ofSeconds(5)));
    assertThat(new WorkerCommand.Recalculate(7, Duration.ofSeconds(10)).workerless().batchSize())
        .isEqualTo(7);
  }
}

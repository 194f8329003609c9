package org.bookvotes.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BacklogTest {

  @ParameterizedTest
  @CsvSource({
    "0, 1000, 4, 0",
    "1, 1000, 4, 1",
    "50000, 1000, 4, 1",
    "50001, 1000, 4, 2",
    "100000, 1000, 4, 2",
    "1000000, 1000, 4, 4",
    "1000000, 1000, 1, 1",
    "1000000, 1000, 0, 0",
    "51, 1, 4, 2",
    "1000000, 100000, 1000, 1"
  })
  void isWorthAWorkerForEveryFiftyBatchesBegun(
      long due, int batchSize, int mostWorkers, int worth) {
    Backlog backlog = new Backlog(due, due, 0, Duration.ZERO, Duration.ZERO);
    assertThat(backlog.worthWorkers(batchSize, mostWorkers)).isEqualTo(worth);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1"})
  void booksThatPauseAfterAFailureAreWorthNoWorker(long due, int worth) {
    assertThat(
            new Backlog(1_000_000, due, 0, Duration.ofHours(1), Duration.ZERO)
                .worthWorkers(1000, 4))
        .isEqualTo(worth);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1999, 4, 1",
    "1, 2000, 4, 2",
    "1, 4000, 4, 3",
    "1, 3600000, 4, 4",
    "1, 3600000, 1, 1",
    "0, 3600000, 4, 0"
  })
  void anOverdueBacklogIsWorthOneMoreWorkerEveryTwoSeconds(
      long due, long overdueMillis, int mostWorkers, int worth) {
    Duration overdue = Duration.ofMillis(overdueMillis);
    assertThat(new Backlog(due, due, 0, overdue, overdue).worthWorkers(1000, mostWorkers))
        .isEqualTo(worth);
  }

  @ParameterizedTest
  @CsvSource({"0, 4, 0", "1, 4, 1", "50001, 4, 2", "50001, 1, 1"})
  void whatItIsWorthBySizeDoesNotGrowWithTime(long due, int mostWorkers, int worth) {
    assertThat(
            new Backlog(due, due, 0, Duration.ofHours(1), Duration.ofHours(1))
                .worthWorkersBySize(1000, mostWorkers))
        .isEqualTo(worth);
  }
}

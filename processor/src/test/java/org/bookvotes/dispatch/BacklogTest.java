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
    Backlog backlog = new Backlog(due, due, Duration.ZERO);
    assertThat(backlog.worthWorkers(batchSize, mostWorkers)).isEqualTo(worth);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1"})
  void booksThatPauseAfterAFailureAreWorthNoWorker(long due, int worth) {
    assertThat(new Backlog(1_000_000, due, Duration.ofHours(1)).worthWorkers(1000, 4))
        .isEqualTo(worth);
  }
}

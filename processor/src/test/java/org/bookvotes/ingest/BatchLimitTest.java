package org.bookvotes.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BatchLimitTest {

  private static final Duration SHORT = BatchLimit.LONGEST.dividedBy(10);
  private static final Duration LONG = BatchLimit.LONGEST.multipliedBy(2);

  private final BatchLimit limit = new BatchLimit();

  @Test
  void growsWhileFullBatchesAreWrittenFast() {
    int before = limit.books();
    limit.written(before, SHORT);
    assertThat(limit.books()).isEqualTo(2 * before);
    for (int i = 0; i < 30; i++) {
      limit.written(limit.books(), SHORT);
    }
    assertThat(limit.books()).isEqualTo(BatchLimit.MOST);
  }

  @Test
  void staysIfABatchWasNotFullOrTookAsLongAsItMay() {
    int before = limit.books();
    limit.written(before - 1, SHORT);
    limit.written(before, BatchLimit.LONGEST);
    assertThat(limit.books()).isEqualTo(before);
  }

  @Test
  void shrinksToLessThanWhatTookTooLong() {
    int before = limit.books();
    limit.written(before / 2, LONG);
    assertThat(limit.books()).isEqualTo(before / 4);
    limit.written(before, LONG);
    assertThat(limit.books()).isEqualTo(before / 8);
  }

  @Test
  void shrinksWithEachFailureButNotToNothing() {
    int before = limit.books();
    limit.failed();
    assertThat(limit.books()).isEqualTo(before / 2);
    for (int i = 0; i < 30; i++) {
      limit.failed();
      limit.written(1, LONG);
    }
    assertThat(limit.books()).isEqualTo(BatchLimit.FEWEST);
  }
}

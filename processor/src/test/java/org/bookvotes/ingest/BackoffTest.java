package org.bookvotes.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BackoffTest {

  // A clock that is about to overflow: only differences may be used.
  private final AtomicLong nowNanos = new AtomicLong(Long.MAX_VALUE - 1000);
  private final Backoff backoff = new Backoff(nowNanos::get, new Random(1));

  @Test
  void isDueAtOnceBeforeAnyFailure() {
    assertThat(backoff.remaining()).isZero();
    assertThat(backoff.failures()).isZero();
  }

  @Test
  void doublesFromATenthOfASecondToFiveSecondsAndStaysThere() {
    long fullMillis = 100;
    for (int failure = 1; failure <= 100; failure++) {
      backoff.failed();

      assertThat(backoff.failures()).isEqualTo(failure);
      assertThat(backoff.remaining())
          .isBetween(Duration.ofMillis(fullMillis / 2), Duration.ofMillis(fullMillis));
      fullMillis = Math.min(fullMillis * 2, 5_000);
    }
  }

  @Test
  void jittersSoThatReplicasDoNotComeBackTogether() {
    assertThat(
            new Random(2)
                .longs(50)
                .mapToObj(
                    seed -> {
                      Backoff one = new Backoff(nowNanos::get, new Random(seed));
                      one.failed();
                      return one.remaining();
                    })
                .distinct())
        .hasSizeGreaterThan(40);
  }

  @Test
  void isDueWhenThePauseIsOver() {
    backoff.failed();
    Duration pause = backoff.remaining();

    nowNanos.addAndGet(pause.toNanos() - 1);
    assertThat(backoff.remaining()).isEqualTo(Duration.ofNanos(1));
    nowNanos.addAndGet(1);
    assertThat(backoff.remaining()).isZero();
    nowNanos.addAndGet(Duration.ofDays(1).toNanos());
    assertThat(backoff.remaining()).isZero();
  }

  @Test
  void beginsAnewAfterASuccess() {
    for (int i = 0; i < 20; i++) {
      backoff.failed();
    }

    backoff.succeeded();
    assertThat(backoff.remaining()).isZero();
    assertThat(backoff.failures()).isZero();

    backoff.failed();
    assertThat(backoff.remaining()).isLessThanOrEqualTo(Duration.ofMillis(100));
  }
}

package org.bookvotes.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class WaiterTest {

  private final Waiter waiter = new Waiter();

  @Test
  void waitsByTheClockWhenNobodyWakesIt() throws InterruptedException {
    assertThat(waiter.await(Duration.ofMillis(1))).isFalse();
  }

  @Test
  void aWakeUpThatCameBeforeTheWaitEndsIt() throws InterruptedException {
    waiter.wake();
    assertThat(waiter.await(Duration.ofDays(1))).isTrue();
  }

  @Test
  void wakeUpsThatCameBeforeTheWaitCountAsOne() throws InterruptedException {
    waiter.wake();
    waiter.wake();
    waiter.wake();
    assertThat(waiter.await(Duration.ofDays(1))).isTrue();
    assertThat(waiter.await(Duration.ofMillis(1))).isFalse();
  }

  @Test
  void aWakeUpEndsAWaitThatHasBegun() throws Exception {
    CompletableFuture<Boolean> woken = new CompletableFuture<>();
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    woken.complete(waiter.await(Duration.ofDays(1)));
                  } catch (InterruptedException e) {
                    woken.completeExceptionally(e);
                  }
                });
    Awaitility.await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    waiter.wake();
    assertThat(woken.get(30, TimeUnit.SECONDS)).isTrue();
  }
}

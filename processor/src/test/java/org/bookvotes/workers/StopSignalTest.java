package org.bookvotes.workers;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StopSignalTest {

  private final StopSignal signal = new StopSignal();

  @Test
  void isNotSentAtFirst() throws InterruptedException {
    assertThat(signal.isSent()).isFalse();
    assertThat(signal.await(Duration.ofMillis(1))).isFalse();
  }

  @Test
  void staysSentHoweverOftenItIsSent() throws InterruptedException {
    signal.send();
    signal.send();
    assertThat(signal.isSent()).isTrue();
    assertThat(signal.await(Duration.ZERO)).isTrue();
    assertThat(signal.await(Duration.ofDays(1))).isTrue();
  }

  @Test
  void endsTheWaitsOfAllThreads() throws Exception {
    CompletableFuture<Boolean> one = waiting();
    CompletableFuture<Boolean> other = waiting();
    signal.send();
    assertThat(one.get(30, TimeUnit.SECONDS)).isTrue();
    assertThat(other.get(30, TimeUnit.SECONDS)).isTrue();
  }

  private CompletableFuture<Boolean> waiting() {
    CompletableFuture<Boolean> result = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                result.complete(signal.await(Duration.ofDays(1)));
              } catch (InterruptedException e) {
                result.completeExceptionally(e);
              }
            });
    return result;
  }
}

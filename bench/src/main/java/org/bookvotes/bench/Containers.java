package org.bookvotes.bench;

import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.model.CpuStatsConfig;
import com.github.dockerjava.api.model.CpuUsageConfig;
import com.github.dockerjava.api.model.Statistics;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.testcontainers.containers.GenericContainer;

/** What the container engine knows of a container. */
final class Containers {

  private Containers() {}

  /** Processor time that all processes of the container have used. */
  static Duration cpu(GenericContainer<?> container) {
    CompletableFuture<Statistics> answer = new CompletableFuture<>();
    container
        .getDockerClient()
        .statsCmd(container.getContainerId())
        .withNoStream(true)
        .exec(
            new ResultCallback.Adapter<Statistics>() {
              @Override
              public void onNext(Statistics statistics) {
                answer.complete(statistics);
              }

              @Override
              public void onError(Throwable e) {
                answer.completeExceptionally(e);
              }
            });
    CpuStatsConfig processor = answer.join().getCpuStats();
    CpuUsageConfig usage = processor == null ? null : processor.getCpuUsage();
    Long nanos = usage == null ? null : usage.getTotalUsage();
    if (nanos == null) {
      throw new IllegalStateException("the engine does not tell the processor time of a container");
    }
    return Duration.ofNanos(nanos);
  }
}

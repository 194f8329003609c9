package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.time.Instant;
import java.util.List;
import org.bookvotes.workers.WorkersView.EndedRun;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ClusterStatusTest {

  private static EndedRun run(String replica, @Nullable String address) {
    Instant now = Instant.EPOCH;
    return new EndedRun(
        1,
        "recalculate",
        null,
        1,
        replica,
        null,
        now,
        now,
        "completed",
        null,
        null,
        1,
        1,
        null,
        null,
        null,
        address);
  }

  @Test
  void knowsAReplicaByItsAddressUnlessSeveralShareIt() {
    assertThat(
            ClusterStatus.names(
                List.of(
                    run("a", "10.0.0.1"),
                    run("b", "10.0.0.2"),
                    run("a", "10.0.0.1"),
                    run("c", "10.0.0.3"),
                    run("d", "10.0.0.3"),
                    run("c", "10.0.0.3"),
                    run("e", null))))
        .containsOnly(entry("10.0.0.1", "a"), entry("10.0.0.2", "b"));
  }
}

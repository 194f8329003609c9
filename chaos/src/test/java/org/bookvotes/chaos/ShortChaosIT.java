package org.bookvotes.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

/**
 * A minute of chaos: every kind of fault once, two or three at a time. The long run is {@code make
 * chaos}.
 */
class ShortChaosIT {

  private static final long SEED = 20_260_101;

  @Test
  void nothingIsLostWhateverStrikes() throws Exception {
    Path root = Path.of("..").toRealPath();
    Images.build(root);
    Run.Plan plan =
        new Run.Plan(
            SEED,
            EnumSet.allOf(FaultKind.class),
            0,
            1,
            Duration.ofSeconds(4),
            500,
            3000,
            "bookvotes-chaos-test",
            Images.PROCESSOR,
            root.resolve("chaos"),
            Path.of("target", "runs", "short"));

    Report report = new Run(plan, System.out).execute();

    assertThat(report.checks())
        .allSatisfy(check -> assertThat(check.passed()).as("%s", check).isTrue());
    assertThat(report.incidents()).hasSize(FaultKind.values().length);
  }
}

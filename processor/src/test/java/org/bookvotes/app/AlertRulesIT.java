package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.bookvotes.testing.PrometheusServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.Container.ExecResult;

/** The files of {@code deploy/prometheus}, judged by the Prometheus of the Compose file. */
class AlertRulesIT {

  private static PrometheusServer prometheus;

  /** It starts with them, and says that it is ready: that is a test already. */
  @BeforeAll
  static void start() {
    prometheus = PrometheusServer.start();
  }

  @AfterAll
  static void stop() {
    prometheus.close();
  }

  @Test
  void theConfigurationIsValid() throws IOException, InterruptedException {
    assertPasses("check", "config", PrometheusServer.path("prometheus.yml"));
  }

  @Test
  void theRulesAreValidAndNoneIsThereTwice() throws IOException, InterruptedException {
    assertPasses(
        "check", "rules", "--lint=all", "--lint-fatal", PrometheusServer.path("alerts.yml"));
  }

  @Test
  void theRulesPassTheirUnitTests() throws IOException, InterruptedException {
    assertPasses("test", "rules", PrometheusServer.path("alerts_test.yml"));
  }

  private static void assertPasses(String... command) throws IOException, InterruptedException {
    ExecResult result = prometheus.promtool(command);
    assertThat(result.getExitCode()).as("%s%n%s", result.getStdout(), result.getStderr()).isZero();
    assertThat(result.getStdout() + result.getStderr()).contains("SUCCESS");
  }
}

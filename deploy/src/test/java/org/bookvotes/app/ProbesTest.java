package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import org.bookvotes.deploy.Kustomization;
import org.bookvotes.observability.EventStream;
import org.bookvotes.observability.ManagementServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each probe asks what it is for, of a replica whose database is away. */
class ProbesTest {

  private ManagementServer server;

  static List<Kustomization> overlays() {
    return Kustomization.shipped();
  }

  @BeforeEach
  void startServer() throws IOException {
    server =
        ManagementServer.start(
            0,
            () -> List.of("the database does not answer"),
            () -> "bookvotes_degraded 0\n",
            () -> "status",
            new EventStream(() -> new EventStream.Reading("status", "{}", "{}")),
            new ObjectMapper());
  }

  @AfterEach
  void stopServer() {
    server.close();
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void isNotRestartedForADatabaseThatIsAway(Kustomization overlay) throws Exception {
    JsonNode container = overlay.deployment().container("bookvotes");

    assertThat(status(container.at("/startupProbe/httpGet/path").asText())).isEqualTo(200);
    assertThat(status(container.at("/livenessProbe/httpGet/path").asText())).isEqualTo(200);
    assertThat(status(container.at("/readinessProbe/httpGet/path").asText())).isEqualTo(503);
  }

  @ParameterizedTest
  @MethodSource("overlays")
  void asksThePortThatIsServed(Kustomization overlay) {
    JsonNode container = overlay.deployment().container("bookvotes");

    assertThat(container.findValues("httpGet"))
        .hasSize(3)
        .allSatisfy(
            probe -> assertThat(probe.get("port")).isEqualTo(container.at("/ports/0/name")));
  }

  @Test
  void prometheusReadsThePathThatIsServed() throws Exception {
    JsonNode endpoint =
        Kustomization.production().only("PodMonitor").at("/spec/podMetricsEndpoints/0");

    assertThat(status(endpoint.path("path").asText())).isEqualTo(200);
    assertThat(endpoint.path("port").asText()).isEqualTo("http");
  }

  private int status(String path) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path)).build();
      return client.send(request, BodyHandlers.discarding()).statusCode();
    }
  }
}

package org.bookvotes.observability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ManagementServerTest {

  private final AtomicReference<List<String>> notReady = new AtomicReference<>(List.of());
  private final AtomicReference<Supplier<?>> status =
      new AtomicReference<>(() -> Map.of("ready", true));
  private final HttpClient http = HttpClient.newHttpClient();
  private ManagementServer server;

  @BeforeEach
  void start() throws IOException {
    server =
        ManagementServer.start(
            0,
            notReady::get,
            () -> "some_total 1\n",
            () -> status.get().get(),
            new EventStream(() -> new EventStream.Reading("status", "complete", "update")),
            new ObjectMapper());
  }

  @AfterEach
  void stop() {
    server.close();
    http.close();
  }

  private HttpResponse<String> send(String method, String path)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void isReadyUntilThereIsAReasonNotTo() throws Exception {
    assertThat(send("GET", "/health/ready").statusCode()).isEqualTo(200);

    notReady.set(List.of("the database does not answer", "no partitions assigned yet"));
    HttpResponse<String> answer = send("GET", "/health/ready");

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).contains("the database does not answer; no partitions assigned yet");
    assertThat(send("GET", "/health/live").statusCode()).isEqualTo(200);
  }

  @Test
  void servesMetricsAndStatus() throws Exception {
    assertThat(send("GET", "/metrics").body()).isEqualTo("some_total 1\n");
    HttpResponse<String> answer = send("GET", "/api/status");
    assertThat(answer.body().strip()).isEqualTo("{\"ready\":true}");
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
  }

  @Test
  void answers503WhenTheStatusCannotBeTold() throws Exception {
    status.set(
        () -> {
          throw new IllegalStateException("the database is away, password hunter2");
        });
    HttpResponse<String> answer = send("GET", "/api/status");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).doesNotContain("hunter2");
  }

  @Test
  void servesThePageWithAStrictPolicyAndNothingFromElsewhere() throws Exception {
    HttpResponse<String> page = send("GET", "/");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
        .startsWith("default-src 'self'");
    for (String part :
        List.of("/", "/page.js", "/view.js", "/charts.js", "/format.js", "/page.css")) {
      assertThat(send("GET", part).body())
          .isNotBlank()
          .doesNotContain("http://", "https://", "innerHTML");
    }
    assertThat(page.body())
        .as("nothing inline, which the policy forbids")
        .doesNotContain("style=", "<style", "onclick")
        .doesNotContainPattern("<script(?![^>]*src=)");
    // The URL of its project is in its comment.
    HttpResponse<String> charts = send("GET", "/uplot.js");
    assertThat(charts.body()).contains("uPlot");
    assertThat(charts.headers().firstValue("Content-Type"))
        .contains("text/javascript; charset=utf-8");
    assertThat(send("GET", "/uplot.css").body()).contains(".uplot");
    assertThat(send("GET", "/icon.svg").headers().firstValue("Content-Type"))
        .contains("image/svg+xml");
  }

  @Test
  void knowsNothingElseAndChangesNothing() throws Exception {
    assertThat(send("GET", "/health/live/deeper").statusCode()).isEqualTo(404);
    assertThat(send("GET", "/secrets").statusCode()).isEqualTo(404);
    assertThat(send("POST", "/api/status").statusCode()).isEqualTo(405);
    assertThat(send("DELETE", "/").statusCode()).isEqualTo(405);
    assertThat(send("HEAD", "/metrics").body()).isEmpty();
    assertThat(send("POST", "/api/events").statusCode()).isEqualTo(405);
    assertThat(send("GET", "/api/events/deeper").statusCode()).isEqualTo(404);
    HttpResponse<String> head = send("HEAD", "/api/events");
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.headers().firstValue("Content-Type")).contains("text/event-stream");
    assertThat(head.headers().firstValue("Content-Security-Policy")).isPresent();
  }

  @Test
  void namesTheSettingWhenThePortIsTaken() {
    assertThatThrownBy(
            () ->
                ManagementServer.start(
                    server.port(),
                    List::of,
                    () -> "",
                    () -> "",
                    new EventStream(() -> new EventStream.Reading("", "", "")),
                    new ObjectMapper()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("HTTP_PORT " + server.port());
  }
}

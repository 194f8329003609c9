package org.bookvotes.observability;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves health, metrics, status and the page over HTTP. Read-only: there is no way to change
 * anything through it. Thread-safe.
 */
public final class ManagementServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ManagementServer.class);

  /** How long {@link #close} waits for answers that are being given. */
  public static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

  private static final Map<String, String> PAGE =
      Map.of(
          "/", "text/html; charset=utf-8",
          "/page.js", "text/javascript; charset=utf-8",
          "/page.css", "text/css; charset=utf-8");

  /** What makes up an answer of its own. */
  @FunctionalInterface
  private interface Handler {
    Answer answer() throws Exception;
  }

  private record Answer(int status, String contentType, String body) {}

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private ManagementServer(HttpServer server) {
    this.server = server;
  }

  /**
   * Starts serving.
   *
   * @param port 0 for any free one
   * @param notReady the reasons why this replica is not ready, empty if it is
   * @param metrics all meters in Prometheus' text format
   * @param status what {@code /api/status} answers
   * @param json writes {@code status}
   * @throws IOException if the port is taken
   */
  public static ManagementServer start(
      int port,
      Supplier<List<String>> notReady,
      Supplier<String> metrics,
      Supplier<?> status,
      ObjectMapper json)
      throws IOException {
    HttpServer http;
    try {
      http = HttpServer.create(new InetSocketAddress(port), 0);
    } catch (IOException e) {
      throw new IOException(
          "HTTP_PORT "
              + port
              + " cannot be had ("
              + e.getMessage()
              + "): free it or choose another",
          e);
    }
    ManagementServer server = new ManagementServer(http);
    server.serve("/health/live", () -> new Answer(200, "text/plain; charset=utf-8", "live\n"));
    server.serve(
        "/health/ready",
        () -> {
          List<String> reasons = notReady.get();
          return reasons.isEmpty()
              ? new Answer(200, "text/plain; charset=utf-8", "ready\n")
              : new Answer(
                  503,
                  "text/plain; charset=utf-8",
                  "not ready: " + String.join("; ", reasons) + "\n");
        });
    server.serve(
        "/metrics",
        () -> new Answer(200, "text/plain; version=0.0.4; charset=utf-8", metrics.get()));
    server.serve(
        "/api/status",
        () -> new Answer(200, "application/json", json.writeValueAsString(status.get()) + "\n"));
    PAGE.forEach(
        (path, type) -> {
          String body = resource(path.equals("/") ? "page/index.html" : "page" + path);
          server.serve(path, () -> new Answer(200, type, body));
        });
    http.setExecutor(server.threads);
    http.start();
    LOG.info("serving on port {}", server.port());
    return server;
  }

  /** The port that is served. */
  public int port() {
    return server.getAddress().getPort();
  }

  private void serve(String path, Handler handler) {
    server.createContext(
        path,
        exchange -> {
          try (exchange) {
            // A context is a prefix; "/" would answer for everything.
            if (!exchange.getRequestURI().getPath().equals(path)) {
              send(exchange, new Answer(404, "text/plain; charset=utf-8", "not found\n"));
            } else if (!exchange.getRequestMethod().equals("GET")
                && !exchange.getRequestMethod().equals("HEAD")) {
              exchange.getResponseHeaders().set("Allow", "GET, HEAD");
              send(exchange, new Answer(405, "text/plain; charset=utf-8", "only GET\n"));
            } else {
              send(exchange, answer(path, handler));
            }
          }
        });
  }

  private static Answer answer(String path, Handler handler) {
    try {
      return handler.answer();
    } catch (Exception e) {
      LOG.warn("{} cannot be answered: {}", path, e.toString());
      return new Answer(503, "text/plain; charset=utf-8", "cannot be told now, the log says why\n");
    }
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
    var headers = exchange.getResponseHeaders();
    headers.set("Content-Type", answer.contentType());
    headers.set("Cache-Control", "no-store");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set(
        "Content-Security-Policy",
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(answer.status(), -1);
      return;
    }
    exchange.sendResponseHeaders(answer.status(), body.length);
    exchange.getResponseBody().write(body);
  }

  private static String resource(String name) {
    try (InputStream in = ManagementServer.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing: the jar is broken, build it again");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(name + " cannot be read", e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    // An answer that hangs on the database must not hold up the end.
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.debug("an answer is left behind");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

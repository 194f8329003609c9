package org.bookvotes.observability;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
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

  private static final String TEXT = "text/plain; charset=utf-8";

  /** In seconds: a page somewhere may have been closed by then. */
  private static final String RETRY_AFTER = "10";

  /** What makes up an answer of its own. */
  @FunctionalInterface
  private interface Handler {
    Answer answer() throws Exception;
  }

  /** Answers on its own. */
  @FunctionalInterface
  private interface Responder {
    void respond(HttpExchange exchange) throws IOException;
  }

  @SuppressWarnings("ArrayRecordComponent") // Written to the wire, never compared.
  private record Answer(int status, String contentType, byte[] body) {
    Answer(int status, String contentType, String body) {
      this(status, contentType, body.getBytes(StandardCharsets.UTF_8));
    }
  }

  private final HttpServer server;
  private final EventStream events;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private ManagementServer(HttpServer server, EventStream events) {
    this.server = server;
    this.events = events;
  }

  /**
   * Starts serving.
   *
   * @param port 0 for any free one
   * @param notReady the reasons why this replica is not ready, empty if it is
   * @param metrics all meters in Prometheus' text format
   * @param status what {@code /api/status} answers
   * @param events what {@code /api/events} sends; closed with the server, or if it does not start
   * @param json writes {@code status}
   * @throws IOException if the port is taken
   */
  public static ManagementServer start(
      int port,
      Supplier<List<String>> notReady,
      Supplier<String> metrics,
      Supplier<?> status,
      EventStream events,
      ObjectMapper json)
      throws IOException {
    HttpServer http;
    try {
      http = HttpServer.create(new InetSocketAddress(port), 0);
    } catch (IOException e) {
      events.close();
      throw new IOException(
          "HTTP_PORT "
              + port
              + " cannot be had ("
              + e.getMessage()
              + "): free it or choose another",
          e);
    }
    ManagementServer server = new ManagementServer(http, events);
    server.serve("/health/live", () -> new Answer(200, TEXT, "live\n"));
    server.serve(
        "/health/ready",
        () -> {
          List<String> reasons = notReady.get();
          return reasons.isEmpty()
              ? new Answer(200, TEXT, "ready\n")
              : new Answer(503, TEXT, "not ready: " + String.join("; ", reasons) + "\n");
        });
    server.serve(
        "/metrics",
        () -> new Answer(200, "text/plain; version=0.0.4; charset=utf-8", metrics.get()));
    server.serve(
        "/api/status",
        () -> new Answer(200, "application/json", json.writeValueAsString(status.get()) + "\n"));
    PageFiles.read()
        .forEach(
            (path, file) ->
                server.serve(path, () -> new Answer(200, file.contentType(), file.bytes())));
    server.respond("/api/events", server::stream);
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
    respond(path, exchange -> send(exchange, answer(path, handler)));
  }

  private void respond(String path, Responder responder) {
    server.createContext(
        path,
        exchange -> {
          try (exchange) {
            // A context is a prefix; "/" would answer for everything.
            if (!exchange.getRequestURI().getPath().equals(path)) {
              send(exchange, new Answer(404, TEXT, "not found\n"));
            } else if (!exchange.getRequestMethod().equals("GET")
                && !exchange.getRequestMethod().equals("HEAD")) {
              exchange.getResponseHeaders().set("Allow", "GET, HEAD");
              send(exchange, new Answer(405, TEXT, "only GET\n"));
            } else {
              responder.respond(exchange);
            }
          }
        });
  }

  /** Sends events for as long as they are read. */
  private void stream(HttpExchange exchange) throws IOException {
    if (exchange.getRequestMethod().equals("HEAD")) {
      setHeaders(exchange, "text/event-stream");
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    Optional<EventStream.Subscriber> place = events.subscribe();
    if (place.isEmpty()) {
      exchange.getResponseHeaders().set("Retry-After", RETRY_AFTER);
      send(exchange, new Answer(503, TEXT, "too many watch already\n"));
      return;
    }
    try (EventStream.Subscriber subscriber = place.get()) {
      setHeaders(exchange, "text/event-stream");
      // Until it is closed.
      exchange.sendResponseHeaders(200, 0);
      subscriber.sendTo(exchange.getResponseBody());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Answer answer(String path, Handler handler) {
    try {
      return handler.answer();
    } catch (Exception e) {
      LOG.warn("{} cannot be answered: {}", path, e.toString());
      return new Answer(503, TEXT, "cannot be told now, the log says why\n");
    }
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    setHeaders(exchange, answer.contentType());
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(answer.status(), -1);
      return;
    }
    exchange.sendResponseHeaders(answer.status(), answer.body().length);
    exchange.getResponseBody().write(answer.body());
  }

  private static void setHeaders(HttpExchange exchange, String contentType) {
    var headers = exchange.getResponseHeaders();
    headers.set("Content-Type", contentType);
    headers.set("Cache-Control", "no-store");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Referrer-Policy", "no-referrer");
    headers.set(
        "Content-Security-Policy",
        "default-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
  }

  @Override
  public void close() {
    events.close();
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

package org.bookvotes.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;

/**
 * A Prometheus with the files of {@code deploy/prometheus}, in the image of the Compose file.
 * Thread-safe.
 *
 * <p>It reaches a processor on the host by the name {@code host.docker.internal}, which stands for
 * the engine's gateway: the network of the host itself would do on Linux only, and Testcontainers'
 * own way to the host needs an image more, which a machine without a registry does not have.
 */
public final class PrometheusServer implements AutoCloseable {

  /** Where the files of {@code deploy/prometheus} are, seen from the module. */
  public static final Path FILES = Path.of("..", "deploy", "prometheus");

  private static final String DIRECTORY = "/etc/prometheus/";
  private static final int PORT = 9090;
  private static final String HOST = "host.docker.internal";
  private static final Set<String> SELECTORS = Set.of("vectorSelector", "matrixSelector");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final GenericContainer<?> container;
  private final HttpClient client = HttpClient.newHttpClient();

  private PrometheusServer(GenericContainer<?> container) {
    this.container = container;
  }

  /** One with the configuration as it is, whose targets are nowhere. The caller closes it. */
  public static PrometheusServer start() {
    return start(read("prometheus.yml"));
  }

  /**
   * One that scrapes the processor on {@code port} of this host, and evaluates the rules, every
   * second. The caller closes it.
   */
  public static PrometheusServer scraping(int port) {
    String config = read("prometheus.yml");
    config = replaced(config, "scrape_interval: 5s", "scrape_interval: 1s");
    config = replaced(config, "evaluation_interval: 15s", "evaluation_interval: 1s");
    return start(replaced(config, "\"processor:8080\"", "\"" + HOST + ":" + port + "\""));
  }

  @SuppressWarnings("resource")
  private static PrometheusServer start(String config) {
    GenericContainer<?> container =
        new GenericContainer<>(DockerImageName.parse("prom/prometheus:v3.5.0"));
    container
        .withExposedPorts(PORT)
        .withExtraHost(HOST, "host-gateway")
        .withCopyToContainer(Transferable.of(config), DIRECTORY + "prometheus.yml")
        .withCopyToContainer(Transferable.of(read("alerts.yml")), DIRECTORY + "alerts.yml")
        .withCopyToContainer(
            Transferable.of(read("alerts_test.yml")), DIRECTORY + "alerts_test.yml")
        .waitingFor(
            Wait.forHttp("/-/ready").forPort(PORT).withStartupTimeout(Duration.ofMinutes(2)));
    container.start();
    return new PrometheusServer(container);
  }

  private static String read(String name) {
    try {
      return Files.readString(FILES.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String replaced(String text, String part, String by) {
    if (!text.contains(part)) {
      throw new IllegalStateException("prometheus.yml has no " + part + " any more");
    }
    return text.replace(part, by);
  }

  /** Its address, seen from the host. */
  public String url() {
    return "http://" + container.getHost() + ":" + container.getMappedPort(PORT);
  }

  /** Runs {@code promtool} beside its configuration. */
  public ExecResult promtool(String... args) throws IOException, InterruptedException {
    String[] command = new String[args.length + 1];
    command[0] = "promtool";
    System.arraycopy(args, 0, command, 1, args.length);
    // Debian's image and the official one have different working directories: all paths are whole.
    return container.execInContainer(command);
  }

  /** The path of one of its files in the container. */
  public static String path(String name) {
    return DIRECTORY + name;
  }

  /**
   * What an expression evaluates to now: a vector's elements.
   *
   * @throws IllegalArgumentException if it is none that Prometheus can evaluate; its message says
   *     why
   */
  public JsonNode query(String expression) {
    return ask("query", Map.of("query", expression)).path("result");
  }

  /** The names of the metrics that an expression selects. */
  public Set<String> metricsIn(String expression) {
    Set<String> names = new TreeSet<>();
    collectMetrics(ask("parse_query", Map.of("query", expression)), names);
    return names;
  }

  private static void collectMetrics(JsonNode node, Set<String> names) {
    // Functions and the matchers of labels have names too.
    if (SELECTORS.contains(node.path("type").asText())) {
      names.add(node.path("name").asText());
    }
    node.forEach(child -> collectMetrics(child, names));
  }

  /** Values of a label, of all series or of those that {@code selector} selects. */
  public Set<String> labelValues(String label, String selector) {
    Set<String> values = new TreeSet<>();
    ask("label/" + label + "/values", selector.isEmpty() ? Map.of() : Map.of("match[]", selector))
        .forEach(value -> values.add(value.asText()));
    return values;
  }

  /** The groups of rules with what became of their evaluation. */
  public JsonNode ruleGroups() {
    return ask("rules", Map.of()).path("groups");
  }

  private JsonNode ask(String path, Map<String, String> parameters) {
    StringBuilder url = new StringBuilder(url() + "/api/v1/" + path + "?");
    parameters.forEach(
        (name, value) ->
            url.append(URLEncoder.encode(name, UTF_8))
                .append('=')
                .append(URLEncoder.encode(value, UTF_8))
                .append('&'));
    try {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(URI.create(url.toString()))
                  .timeout(Duration.ofSeconds(30))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      JsonNode answer = JSON.readTree(response.body());
      if (response.statusCode() != 200) {
        throw new IllegalArgumentException(
            parameters.values() + ": " + answer.path("error").asText());
      }
      return answer.path("data");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    client.close();
    container.close();
  }
}

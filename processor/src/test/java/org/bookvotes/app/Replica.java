package org.bookvotes.app;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;

/** A replica under test, in this JVM or in one of its own, seen through its management port. */
interface Replica extends AutoCloseable {

  /** Settings of a replica on these servers: a free HTTP port, all else as by default. */
  static Map<Setting, String> settings(TestDatabase database, TestTopics topics) {
    Map<Setting, String> settings = new EnumMap<>(Setting.class);
    settings.put(Setting.KAFKA_BOOTSTRAP_SERVERS, topics.bootstrapServers());
    settings.put(Setting.VOTES_TOPIC, topics.votes());
    settings.put(Setting.DEAD_LETTER_TOPIC, topics.deadLetters());
    settings.put(Setting.CONSUMER_GROUP, "group-of-" + topics.votes());
    settings.put(Setting.DATABASE_URL, database.url());
    settings.put(Setting.DATABASE_USER, database.user());
    settings.put(Setting.DATABASE_PASSWORD, database.password());
    settings.put(Setting.HTTP_PORT, "0");
    return settings;
  }

  /** Starts a replica in this JVM. */
  static Replica inProcess(Map<Setting, String> settings) {
    try {
      return of(Processor.start(ProcessorConfig.read(settings, Map.of())));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A replica in this JVM. */
  static Replica of(Processor processor) {
    return new Replica() {
      @Override
      public int port() {
        return processor.port();
      }

      @Override
      public void close() {
        processor.close();
      }
    };
  }

  /** The management port. */
  int port();

  /** Stops in order. */
  @Override
  void close();

  /** Waits until the replica is ready. */
  default Replica awaitReady() {
    Awaitility.await("replica ready")
        .atMost(Duration.ofSeconds(60))
        .until(() -> get("/health/ready").statusCode() == 200);
    return this;
  }

  /** Asks the management port. */
  default HttpResponse<String> get(String path) {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://localhost:" + port() + path))
              .timeout(Duration.ofSeconds(20))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new IllegalStateException(path + " does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /**
   * The value of one sample of {@code /metrics}.
   *
   * @param sample name and labels as they stand there, such as {@code
   *     bookvotes_votes_total{vote="UP"}}
   */
  default double metric(String sample) {
    Matcher line =
        Pattern.compile("(?m)^" + Pattern.quote(sample) + " (\\S+)$")
            .matcher(get("/metrics").body());
    if (!line.find()) {
      throw new AssertionError("no sample " + sample + " in /metrics");
    }
    return Double.parseDouble(line.group(1));
  }
}

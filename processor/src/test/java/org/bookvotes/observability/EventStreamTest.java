package org.bookvotes.observability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Over real HTTP, as browsers read it. */
class EventStreamTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration PERIOD = Duration.ofMillis(10);
  private static final Duration NEVER = Duration.ofHours(1);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<Client> clients = new ArrayList<>();
  private final AtomicInteger reads = new AtomicInteger();
  private @Nullable ManagementServer server;
  private @Nullable EventStream stream;

  /** Readings {@code complete 1}, {@code update 1}, {@code complete 2} and so on. */
  private EventStream.Reading count() {
    return count("");
  }

  private EventStream.Reading count(String padding) {
    int number = reads.incrementAndGet();
    return new EventStream.Reading(
        "status", "complete " + number + padding, "update " + number + padding);
  }

  private EventStream serve(EventStream.Source source) throws IOException {
    return serve(new EventStream(source, PERIOD, NEVER, NEVER));
  }

  private EventStream serve(EventStream events) throws IOException {
    stream = events;
    server = ManagementServer.start(0, List::of, () -> "", () -> "", events, new ObjectMapper());
    return events;
  }

  @AfterEach
  void close() {
    if (server != null) {
      server.close();
    }
    http.shutdownNow();
  }

  private record Event(String name, String text) {
    boolean isComplete() {
      return text.startsWith("complete");
    }

    int number() {
      return Integer.parseInt(text.replaceFirst("^\\w+ (\\d+).*", "$1"));
    }
  }

  private static final class Client {
    private final HttpResponse<java.io.InputStream> response;
    private final BufferedReader lines;

    Client(HttpResponse<java.io.InputStream> response) {
      this.response = response;
      this.lines =
          new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    /** The next line that is not empty; null at the end. */
    @Nullable String line() throws IOException {
      String line = lines.readLine();
      while (line != null && line.isEmpty()) {
        line = lines.readLine();
      }
      return line;
    }

    Event event() throws IOException {
      String name = line();
      while (name != null && !name.startsWith("event: ")) {
        name = line();
      }
      String text = line();
      if (name == null || text == null) {
        throw new IOException("the stream has ended");
      }
      return new Event(name.substring("event: ".length()), text.substring("data: ".length()));
    }

    List<Event> events(int count) throws IOException {
      List<Event> events = new ArrayList<>();
      while (events.size() < count) {
        events.add(event());
      }
      return events;
    }

    void close() throws IOException {
      response.body().close();
    }
  }

  private Client subscribe() throws IOException, InterruptedException {
    if (server == null) {
      throw new IllegalStateException("nothing is served");
    }
    Client client =
        new Client(
            http.send(
                HttpRequest.newBuilder(
                        URI.create("http://localhost:" + server.port() + "/api/events"))
                    .build(),
                HttpResponse.BodyHandlers.ofInputStream()));
    clients.add(client);
    return client;
  }

  @Test
  void tellsAllSubscribersTheSameAndEachAllOfItFirst() throws Exception {
    serve(this::count);
    Client first = subscribe();
    assertThat(first.response.headers().firstValue("Content-Type")).contains("text/event-stream");
    assertThat(first.line()).isEqualTo("retry: 1000");
    List<Event> seen = first.events(3);
    assertThat(seen.getFirst().isComplete()).isTrue();

    Client second = subscribe();
    Event entry = second.event();
    assertThat(entry.isComplete()).isTrue();
    assertThat(entry.number()).isGreaterThanOrEqualTo(seen.getLast().number());

    // Whatever follows what was seen is told as a change of it, to both.
    assertFollows(seen.getLast(), first.events(20));
    assertFollows(entry, second.events(20));
  }

  private static void assertFollows(Event before, List<Event> events) {
    Event last = before;
    for (Event event : events) {
      assertThat(event.isComplete())
          .as("%s after %s", event, last)
          .isEqualTo(event.number() != last.number() + 1);
      assertThat(event.number()).isGreaterThan(last.number());
      last = event;
    }
  }

  @Test
  void asksOnlyWhileSomebodySubscribes() throws Exception {
    EventStream events = serve(this::count);
    await().during(PERIOD.multipliedBy(20)).until(() -> reads.get() == 0);

    Client client = subscribe();
    client.events(3);
    client.close();
    await().atMost(PATIENCE).until(() -> events.subscriberCount() == 0);
    // One may have been under way.
    await().atMost(PATIENCE).during(PERIOD.multipliedBy(20)).until(new Unchanged()::isUnchanged);

    int before = reads.get();
    assertThat(subscribe().event().number())
        .as("not what was read for somebody else")
        .isGreaterThan(before);
  }

  /** Whether nothing was read since it was asked last. */
  private final class Unchanged {
    private int last = -1;

    boolean isUnchanged() {
      int now = reads.get();
      boolean unchanged = now == last;
      last = now;
      return unchanged;
    }
  }

  @Test
  void aSlowSubscriberMissesReadingsAndHoldsUpNobody() throws Exception {
    String padding = " " + "x".repeat(1 << 20);
    serve(() -> count(padding));
    Client slow = subscribe();
    Event last = slow.event();

    // Far more than any buffer between us holds.
    Client quick = subscribe();
    int reached = 0;
    while (reached < 60) {
      reached = quick.event().number();
    }

    boolean missed = false;
    while (!missed && last.number() < 60) {
      Event event = slow.event();
      missed = event.number() > last.number() + 1;
      assertThat(event.isComplete()).as("after a gap, and only then").isEqualTo(missed);
      last = event;
    }
    assertThat(missed).isTrue();
  }

  @Test
  void aSubscriberThatTakesNothingLosesItsPlace() throws Exception {
    String padding = " " + "x".repeat(1 << 20);
    EventStream events =
        serve(new EventStream(() -> count(padding), PERIOD, NEVER, Duration.ofMillis(200)));
    assertThat(subscribe().event().isComplete()).isTrue();
    await().atMost(PATIENCE).until(() -> events.subscriberCount() == 0);
  }

  @Test
  void turnsAwayWhoComesWhenAllPlacesAreTaken() throws Exception {
    EventStream events = serve(this::count);
    for (int i = 0; i < EventStream.MOST_SUBSCRIBERS; i++) {
      subscribe();
    }
    HttpResponse<?> refused = subscribe().response;
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("Retry-After")).contains("10");

    clients.getFirst().close();
    await().atMost(PATIENCE).until(() -> events.subscriberCount() < EventStream.MOST_SUBSCRIBERS);
    Client late = subscribe();
    assertThat(late.response.statusCode()).isEqualTo(200);
    assertThat(late.event().isComplete()).isTrue();
  }

  @Test
  void saysThatItCannotBeToldButNotWhyAndGoesOn() throws Exception {
    serve(
        () -> {
          if (reads.get() == 1) {
            reads.incrementAndGet();
            throw new IllegalStateException("password hunter2");
          }
          return count();
        });
    List<Event> told = subscribe().events(3);
    assertThat(told).extracting(Event::name).containsExactly("status", "trouble", "status");
    assertThat(told.toString()).contains("the log says why").doesNotContain("hunter2");
  }

  @Test
  void givesASignOfLifeWhileAReadingTakesLong() throws Exception {
    CountDownLatch hanging = new CountDownLatch(1);
    serve(
        new EventStream(
            () -> {
              hanging.await();
              return count();
            },
            PERIOD,
            PERIOD,
            NEVER));
    Client client = subscribe();
    assertThat(client.line()).isEqualTo("retry: 1000");
    assertThat(client.line()).isEqualTo(": nothing new");
    assertThat(client.line()).isEqualTo(": nothing new");
    hanging.countDown();
    assertThat(client.event().isComplete()).isTrue();
  }

  @Test
  void endsAllStreamsAtAStopThoughAReadingHangs() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    CountDownLatch hanging = new CountDownLatch(1);
    AtomicInteger interrupted = new AtomicInteger();
    serve(
        () -> {
          if (reads.get() == 3) {
            hanging.countDown();
            try {
              never.await();
            } catch (InterruptedException e) {
              interrupted.incrementAndGet();
              throw e;
            }
          }
          return count();
        });
    Client client = subscribe();
    CompletableFuture<Void> end =
        CompletableFuture.runAsync(
            () -> {
              try {
                while (client.line() != null) {
                  reads.get();
                }
              } catch (IOException e) {
                // The connection was closed: an end, too.
              }
            },
            Thread::startVirtualThread);
    assertThat(hanging.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(end).isNotDone();

    ManagementServer running = server;
    if (running != null) {
      running.close();
    }
    end.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    await().atMost(PATIENCE).until(() -> interrupted.get() == 1);
    assertThatCode(this::closeStream).as("again").doesNotThrowAnyException();
  }

  private void closeStream() {
    if (stream != null) {
      stream.close();
    }
  }
}

package org.bookvotes.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteEventCodec;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.Schema;
import org.bookvotes.testing.Dashboard;
import org.bookvotes.testing.Dashboard.LabelQuery;
import org.bookvotes.testing.Dashboard.Query;
import org.bookvotes.testing.PrometheusServer;
import org.bookvotes.testing.Runbook;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.bookvotes.testing.VoteLoad;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * A Prometheus looks at a replica to which happens what the dashboards show: votes, letters, a
 * server without workers, vacuums that remove rows and one that is blocked. Then every query of
 * every dashboard must have data. That Grafana shows it is not tested here.
 */
class DashboardsIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  // One of the three belongs to the launcher of logical replication.
  private static final int POOL = 2;
  // Enough dead rows for a vacuum, if all of them are updated.
  private static final int BOOKS = 3_000;
  private static final int BOOKS_VOTED_FOR = 200;
  private static final String WORKERS_TAKEN = "SELECT pg_sleep(600)";

  /** As Grafana fills them in, but for the interval: what happened two minutes ago shall count. */
  private static final Map<String, String> VARIABLES =
      Map.of("job", "bookvotes", "instance", ".*", "__rate_interval", "2m", "__range", "5m");

  private static PostgreSQLContainer server;
  private static TestDatabase database;
  private static TestTopics topics;
  private static Replica replica;
  private static VoteLoad load;
  private static Connection oldSnapshot;
  private static PrometheusServer prometheus;

  @BeforeAll
  static void letEverythingHappen() throws SQLException {
    server = Servers.newPostgres("max_worker_processes=" + (POOL + 1));
    database = Servers.newEmptyDatabase(server);
    try (Database pool = database.open(2)) {
      new Schema(pool.pool()).migrate();
    }
    // Only our own vacuums, and every update leaves a dead row.
    database.execute("ALTER TABLE books SET (autovacuum_enabled = false, fillfactor = 100)");
    database.insertBooks(BOOKS);
    topics = Servers.newTopics(3);
    Map<Setting, String> settings = Replica.settings(database, topics);
    settings.put(Setting.WORKER_SLOTS, "2");
    settings.put(Setting.FALLBACK_AFTER, "PT1S");
    replica = Replica.inProcess(settings).awaitReady();
    prometheus = PrometheusServer.scraping(replica.port());
    // What happens before the first scrape is no increase to Prometheus.
    Awaitility.await("a scrape")
        .atMost(PATIENCE)
        .until(() -> hasNumber(prometheus.query("bookvotes_dead_letters_total")));

    load = VoteLoad.start(new Tally(21, BOOKS_VOTED_FOR), topics, database);
    load.awaitCounted(2_000);
    sendWhatCannotBeCounted();
    takeAllWorkers();
    awaitMetric("bookvotes_worker_launch_retries_total{sqlstate=\"53000\"}");
    awaitMetric("bookvotes_fallback_books_total");
    giveThemBack();

    makeDeadRows();
    awaitMetric("bookvotes_vacuum_removed_rows_total");
    oldSnapshot = database.connect();
    oldSnapshot.setAutoCommit(false);
    oldSnapshot.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    try (Statement statement = oldSnapshot.createStatement()) {
      statement.execute("SELECT count(*) FROM books");
    }
    makeDeadRows();
    awaitMetric("bookvotes_vacuum_blocked{cause=\"snapshot\"}");
    // The JVM of a test may have come this far without.
    System.gc();
  }

  @AfterAll
  static void stop() throws SQLException {
    oldSnapshot.close();
    load.close();
    prometheus.close();
    replica.close();
    topics.close();
    server.close();
  }

  @Test
  void everyPanelHasData() {
    List<Query> queries = new ArrayList<>();
    Dashboard.all().forEach(dashboard -> queries.addAll(dashboard.panelQueries(VARIABLES)));
    assertThat(queries).isNotEmpty();
    List<String> wanting = new ArrayList<>();
    Awaitility.await("data in every panel")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () -> {
              wanting.clear();
              for (Query query : queries) {
                if (!hasNumber(prometheus.query(query.expression()))) {
                  wanting.add(query.place() + ": " + query.expression());
                }
              }
              assertThat(wanting).as("panels without data").isEmpty();
            });
  }

  @Test
  void everyVariableOffersSomething() {
    for (Dashboard dashboard : Dashboard.all()) {
      for (LabelQuery query : dashboard.variableQueries(VARIABLES)) {
        Awaitility.await(query.place())
            .atMost(PATIENCE)
            .until(() -> !prometheus.labelValues(query.label(), query.selector()).isEmpty());
      }
    }
  }

  @Test
  void nobodyAsksForAMetricThatIsNotThere() {
    List<Query> queries = new ArrayList<>();
    for (Dashboard dashboard : Dashboard.all()) {
      queries.addAll(dashboard.panelQueries(VARIABLES));
      queries.addAll(dashboard.annotationQueries(VARIABLES));
    }
    for (Runbook.Block block : Runbook.read().blocks()) {
      block.asked().forEach(asked -> queries.add(new Query(block.toString(), asked)));
    }
    for (JsonNode group : prometheus.ruleGroups()) {
      for (JsonNode rule : group.path("rules")) {
        queries.add(new Query(rule.path("name").asText(), rule.path("query").asText()));
      }
    }
    List<String> unknown = new ArrayList<>();
    // A rule's result is there when it has been evaluated, and some meters appear with their event.
    Awaitility.await("all metrics known")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () -> {
              unknown.clear();
              Set<String> known = prometheus.labelValues("__name__", "");
              for (Query query : queries) {
                Set<String> names = new TreeSet<>(prometheus.metricsIn(query.expression()));
                names.removeAll(known);
                names.forEach(name -> unknown.add(query.place() + ": " + name));
              }
              assertThat(unknown).as("metrics that Prometheus does not know").isEmpty();
            });
  }

  @Test
  void everyRuleCanBeEvaluated() {
    Awaitility.await("all rules evaluated")
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              for (JsonNode group : prometheus.ruleGroups()) {
                for (JsonNode rule : group.path("rules")) {
                  assertThat(rule.path("health").asText())
                      .as("%s: %s", rule.path("name").asText(), rule.path("lastError").asText())
                      .isEqualTo("ok");
                }
              }
            });
  }

  @Test
  void theAlertOfDeadLettersFires() {
    Awaitility.await("the alert")
        .atMost(PATIENCE)
        .until(
            () ->
                hasNumber(
                    prometheus.query(
                        "ALERTS{alertname=\"BookvotesDeadLettersArriving\", alertstate=\"firing\"}")));
  }

  private static boolean hasNumber(JsonNode vector) {
    for (JsonNode element : vector) {
      if (!element.path("value").path(1).asText().equals("NaN")) {
        return true;
      }
    }
    return false;
  }

  private static void sendWhatCannotBeCounted() {
    VoteEvent unknownBook = new VoteEvent(UUID.randomUUID(), BOOKS + 1, Vote.UP, Instant.now());
    topics.sendAll(
        List.of(
            new ProducerRecord<>(topics.votes(), "no vote".getBytes(UTF_8)),
            new ProducerRecord<>(topics.votes(), VoteEventCodec.encode(unknownBook))));
    awaitMetric("bookvotes_dead_letters_total{reason=\"malformed\"}");
    awaitMetric("bookvotes_dead_letters_total{reason=\"unknown-book\"}");
  }

  /** Of books that nobody votes for: who locks others in another order than ingest may deadlock. */
  private static void makeDeadRows() {
    database.execute("UPDATE books SET title = title || '!' WHERE book_id > " + BOOKS_VOTED_FOR);
  }

  private static void takeAllWorkers() {
    for (int taken = 0; taken < POOL; taken++) {
      // A run of the replica may have the worker for a moment.
      Awaitility.await("a worker taken")
          .atMost(PATIENCE)
          .ignoreExceptions()
          .until(
              () -> {
                database.execute("SELECT pid FROM pg_background_launch('" + WORKERS_TAKEN + "')");
                return true;
              });
    }
  }

  private static void giveThemBack() {
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE backend_type = 'pg_background' AND query = '"
            + WORKERS_TAKEN
            + "'");
  }

  private static void awaitMetric(String sample) {
    Awaitility.await(sample).atMost(PATIENCE).until(() -> replica.metric(sample) > 0);
  }
}

package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bookvotes.testing.HeldBooks;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RecalculateStatusIT {

  private static final int BOOKS = 2_500;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private TestDatabase database;
  private final Map<Setting, String> settings = new EnumMap<>(Setting.class);

  @BeforeEach
  void createBooksWithWrongRatings() {
    database = Servers.newDatabase();
    settings.put(Setting.DATABASE_URL, database.url());
    settings.put(Setting.DATABASE_USER, database.user());
    settings.put(Setting.DATABASE_PASSWORD, database.password());
    database.insertBooks(BOOKS);
    database.execute(
        "UPDATE books SET votes_up = book_id, rating = 0.99, rating_at = now() - book_id * interval '1 minute'");
  }

  @AfterEach
  void drop() {
    database.close();
  }

  private long wrong() {
    return database.queryLong(
        "SELECT count(*) FROM books WHERE rating <> rating(votes_up, votes_down)");
  }

  @Test
  void recalculatesAllBooksWithoutAnyReplica() {
    Cli recalculate = Cli.run(settings, "recalculate", "--all");

    assertThat(recalculate.exitCode()).isZero();
    assertThat(recalculate.err()).contains("2,500 books are stale, recalculating");
    assertThat(recalculate.out()).contains("done in ");
    assertThat(wrong()).isZero();
    assertThat(database.queryLong("SELECT count(*) FROM bookvotes.stale_books")).isZero();
    assertThat(database.queryLong("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
        .isZero();
  }

  @Test
  void recalculatesOnlyWhatIsOlder() {
    Cli recalculate = Cli.run(settings, "recalculate", "--older-than", "1d");

    assertThat(recalculate.exitCode()).isZero();
    // A day has 1440 minutes; which side the 1440th book falls on is a matter of moments.
    assertThat(wrong()).isBetween(1439L, 1440L);
  }

  @Test
  void saysWhichBooksItCouldNotRecalculate() {
    database.execute("ALTER TABLE books ADD CHECK (book_id <> 7 OR rating > 0.98)");

    Cli recalculate = Cli.run(settings, "recalculate", "--all");

    assertThat(recalculate.exitCode()).isEqualTo(1);
    assertThat(recalculate.err())
        .contains("books that cannot be recalculated: 1; the table bookvotes.stale_marks says why");
    assertThat(wrong()).isEqualTo(1);
    assertThat(database.queryString("SELECT sqlstate FROM bookvotes.stale_books"))
        .isEqualTo("23514");
  }

  @Test
  void waitsForABookThatSomebodyHasLocked() throws Exception {
    // Not old enough to be marked, which would lock it, but stale already.
    database.execute("INSERT INTO bookvotes.stale_marks (book_id) VALUES (7)");
    CompletableFuture<Cli> recalculate;
    try (HeldBooks held = HeldBooks.hold(database, 7L)) {
      recalculate =
          CompletableFuture.supplyAsync(
              () -> Cli.run(settings, "recalculate", "--older-than", "1d"),
              Thread::startVirtualThread);
      // It was tried, and nothing else is left.
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  database
                      .queryRows("SELECT book_id, sqlstate FROM bookvotes.stale_books")
                      .equals(List.of(List.of(7L, "55P03"))));
      held.commit();
    }
    Cli ended = recalculate.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertThat(ended.exitCode()).isZero();
    assertThat(database.queryLong("SELECT count(*) FROM bookvotes.stale_books")).isZero();
  }

  @Test
  void waitsForABookThatTimedOutBesideOneThatHung() {
    database.execute(
        "INSERT INTO bookvotes.stale_marks (book_id, failures, retry_at, sqlstate)"
            + " VALUES (7, 1, clock_timestamp() + interval '3 seconds', '57014')");

    Cli recalculate = Cli.run(settings, "recalculate", "--older-than", "3d");

    assertThat(recalculate.exitCode()).isZero();
    assertThat(database.queryLong("SELECT count(*) FROM bookvotes.stale_books")).isZero();
  }

  @Test
  void showsTheLastRunsThoughWhoRanThemHasGone() throws IOException {
    database.execute("ALTER TABLE books ADD CHECK (book_id <> 7 OR rating > 0.98)");
    assertThat(Cli.run(settings, "recalculate", "--all").exitCode()).isEqualTo(1);

    JsonNode runs =
        StatusReport.JSON
            .readTree(Cli.run(settings, "status", "--json", "--runs=1000").out())
            .at("/cluster/lastRuns");
    assertThat(runs)
        .isNotEmpty()
        .allMatch(run -> run.get("replica").asText().endsWith(" (recalculate)"))
        .anyMatch(run -> run.get("sqlState").asText().equals("23514"));
    assertThat(runs)
        .extracting(run -> Instant.parse(run.get("finishedAt").asText()))
        .isSortedAccordingTo(Comparator.reverseOrder());
    assertThat(runs.findValues("books").stream().mapToLong(JsonNode::asLong).sum())
        .isEqualTo(BOOKS - 1);

    assertThat(Cli.run(settings, "status", "--runs=1000").out())
        .contains("recalculate failed in ", ": 23514 1 books failed");
    assertThat(Cli.run(settings, "status", "--runs=0").out()).doesNotContain("recalculate");
    Cli tooMany = Cli.run(settings, "status", "--runs=1001");
    assertThat(tooMany.exitCode()).isEqualTo(2);
    assertThat(tooMany.err()).contains("--runs is 1001, allowed is 0 to 1000");
  }

  @Test
  void showsTheClusterWithoutAReplicaAndWithOne() throws IOException {
    database.execute(
        "INSERT INTO bookvotes.stale_marks (book_id, retry_at) VALUES (7, 'infinity')");
    JsonNode cluster =
        StatusReport.JSON.readTree(Cli.run(settings, "status", "--json").out()).get("cluster");
    assertThat(cluster.get("staleBooks").asLong()).isEqualTo(1);
    assertThat(cluster.get("slots")).hasSize(4);
    assertThat(cluster.get("slots").get(0).get("state").asText()).isEqualTo("free");
    assertThat(cluster.get("pool").get("size").asInt()).isEqualTo(40);

    assertThat(cluster.get("lastRuns")).isEmpty();

    try (TestTopics topics = Servers.newTopics(1);
        Replica replica = Replica.inProcess(Replica.settings(database, topics)).awaitReady()) {
      Cli status = Cli.run(settings, "status", "--replica", "http://localhost:" + replica.port());
      assertThat(status.exitCode()).isZero();
      assertThat(status.out())
          .contains("stale books       1", "slot 4", "votes counted     0 up, 0 down", "launches");
    }

    Cli away = Cli.run(settings, "status", "--replica", "http://localhost:1");
    assertThat(away.exitCode()).isEqualTo(1);
    assertThat(away.err()).contains("no replica answers at http://localhost:1");
  }
}

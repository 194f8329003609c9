package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.Test;

class VoteFlowIT {

  private static final int BOOKS = 300;
  private static final int BOOKS_VOTED_FOR = 250;
  // Less than the offset of the sessions' time zone, more than any run of this test.
  private static final double HOUR_SECONDS = 3_600;

  @Test
  void countsEveryVoteOnceAndRatesEveryBookByIt() {
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(3)) {
      assertThat(database.queryString("SHOW timezone")).isEqualTo("Asia/Kathmandu");
      database.insertBooks(BOOKS);
      Tally tally = new Tally(1, BOOKS_VOTED_FOR);

      try (Replica replica = Replica.inProcess(Replica.settings(database, topics)).awaitReady()) {
        for (int i = 0; i < 10; i++) {
          topics.sendVotes(tally.cast(2_000));
        }
        tally.awaitRated(database, topics);

        assertThat(tally.counts()).hasSizeBetween(BOOKS_VOTED_FOR - 20, BOOKS_VOTED_FOR);
        assertThat(topics.readDeadLetters()).isEmpty();
        assertRatedJustNow(database, tally.counts().size());
        assertMetrics(replica, tally);
        assertStatus(replica, tally);
      }
    }
  }

  private static void assertRatedJustNow(TestDatabase database, int ratedBooks) {
    assertThat(
            database.queryLong(
                "SELECT count(*) FROM books WHERE rating_at BETWEEN now() - interval '1 hour' AND now()"))
        .isEqualTo(ratedBooks);
    assertThat(database.queryLong("SELECT count(*) FROM books WHERE rating_at IS NULL"))
        .as("books without votes are left alone")
        .isEqualTo(BOOKS - ratedBooks);
  }

  private static void assertMetrics(Replica replica, Tally tally) {
    assertThat(replica.metric("bookvotes_votes_total{vote=\"UP\"}")).isEqualTo((double) tally.up());
    assertThat(replica.metric("bookvotes_votes_total{vote=\"DOWN\"}"))
        .isEqualTo((double) (tally.total() - tally.up()));
    assertThat(replica.metric("bookvotes_dead_letters_total{reason=\"malformed\"}")).isZero();
    assertThat(replica.metric("bookvotes_ingest_batch_seconds_count")).isPositive();
    // Told when the worker's end is seen, which is after its work.
    Awaitility.await("the last worker's end is seen")
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              assertThat(replica.metric("bookvotes_recalculated_books_total"))
                  .isGreaterThanOrEqualTo(tally.counts().size());
              assertThat(replica.metric("bookvotes_stale_books")).isZero();
              assertThat(replica.metric("bookvotes_oldest_stale_seconds")).isZero();
              assertThat(replica.metric("bookvotes_worker_slots{state=\"busy\"}")).isZero();
            });
    assertThat(replica.metric("bookvotes_freshness_seconds_count"))
        .isEqualTo(replica.metric("bookvotes_recalculated_books_total"));
    assertThat(replica.metric("bookvotes_freshness_seconds_max")).isBetween(0.0, HOUR_SECONDS);
  }

  private static void assertStatus(Replica replica, Tally tally) {
    // It is read at most twice a second.
    Awaitility.await("status")
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              StatusReport status =
                  StatusReport.JSON.readValue(
                      replica.get("/api/status").body(), StatusReport.class);
              assertThat(status.ready()).isTrue();
              assertThat(status.notReady()).isEmpty();
              assertThat(status.cluster().staleBooks()).isZero();
              assertThat(status.replica().votesUp()).isEqualTo(tally.up());
              assertThat(status.replica().votesDown()).isEqualTo(tally.total() - tally.up());
              assertThat(status.replica().recalculatedBooks())
                  .isEqualTo((long) replica.metric("bookvotes_recalculated_books_total"));
              assertThat(status.replica().deadLetters()).isEmpty();
            });
  }
}

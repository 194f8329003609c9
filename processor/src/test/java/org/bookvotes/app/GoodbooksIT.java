package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.bookvotes.testing.Goodbooks;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.Tally.Count;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.Test;

/** Real input: 10,000 books with real numbers of good and bad marks, a thousandth of them. */
class GoodbooksIT {

  private static final BigDecimal SCALE = new BigDecimal("0.001");

  @Test
  void countsAndRatesEveryBookOfARealCatalogue() {
    Tally tally = new Tally(0, 1);
    Goodbooks.counts()
        .forEach(
            book ->
                tally.expect(
                    book.bookId(), new Count(scaled(book.votesUp()), scaled(book.votesDown()))));
    assertThat(tally.counts()).hasSize(10_000);
    assertThat(tally.total()).isGreaterThan(480_000);
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(12)) {
      Map<Setting, String> settings = Replica.settings(database, topics);
      try (Replica replica = Replica.inProcess(settings)) {
        Cli produce =
            Cli.run(
                settings, "produce", "--csv=" + Goodbooks.file(), "--scale=" + SCALE, "--seed=7");
        assertThat(produce.exitCode()).as(produce.err()).isZero();

        tally.awaitRated(database, topics);
        assertThat(database.queryLong("SELECT count(*) FROM books")).isEqualTo(10_000);
        assertThat(replica.metric("bookvotes_votes_total{vote=\"UP\"}"))
            .isEqualTo((double) tally.up());
        assertThat(
                database.queryRows(
                    "SELECT book_id, title FROM books ORDER BY rating DESC, book_id LIMIT 10"))
            .map(List::getFirst)
            .isEqualTo(best(tally, 10));
      }
    }
  }

  /** Worked out from the file. */
  private static List<Long> best(Tally tally, int count) {
    return tally.counts().entrySet().stream()
        .sorted(
            Comparator.comparingDouble(
                    (Map.Entry<Long, Count> book) ->
                        -Tally.wilson(book.getValue().up(), book.getValue().down()))
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(count)
        .map(Map.Entry::getKey)
        .toList();
  }

  private static long scaled(long votes) {
    return SCALE.multiply(BigDecimal.valueOf(votes)).setScale(0, RoundingMode.HALF_UP).longValue();
  }
}

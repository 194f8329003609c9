package org.bookvotes.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.bookvotes.ingest.UncountableBooks.Verdict;
import org.bookvotes.ingest.VoteBatch.Range;
import org.junit.jupiter.api.Test;

class UncountableBooksTest {

  private static final TopicPartition FIRST = new TopicPartition("votes", 0);
  private static final TopicPartition SECOND = new TopicPartition("votes", 1);
  private static final Verdict UNKNOWN = new Verdict("unknown-book", "no such book");
  private static final Verdict REFUSED = new Verdict("refused", "23514");

  private final UncountableBooks books = new UncountableBooks();

  @Test
  void judgesTheVotesOfTheBatchOnly() {
    books.add(Set.of(7L), UNKNOWN, Map.of(FIRST, new Range(10, 20)));

    assertThat(books.verdict(FIRST, 19, 7)).isEqualTo(UNKNOWN);
    assertThat(books.verdict(FIRST, 20, 7)).isNull();
    assertThat(books.verdict(FIRST, 19, 8)).isNull();
    assertThat(books.verdict(SECOND, 19, 7)).isNull();
  }

  @Test
  void keepsAVerdictUntilEachOfTheBatchsPartitionsIsBeyondIt() {
    books.add(Set.of(7L), UNKNOWN, Map.of(FIRST, new Range(10, 20), SECOND, new Range(0, 5)));
    books.add(Set.of(8L), REFUSED, Map.of(SECOND, new Range(0, 9)));

    books.committed(FIRST, 19);
    assertThat(books.verdict(FIRST, 19, 7)).isEqualTo(UNKNOWN);
    books.committed(FIRST, 20);
    books.committed(SECOND, 4);
    assertThat(books.verdict(SECOND, 4, 7)).isEqualTo(UNKNOWN);
    books.committed(SECOND, 5);
    assertThat(books.verdict(SECOND, 4, 7)).isNull();
    assertThat(books.verdict(SECOND, 8, 8)).isEqualTo(REFUSED);
    assertThat(books.isEmpty()).isFalse();
    books.committed(SECOND, 9);
    assertThat(books.isEmpty()).isTrue();
  }

  @Test
  void forgetsAPartitionThatIsAnothers() {
    books.add(Set.of(7L), UNKNOWN, Map.of(FIRST, new Range(10, 20), SECOND, new Range(0, 5)));
    books.forget(FIRST);
    assertThat(books.verdict(FIRST, 19, 7)).isNull();
    assertThat(books.verdict(SECOND, 4, 7)).isEqualTo(UNKNOWN);
    books.forget(SECOND);
    assertThat(books.isEmpty()).isTrue();
  }
}

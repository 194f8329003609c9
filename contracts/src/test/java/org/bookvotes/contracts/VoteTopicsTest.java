package org.bookvotes.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.common.internals.Topic;
import org.junit.jupiter.api.Test;

/** Others know these names by heart: changing one breaks them. */
class VoteTopicsTest {

  @Test
  void namesTheTopics() {
    assertThat(VoteTopics.VOTES).isEqualTo("book-votes");
    assertThat(VoteTopics.DEAD_LETTERS).isEqualTo("book-votes.dead-letters");
    assertThat(List.of(VoteTopics.VOTES, VoteTopics.DEAD_LETTERS)).allMatch(Topic::isValid);
  }

  @Test
  void keysAVoteByItsBookInDecimal() {
    assertThat(VoteTopics.key(42)).isEqualTo("42");
    assertThat(VoteTopics.key(Long.MAX_VALUE)).isEqualTo("9223372036854775807");
  }

  @Test
  void namesTheHeadersOfADeadLetter() {
    assertThat(VoteTopics.DEAD_LETTER_REASON).isEqualTo("dead-letter-reason");
    assertThat(VoteTopics.DEAD_LETTER_DETAIL).isEqualTo("dead-letter-detail");
    assertThat(VoteTopics.DEAD_LETTER_TOPIC).isEqualTo("dead-letter-topic");
    assertThat(VoteTopics.DEAD_LETTER_PARTITION).isEqualTo("dead-letter-partition");
    assertThat(VoteTopics.DEAD_LETTER_OFFSET).isEqualTo("dead-letter-offset");
  }

  @Test
  void namesTheReasons() {
    assertThat(VoteTopics.REASON_MALFORMED).isEqualTo("malformed");
    assertThat(VoteTopics.REASON_UNKNOWN_BOOK).isEqualTo("unknown-book");
    assertThat(VoteTopics.REASON_REFUSED).isEqualTo("refused");
  }
}

package org.bookvotes.ingest;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.bookvotes.ingest.VoteBatch.Range;
import org.jspecify.annotations.Nullable;

/**
 * What the database said of books whose votes it did not take, until those votes are read again: a
 * batch keeps no events, so that it finds them only then. Votes for the same books that come later
 * are judged anew. Used by the consumer's thread.
 */
final class UncountableBooks {

  /**
   * Why a book's votes cannot be counted.
   *
   * @param reason as the dead-letter topic has it
   */
  record Verdict(String reason, String detail) {}

  /**
   * Verdicts on one batch.
   *
   * @param ends where the batch ended in each partition that has not come there again
   */
  private record Trial(Verdict verdict, Set<Long> bookIds, Map<TopicPartition, Long> ends) {}

  private final Set<Trial> trials = new HashSet<>();

  /** No votes have to be read again. */
  boolean isEmpty() {
    return trials.isEmpty();
  }

  /** These votes will be read again. */
  void add(Set<Long> bookIds, Verdict verdict, Map<TopicPartition, Range> ranges) {
    Map<TopicPartition, Long> ends = new HashMap<>();
    ranges.forEach((partition, range) -> ends.put(partition, range.next()));
    trials.add(new Trial(verdict, bookIds, ends));
  }

  /** Why a vote cannot be counted, null if nothing is known against it. */
  @Nullable Verdict verdict(TopicPartition partition, long offset, long bookId) {
    for (Trial trial : trials) {
      Long end = trial.ends().get(partition);
      if (end != null && offset < end && trial.bookIds().contains(bookId)) {
        return trial.verdict();
      }
    }
    return null;
  }

  /** The offset in the database has come to {@code next}. */
  void committed(TopicPartition partition, long next) {
    trials.forEach(
        trial -> trial.ends().computeIfPresent(partition, (p, end) -> end <= next ? null : end));
    trials.removeIf(trial -> trial.ends().isEmpty());
  }

  /** The partition is another's now. */
  void forget(TopicPartition partition) {
    committed(partition, Long.MAX_VALUE);
  }
}

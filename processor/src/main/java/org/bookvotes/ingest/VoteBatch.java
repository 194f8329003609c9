package org.bookvotes.ingest;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.bookvotes.contracts.MalformedVoteException;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteRecord;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.ingest.DeadLetters.DeadLetter;

/**
 * The votes of one or more polls, summed per book. Filled by the consumer's thread, then written by
 * the writer's; never used by both at once.
 */
final class VoteBatch {

  /**
   * Where a partition's part of the batch begins and ends.
   *
   * @param from the offset in the database when the batch is written: the fence
   * @param next the offset after the batch
   */
  record Range(long from, long next) {}

  private static final NavigableMap<Long, String> NONE = Collections.emptyNavigableMap();

  // What an event takes in memory beside its bytes, until it is on the dead-letter topic.
  private static final int LETTER_BYTES = 512;

  private final Map<TopicPartition, Range> ranges = new HashMap<>();
  private final VoteSums sums = new VoteSums();
  private final List<DeadLetter> bad = new ArrayList<>();
  private final Map<Coordinates, String> letters = new HashMap<>();
  private final Map<TopicPartition, NavigableMap<Long, String>> deadLettered;
  private final UncountableBooks uncountable;
  private int voteCount;
  private long badBytes;

  /**
   * @param deadLettered reasons of the events that are on the dead-letter topic already, by offset:
   *     they are left out
   * @param uncountable books whose votes are known to be refused
   */
  VoteBatch(
      Map<TopicPartition, NavigableMap<Long, String>> deadLettered, UncountableBooks uncountable) {
    this.deadLettered = deadLettered;
    this.uncountable = uncountable;
  }

  /**
   * Decodes and sums what a poll returned.
   *
   * @param positions how far each partition that {@code records} touches has been read: by this
   *     batch or one that is written before it
   */
  void add(ConsumerRecords<byte[], byte[]> records, Map<TopicPartition, Long> positions) {
    records
        .nextOffsets()
        .forEach(
            (partition, next) -> {
              Long position = positions.get(partition);
              if (position == null) {
                throw new IllegalStateException(
                    partition + " was read before its offset was known");
              }
              ranges.merge(partition, new Range(position, next.offset()), VoteBatch::joined);
            });
    for (TopicPartition partition : records.partitions()) {
      Map<Long, String> sent = deadLettered.getOrDefault(partition, NONE);
      for (ConsumerRecord<byte[], byte[]> event : records.records(partition)) {
        String reason = sent.get(event.offset());
        if (reason == null) {
          add(partition, event);
        } else {
          letters.put(coordinates(event), reason);
        }
      }
    }
  }

  private static Range joined(Range old, Range more) {
    if (old.next() != more.from()) {
      throw new IllegalStateException(
          "a batch that goes to offset " + old.next() + " cannot go on from " + more.from());
    }
    return new Range(old.from(), more.next());
  }

  private void add(TopicPartition partition, ConsumerRecord<byte[], byte[]> event) {
    try {
      VoteEvent vote = VoteRecord.decode(event.headers(), event.value());
      UncountableBooks.Verdict verdict =
          uncountable.isEmpty()
              ? null
              : uncountable.verdict(partition, event.offset(), vote.bookId());
      if (verdict == null) {
        sums.add(vote);
        voteCount++;
      } else {
        addBad(new DeadLetter(event, verdict.reason(), verdict.detail()));
      }
    } catch (MalformedVoteException e) {
      addBad(new DeadLetter(event, VoteTopics.REASON_MALFORMED, String.valueOf(e.getMessage())));
    }
  }

  private void addBad(DeadLetter letter) {
    bad.add(letter);
    letters.put(coordinates(letter.event()), letter.reason());
    badBytes +=
        LETTER_BYTES
            + PollBudget.bytes(
                letter.event().headers(), letter.event().key(), letter.event().value());
  }

  private static Coordinates coordinates(ConsumerRecord<?, ?> event) {
    return new Coordinates(event.topic(), event.partition(), event.offset());
  }

  Map<TopicPartition, Range> ranges() {
    return ranges;
  }

  /** The events that cannot be counted, for all that is known. */
  List<DeadLetter> bad() {
    return bad;
  }

  /** What {@link #bad} keeps in memory, about. */
  long badBytes() {
    return badBytes;
  }

  int voteCount() {
    return voteCount;
  }

  /**
   * The events that this batch moves the offsets past without counting them, with the reasons that
   * they are put on the dead-letter topic with: those in {@link #bad}, and those that are there
   * already.
   */
  Map<Coordinates, String> letters() {
    return letters;
  }

  /** The votes that can be counted, for all that is known. */
  VoteSums sums() {
    return sums;
  }
}

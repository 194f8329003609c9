package org.bookvotes.ingest;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.bookvotes.contracts.MalformedVoteException;
import org.bookvotes.contracts.VoteEventCodec;

/** The votes of one poll, summed per book. Made and used by the consumer's thread. */
final class VoteBatch {

  /** An event that cannot be counted, with the reason. */
  record Malformed(ConsumerRecord<byte[], byte[]> event, String detail) {}

  /**
   * Where a partition's part of the batch begins and ends.
   *
   * @param from the offset in the database when the batch was read: the fence
   * @param next the offset after the batch
   */
  record Range(long from, long next) {}

  private static final NavigableMap<Long, String> NONE = Collections.emptyNavigableMap();

  private final Map<TopicPartition, Range> ranges;
  private final VoteSums sums = new VoteSums();
  private final List<Malformed> malformed = new ArrayList<>();
  private final ConsumerRecords<byte[], byte[]> records;
  private final Map<TopicPartition, NavigableMap<Long, String>> deadLettered;

  /**
   * Decodes and sums.
   *
   * @param records what the poll returned
   * @param froms the offset in the database of each partition that {@code records} touches
   * @param deadLettered reasons of the events that are on the dead-letter topic already, by offset:
   *     they are left out. Not copied: those that are sent while this batch lives get in
   */
  VoteBatch(
      ConsumerRecords<byte[], byte[]> records,
      Map<TopicPartition, Long> froms,
      Map<TopicPartition, NavigableMap<Long, String>> deadLettered) {
    this.records = records;
    this.deadLettered = deadLettered;
    this.ranges = HashMap.newHashMap(froms.size());
    records
        .nextOffsets()
        .forEach(
            (partition, next) -> {
              Long from = froms.get(partition);
              if (from == null) {
                throw new IllegalStateException(
                    partition + " was read before its offset was known");
              }
              ranges.put(partition, new Range(from, next.offset()));
            });
    forEachEvent(this::decode);
  }

  private void forEachEvent(Consumer<ConsumerRecord<byte[], byte[]>> action) {
    for (TopicPartition partition : records.partitions()) {
      Map<Long, String> leftOut = deadLettered.getOrDefault(partition, NONE);
      for (ConsumerRecord<byte[], byte[]> event : records.records(partition)) {
        if (!leftOut.containsKey(event.offset())) {
          action.accept(event);
        }
      }
    }
  }

  private void decode(ConsumerRecord<byte[], byte[]> event) {
    try {
      sums.add(VoteEventCodec.decode(event.value()));
    } catch (MalformedVoteException e) {
      malformed.add(new Malformed(event, String.valueOf(e.getMessage())));
    }
  }

  /** Takes the votes of {@code books} out: they do not exist. Returns their events. */
  List<ConsumerRecord<byte[], byte[]>> removeBooks(Set<Long> books) {
    sums.remove(books);
    List<ConsumerRecord<byte[], byte[]>> events = new ArrayList<>();
    forEachEvent(
        event -> {
          try {
            if (books.contains(VoteEventCodec.decode(event.value()).bookId())) {
              events.add(event);
            }
          } catch (MalformedVoteException e) {
            return; // Known since the first decoding, and in malformed().
          }
        });
    return events;
  }

  Map<TopicPartition, Range> ranges() {
    return ranges;
  }

  List<Malformed> malformed() {
    return malformed;
  }

  /**
   * The events that this batch moves the offsets past without counting them, with the reasons that
   * they were put on the dead-letter topic with.
   */
  Map<Coordinates, String> letters() {
    Map<Coordinates, String> letters = new HashMap<>();
    ranges.forEach(
        (partition, range) ->
            deadLettered
                .getOrDefault(partition, NONE)
                .subMap(range.from(), range.next())
                .forEach(
                    (offset, reason) ->
                        letters.put(
                            new Coordinates(partition.topic(), partition.partition(), offset),
                            reason)));
    return letters;
  }

  /** The votes that can be counted, as far as is known. */
  VoteSums sums() {
    return sums;
  }
}

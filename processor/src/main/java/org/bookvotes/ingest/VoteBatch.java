package org.bookvotes.ingest;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.bookvotes.contracts.MalformedVoteException;
import org.bookvotes.contracts.VoteEvent;
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

  /** Sums of one book. */
  private static final class Sum {
    private int up;
    private int down;
  }

  private final Map<TopicPartition, Range> ranges;
  private final TreeMap<Long, Sum> sums = new TreeMap<>();
  private final List<Malformed> malformed = new ArrayList<>();
  private final ConsumerRecords<byte[], byte[]> records;
  private final Map<TopicPartition, Set<Long>> deadLettered;

  /**
   * Decodes and sums.
   *
   * @param records what the poll returned
   * @param froms the offset in the database of each partition that {@code records} touches
   * @param deadLettered offsets that are on the dead-letter topic already: they are left out
   */
  VoteBatch(
      ConsumerRecords<byte[], byte[]> records,
      Map<TopicPartition, Long> froms,
      Map<TopicPartition, Set<Long>> deadLettered) {
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
      Set<Long> leftOut = deadLettered.getOrDefault(partition, Set.of());
      for (ConsumerRecord<byte[], byte[]> event : records.records(partition)) {
        if (!leftOut.contains(event.offset())) {
          action.accept(event);
        }
      }
    }
  }

  private void decode(ConsumerRecord<byte[], byte[]> event) {
    try {
      add(VoteEventCodec.decode(event.value()));
    } catch (MalformedVoteException e) {
      malformed.add(new Malformed(event, String.valueOf(e.getMessage())));
    }
  }

  private void add(VoteEvent event) {
    Sum sum = sums.computeIfAbsent(event.bookId(), id -> new Sum());
    switch (event.vote()) {
      case UP -> sum.up++;
      case DOWN -> sum.down++;
    }
  }

  /** Takes the votes of {@code books} out: they do not exist. Returns their events. */
  List<ConsumerRecord<byte[], byte[]>> removeBooks(Set<Long> books) {
    sums.keySet().removeAll(books);
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

  /** Books voted for, ascending: the order in which everybody locks them. */
  Long[] bookIds() {
    return sums.keySet().toArray(Long[]::new);
  }

  /** Up-votes in the order of {@link #bookIds}. */
  Integer[] ups() {
    return sums.values().stream().map(sum -> sum.up).toArray(Integer[]::new);
  }

  /** Down-votes in the order of {@link #bookIds}. */
  Integer[] downs() {
    return sums.values().stream().map(sum -> sum.down).toArray(Integer[]::new);
  }

  long upCount() {
    return sums.values().stream().mapToLong(sum -> sum.up).sum();
  }

  long downCount() {
    return sums.values().stream().mapToLong(sum -> sum.down).sum();
  }
}

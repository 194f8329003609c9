package org.bookvotes.ingest;

import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteEventCodec;
import org.bookvotes.postgres.Transactions;

/**
 * Writes votes as the consumer of some partitions does, without Kafka. Used by one thread at a
 * time.
 */
final class BallotBox {

  private final VoteStore store;
  private final Map<TopicPartition, Long> offsets;

  BallotBox(Transactions transactions, TopicPartition... partitions) throws SQLException {
    store = new VoteStore(transactions, "ballot box");
    offsets = new HashMap<>(store.offsets(List.of(partitions)));
  }

  /**
   * Counts one vote for each of {@code bookIds}, spread over the partitions in their order.
   *
   * @throws SQLException if it failed; nothing is counted then and it may be tried again
   */
  void cast(Vote vote, List<Long> bookIds) throws SQLException {
    List<TopicPartition> partitions = List.copyOf(offsets.keySet());
    Map<TopicPartition, Long> nexts = new HashMap<>(offsets);
    Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records = new HashMap<>();
    for (int i = 0; i < bookIds.size(); i++) {
      TopicPartition partition = partitions.get(i % partitions.size());
      long offset = nexts.merge(partition, 1L, Long::sum) - 1;
      byte[] value =
          VoteEventCodec.encode(
              new VoteEvent(UUID.randomUUID(), bookIds.get(i), vote, Instant.EPOCH));
      records
          .computeIfAbsent(partition, p -> new ArrayList<>())
          .add(
              new ConsumerRecord<>(
                  partition.topic(), partition.partition(), offset, new byte[0], value));
    }
    Map<TopicPartition, OffsetAndMetadata> ends = new HashMap<>();
    nexts.forEach((partition, next) -> ends.put(partition, new OffsetAndMetadata(next)));
    VoteBatch batch = new VoteBatch(Map.of(), new UncountableBooks());
    batch.add(new ConsumerRecords<>(records, ends), offsets);
    VoteStore.Written written = store.write(batch);
    if (!(written instanceof VoteStore.Written.Committed)) {
      throw new IllegalStateException("not committed: " + written);
    }
    offsets.putAll(nexts);
  }
}

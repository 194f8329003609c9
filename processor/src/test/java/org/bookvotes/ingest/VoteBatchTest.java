package org.bookvotes.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteEventCodec;
import org.bookvotes.ingest.DeadLetters.DeadLetter;
import org.bookvotes.ingest.UncountableBooks.Verdict;
import org.bookvotes.ingest.VoteBatch.Range;
import org.junit.jupiter.api.Test;

class VoteBatchTest {

  private static final TopicPartition FIRST = new TopicPartition("votes", 0);
  private static final TopicPartition SECOND = new TopicPartition("votes", 1);
  private static final byte[] NO_VOTE = "no vote".getBytes(UTF_8);

  @Test
  void sumsPerBookOverPartitionsInAscendingOrder() {
    VoteBatch batch =
        batch(
            Map.of(
                FIRST, List.of(up(FIRST, 10, 7), down(FIRST, 11, 3), up(FIRST, 12, 7)),
                SECOND, List.of(up(SECOND, 5, 1L << 40), down(SECOND, 6, 7))),
            Map.of());

    assertThat(batch.sums().bookIds()).containsExactly(3L, 7L, 1L << 40);
    assertThat(batch.sums().columns().ups()).containsExactly(0, 2, 1);
    assertThat(batch.sums().columns().downs()).containsExactly(1, 1, 0);
    assertThat(batch.sums().upCount()).isEqualTo(3);
    assertThat(batch.sums().downCount()).isEqualTo(2);
    assertThat(batch.bad()).isEmpty();
  }

  @Test
  void spansFromTheOffsetInTheDatabaseToTheOneBehindThePoll() {
    // Offset 12 was an aborted transaction's, 14 and 15 too: the poll ended behind them.
    ConsumerRecords<byte[], byte[]> records =
        new ConsumerRecords<>(
            Map.of(FIRST, List.of(up(FIRST, 11, 1), up(FIRST, 13, 1))),
            Map.of(FIRST, new OffsetAndMetadata(16)));

    VoteBatch batch = new VoteBatch(Map.of(), new UncountableBooks());
    batch.add(records, Map.of(FIRST, 10L, SECOND, 4L));

    assertThat(batch.ranges()).isEqualTo(Map.of(FIRST, new Range(10, 16)));
  }

  @Test
  void spansAPollThatOnlyPassedOffsetsWithoutRecords() {
    VoteBatch batch = new VoteBatch(Map.of(), new UncountableBooks());
    batch.add(
        new ConsumerRecords<>(Map.of(), Map.of(FIRST, new OffsetAndMetadata(16))),
        Map.of(FIRST, 10L));

    assertThat(batch.ranges()).isEqualTo(Map.of(FIRST, new Range(10, 16)));
    assertThat(batch.sums().bookIds()).isEmpty();
  }

  @Test
  void refusesAPartitionWhoseOffsetIsNotKnown() {
    assertThatThrownBy(
            () ->
                new VoteBatch(Map.of(), new UncountableBooks())
                    .add(
                        new ConsumerRecords<>(
                            Map.of(FIRST, List.of(up(FIRST, 0, 1))),
                            Map.of(FIRST, new OffsetAndMetadata(1))),
                        Map.of(SECOND, 0L)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("votes-0");
  }

  @Test
  void setsMalformedEventsAsideWithTheDetail() {
    ConsumerRecord<byte[], byte[]> bad = event(FIRST, 11, NO_VOTE);
    VoteBatch batch =
        batch(Map.of(FIRST, List.of(up(FIRST, 10, 7), bad, up(FIRST, 12, 7))), Map.of());

    assertThat(batch.bad()).extracting(DeadLetter::event).containsExactly(bad);
    assertThat(batch.bad().getFirst().reason()).isEqualTo("malformed");
    assertThat(batch.bad().getFirst().detail()).isNotBlank();
    assertThat(batch.badBytes()).isGreaterThanOrEqualTo("key".length() + NO_VOTE.length);
    assertThat(batch.voteCount()).isEqualTo(2);
    assertThat(batch.sums().columns().ups()).containsExactly(2);
  }

  @Test
  void readsTheHeadersOfACloudEvent() {
    byte[] withoutId =
        "{\"bookId\":7,\"vote\":\"UP\",\"votedAt\":\"2026-01-31T12:34:56Z\"}".getBytes(UTF_8);
    ConsumerRecord<byte[], byte[]> good = event(FIRST, 10, withoutId);
    ConsumerRecord<byte[], byte[]> bad = event(FIRST, 11, withoutId);
    for (String name : List.of("ce_specversion", "ce_id", "ce_source", "ce_type")) {
      good.headers().add(name, "1.0".getBytes(UTF_8));
      bad.headers().add(name, "9".getBytes(UTF_8));
    }
    VoteBatch batch = batch(Map.of(FIRST, List.of(good, bad)), Map.of());

    assertThat(batch.sums().columns().ups()).containsExactly(1);
    assertThat(batch.bad())
        .containsExactly(new DeadLetter(bad, "malformed", "ce_specversion: must be 1.0, is \"9\""));
  }

  @Test
  void growsPollByPoll() {
    VoteBatch batch = new VoteBatch(Map.of(), new UncountableBooks());
    batch.add(
        poll(Map.of(FIRST, List.of(up(FIRST, 10, 7), down(FIRST, 11, 3)))), Map.of(FIRST, 10L));
    batch.add(
        poll(
            Map.of(
                FIRST, List.of(up(FIRST, 12, 7)),
                SECOND, List.of(up(SECOND, 5, 9)))),
        Map.of(FIRST, 12L, SECOND, 4L));

    assertThat(batch.ranges()).isEqualTo(Map.of(FIRST, new Range(10, 13), SECOND, new Range(4, 6)));
    assertThat(batch.sums().columns().bookIds()).containsExactly(3, 7, 9);
    assertThat(batch.sums().columns().ups()).containsExactly(0, 2, 1);
    assertThat(batch.voteCount()).isEqualTo(4);
  }

  @Test
  void setsVotesAsideForBooksThatWereFoundToBeUncountable() {
    ConsumerRecord<byte[], byte[]> one = up(FIRST, 10, 8);
    ConsumerRecord<byte[], byte[]> two = down(FIRST, 12, 8);
    UncountableBooks uncountable = new UncountableBooks();
    uncountable.add(
        Set.of(8L), new Verdict("unknown-book", "no such book"), Map.of(FIRST, new Range(10, 13)));
    VoteBatch batch = new VoteBatch(Map.of(), uncountable);

    batch.add(
        poll(Map.of(FIRST, List.of(one, up(FIRST, 11, 7), two, up(FIRST, 13, 8)))),
        Map.of(FIRST, 10L));

    assertThat(batch.bad())
        .containsExactly(
            new DeadLetter(one, "unknown-book", "no such book"),
            new DeadLetter(two, "unknown-book", "no such book"));
    assertThat(batch.sums().columns().bookIds()).as("13 is judged anew").containsExactly(7, 8);
    assertThat(batch.sums().downCount()).isZero();
    assertThat(batch.ranges()).isEqualTo(Map.of(FIRST, new Range(10, 14)));
  }

  @Test
  void leavesOutWhatIsOnTheDeadLetterTopicAlready() {
    VoteBatch batch =
        batch(
            Map.of(
                FIRST, List.of(up(FIRST, 10, 8), event(FIRST, 11, NO_VOTE), up(FIRST, 12, 8)),
                SECOND, List.of(up(SECOND, 10, 8))),
            Map.of(FIRST, new TreeMap<>(Map.of(10L, "unknown-book", 11L, "malformed"))));

    assertThat(batch.bad()).isEmpty();
    assertThat(batch.sums().columns().ups())
        .as("offset 12, and 10 of the other partition")
        .containsExactly(2);
  }

  @Test
  void namesTheDeadLettersThatItMovesTheOffsetsPast() {
    NavigableMap<Long, String> sent = new TreeMap<>(Map.of(9L, "refused", 10L, "unknown-book"));
    VoteBatch batch =
        batch(
            Map.of(FIRST, List.of(event(FIRST, 10, NO_VOTE), event(FIRST, 11, NO_VOTE))),
            Map.of(FIRST, sent, SECOND, new TreeMap<>(Map.of(11L, "malformed"))));
    Map<Coordinates, String> letters =
        Map.of(
            new Coordinates("votes", 0, 10), "unknown-book",
            new Coordinates("votes", 0, 11), "malformed");
    assertThat(batch.letters()).isEqualTo(letters);

    // The partition is another's now, and what was sent is forgotten; the batch is still written.
    sent.clear();
    assertThat(batch.letters()).isEqualTo(letters);
  }

  @Test
  void anEventWithNothingInItTakesMemoryToo() {
    VoteBatch batch =
        batch(
            Map.of(
                FIRST,
                List.of(new ConsumerRecord<>(FIRST.topic(), FIRST.partition(), 1, null, null))),
            Map.of());
    assertThat(batch.badBytes()).isPositive();
  }

  @Test
  void doesNotGoOnAnywhereButAtItsEnd() {
    VoteBatch batch = batch(Map.of(FIRST, List.of(up(FIRST, 100, 1))), Map.of());
    ConsumerRecords<byte[], byte[]> again = poll(Map.of(FIRST, List.of(up(FIRST, 50, 1))));
    assertThatThrownBy(() -> batch.add(again, Map.of(FIRST, 50L)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("101");
  }

  private static VoteBatch batch(
      Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> events,
      Map<TopicPartition, NavigableMap<Long, String>> deadLettered) {
    Map<TopicPartition, Long> froms = new HashMap<>();
    events.forEach((partition, list) -> froms.put(partition, list.getFirst().offset()));
    VoteBatch batch = new VoteBatch(deadLettered, new UncountableBooks());
    batch.add(poll(events), froms);
    return batch;
  }

  private static ConsumerRecords<byte[], byte[]> poll(
      Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> events) {
    Map<TopicPartition, OffsetAndMetadata> nexts = new HashMap<>();
    events.forEach(
        (partition, list) ->
            nexts.put(partition, new OffsetAndMetadata(list.getLast().offset() + 1)));
    return new ConsumerRecords<>(events, nexts);
  }

  private static ConsumerRecord<byte[], byte[]> up(TopicPartition partition, long offset, long id) {
    return vote(partition, offset, id, Vote.UP);
  }

  private static ConsumerRecord<byte[], byte[]> down(
      TopicPartition partition, long offset, long id) {
    return vote(partition, offset, id, Vote.DOWN);
  }

  private static ConsumerRecord<byte[], byte[]> vote(
      TopicPartition partition, long offset, long bookId, Vote vote) {
    return event(
        partition,
        offset,
        VoteEventCodec.encode(new VoteEvent(UUID.randomUUID(), bookId, vote, Instant.EPOCH)));
  }

  private static ConsumerRecord<byte[], byte[]> event(
      TopicPartition partition, long offset, byte[] value) {
    return new ConsumerRecord<>(
        partition.topic(), partition.partition(), offset, "key".getBytes(UTF_8), value);
  }
}

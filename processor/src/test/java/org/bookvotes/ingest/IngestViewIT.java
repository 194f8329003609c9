package org.bookvotes.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.sql.SQLException;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.assertj.core.groups.Tuple;
import org.bookvotes.contracts.Vote;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.Transactions;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class IngestViewIT {

  private static final TopicPartition FIRST = new TopicPartition("votes", 0);
  private static final TopicPartition SECOND = new TopicPartition("votes", 1);

  private final TestDatabase database = Servers.newDatabase();
  private final Database pool = database.open(2);
  private final Transactions transactions = pool.transactions();
  private final IngestView view = new IngestView(transactions);

  @AfterEach
  void close() {
    pool.close();
    database.close();
  }

  @Test
  void showsTheNewestDeadLettersOfAllPartitions() throws SQLException {
    assertThat(view.newestLetters(3)).isEmpty();
    new VoteStore(transactions, "here").offsets(List.of(FIRST, SECOND));
    database.execute(
        "INSERT INTO bookvotes.dead_letters (topic, partition, source_offset, reason, dead_lettered_at)"
            + " SELECT 'votes', n % 2, n, 'malformed', now() + n * interval '1 second' FROM generate_series(1, 50) AS n");
    database.execute(
        "UPDATE bookvotes.dead_letters SET redriven_at = now() WHERE source_offset = 49");

    assertThat(view.newestLetters(3))
        .extracting(
            IngestView.DeadLetterRow::partition,
            IngestView.DeadLetterRow::offset,
            letter -> letter.redrivenAt() != null)
        .containsExactly(tuple(0, 50L, false), tuple(1, 49L, true), tuple(0, 48L, false));
  }

  @Test
  void tellsTheTimeThoughNobodyReads() throws SQLException {
    IngestView.Readers readers = view.readers("votes");
    assertThat(readers.nowSeconds()).isPositive();
    assertThat(readers.readers()).isEmpty();
    assertThat(readers.nextOffsets()).isZero();
  }

  @Test
  void showsWhichReplicaReadsWhatAndHowFarAllHaveCome() throws SQLException {
    VoteStore here = new VoteStore(transactions, "here");
    here.offsets(List.of(FIRST, SECOND, new TopicPartition("others", 5)));
    assertReaders(tuple("here", List.of(0, 1)));

    new VoteStore(transactions, "there").offsets(List.of(SECOND));
    assertReaders(tuple("here", List.of(0)), tuple("there", List.of(1)));
  }

  @Test
  void showsWhoCountedLast() throws SQLException {
    database.insertBooks(1);
    BallotBox box = new BallotBox(transactions, FIRST);
    new VoteStore(transactions, "here").offsets(List.of(FIRST, SECOND));
    assertReaders(tuple("here", List.of(0, 1)));

    box.cast(Vote.UP, List.of(1L, 1L, 1L));

    assertReaders(tuple("ballot box", List.of(0)), tuple("here", List.of(1)));
    assertThat(view.readers("votes").nextOffsets()).isEqualTo(3);
  }

  private void assertReaders(Tuple... expected) throws SQLException {
    assertThat(view.readers("votes").readers())
        .extracting(IngestView.Reader::replica, IngestView.Reader::partitions)
        .containsExactly(expected);
  }
}

package org.bookvotes.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteEventCodec;
import org.bookvotes.ingest.VoteStore.Written;
import org.bookvotes.postgres.Database;
import org.bookvotes.testing.HeldBooks;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VoteStoreIT {

  private static final TopicPartition FIRST = new TopicPartition("votes", 0);
  private static final TopicPartition SECOND = new TopicPartition("votes", 1);

  private final TestDatabase database = Servers.newDatabase();
  private final Database pool = database.open(4);
  private final VoteStore store = new VoteStore(pool.transactions(), "here");

  @AfterEach
  void close() {
    pool.close();
    database.close();
  }

  @Test
  void beginsAPartitionAt0AndAnswersWhereItHasComeTo() throws SQLException {
    database.insertBooks(1);
    assertThat(store.offsets(List.of(FIRST, SECOND))).isEqualTo(Map.of(FIRST, 0L, SECOND, 0L));

    assertThat(store.write(up(Map.of(FIRST, 0L), 1, 1))).isEqualTo(new Written.Committed());

    assertThat(store.offsets(List.of(SECOND, FIRST))).isEqualTo(Map.of(FIRST, 2L, SECOND, 0L));
    assertThat(store.offsets(List.of())).isEmpty();
  }

  @Test
  void addsVotesAndMarksTheirBooksStale() throws SQLException {
    database.insertBooks(3);
    store.offsets(List.of(FIRST));

    store.write(up(Map.of(FIRST, 0L), 3, 1, 3));
    store.write(up(Map.of(FIRST, 3L), 3));

    assertThat(database.queryRows("SELECT book_id, votes_up, votes_down FROM books ORDER BY 1"))
        .isEqualTo(List.of(List.of(1L, 1, 0), List.of(2L, 0, 0), List.of(3L, 3, 0)));
    assertThat(database.queryRows("SELECT book_id FROM bookvotes.stale_books ORDER BY 1"))
        .isEqualTo(List.of(List.of(1L), List.of(3L)));
  }

  @Test
  void writesNothingIfOneOfItsPartitionsWasMovedByAnother() throws SQLException {
    database.insertBooks(1);
    store.offsets(List.of(FIRST, SECOND));
    VoteBatch zombies = up(Map.of(FIRST, 0L, SECOND, 0L), 1);
    assertThat(store.write(up(Map.of(FIRST, 0L), 1, 1))).isEqualTo(new Written.Committed());

    assertThat(store.write(zombies)).isEqualTo(new Written.Fenced(Set.of(FIRST)));

    assertThat(store.offsets(List.of(FIRST, SECOND))).isEqualTo(Map.of(FIRST, 2L, SECOND, 0L));
    assertThat(database.queryLong("SELECT votes_up FROM books")).isEqualTo(2);
  }

  @Test
  void writesNothingIfAnotherMovesTheOffsetWhileItWaitsForTheRow() throws Exception {
    database.insertBooks(1);
    store.offsets(List.of(FIRST, SECOND));
    try (Connection another = database.connect();
        Statement statement = another.createStatement()) {
      another.setAutoCommit(false);
      statement.execute(
          "UPDATE bookvotes.partition_offsets SET next_offset = 7 WHERE partition = 1");
      CompletableFuture<Written> zombie =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return store.write(up(Map.of(FIRST, 0L, SECOND, 0L), 1));
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      Awaitility.await("the zombie waits for the row")
          .atMost(Duration.ofSeconds(30))
          .until(
              () ->
                  database.queryLong(
                          "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
                      == 1);
      another.commit();

      assertThat(zombie.get(30, TimeUnit.SECONDS)).isEqualTo(new Written.Fenced(Set.of(SECOND)));
    }
    assertThat(store.offsets(List.of(FIRST, SECOND))).isEqualTo(Map.of(FIRST, 0L, SECOND, 7L));
    assertThat(database.queryLong("SELECT votes_up FROM books")).isZero();
    assertThat(database.queryLong("SELECT count(*) FROM bookvotes.stale_books")).isZero();
  }

  @Test
  void namesTheBooksWhoseRowsRefuseTheVotesAndWritesTheOthers() throws SQLException {
    database.insertBooks(9);
    database.execute("UPDATE books SET votes_up = 2147483647 WHERE book_id = 4");
    database.execute("ALTER TABLE books ADD CHECK (book_id <> 6 OR votes_up < 1)");
    database.execute(
        "CREATE FUNCTION suppress() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'");
    database.execute(
        "CREATE TRIGGER suppress BEFORE UPDATE ON books FOR EACH ROW WHEN (new.book_id = 8) EXECUTE FUNCTION suppress()");
    store.offsets(List.of(FIRST));
    assertThat(store.write(up(Map.of(FIRST, 0L), 1, 2, 3, 4, 5, 6, 7, 8, 9)))
        .isInstanceOfSatisfying(
            Written.Uncountable.class,
            refused -> {
              assertThat(refused.bookIds()).containsExactlyInAnyOrder(4L, 6L, 8L);
              assertThat(refused.reason()).isEqualTo("refused");
              assertThat(refused.detail()).contains("(2");
            });
    assertThat(store.offsets(List.of(FIRST))).isEqualTo(Map.of(FIRST, 0L));
    assertThat(database.queryLong("SELECT count(*) FROM books WHERE votes_up = 1")).isZero();

    assertThat(store.write(up(Map.of(FIRST, 0L), 1, 2, 3, 5, 7, 9)))
        .isEqualTo(new Written.Committed());
    assertThat(database.queryLong("SELECT count(*) FROM books WHERE votes_up = 1")).isEqualTo(6);
  }

  @Test
  void namesTheBooksOfAConstraintThatIsCheckedAtTheCommit() throws SQLException {
    database.insertBooks(9);
    database.execute(
        """
        CREATE FUNCTION deny() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'not book %', new.book_id USING ERRCODE = '23514'; END $$;
        CREATE CONSTRAINT TRIGGER deny AFTER UPDATE ON books DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (new.book_id IN (3, 8)) EXECUTE FUNCTION deny();
        """);
    store.offsets(List.of(FIRST));
    assertThat(refused(up(Map.of(FIRST, 0L), 1, 2, 3, 4, 5, 6, 7, 8, 9)))
        .containsExactlyInAnyOrder(3L, 8L);

    assertThat(store.write(up(Map.of(FIRST, 0L), 1, 2, 4, 5, 6, 7, 9)))
        .isEqualTo(new Written.Committed());
    assertThat(database.queryLong("SELECT count(*) FROM books WHERE votes_up = 1")).isEqualTo(7);
  }

  @Test
  void asksOtherBooksIfMostOfABatchRefuse() throws SQLException {
    database.insertBooks(20);
    database.execute("ALTER TABLE books ADD CHECK (book_id > 2 OR votes_up < 1)");
    // A book that somebody holds is not waited for.
    try (HeldBooks held = HeldBooks.hold(database, 3L)) {
      store.offsets(List.of(FIRST));
      assertThat(refused(up(Map.of(FIRST, 0L), 1))).containsExactly(1L);
      assertThat(refused(up(Map.of(FIRST, 0L), 1, 2))).containsExactlyInAnyOrder(1L, 2L);
      assertThat(refused(up(Map.of(FIRST, 0L), 1, 2, 5))).containsExactlyInAnyOrder(1L, 2L);
      assertThat(database.queryLong("SELECT sum(votes_up + votes_down) FROM books")).isZero();
      held.commit();
    }
  }

  @Test
  void blamesTheTableIfOtherBooksRefuseTooHoweverFewAreInTheBatch() {
    database.insertBooks(20);
    database.execute("ALTER TABLE books ADD CHECK (book_id = 20 OR votes_up < 1)");
    assertThatThrownBy(
            () -> {
              store.offsets(List.of(FIRST));
              store.write(up(Map.of(FIRST, 0L), 1));
            })
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("check constraint");
    assertThatThrownBy(() -> store.write(up(Map.of(FIRST, 0L), 1, 2, 20)))
        .hasMessageContaining("check constraint");
    assertThat(database.queryLong("SELECT sum(votes_up) FROM books")).isZero();
  }

  @Test
  void findsOneBookAmongManyInFewTries() throws SQLException {
    database.insertBooks(1_000);
    database.execute("ALTER TABLE books ADD CHECK (book_id <> 677 OR votes_up < 1)");
    // A sequence goes on when what it counted is taken back.
    database.execute(
        """
        CREATE SEQUENCE tries;
        CREATE FUNCTION tried() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM nextval('tries'); RETURN NULL; END $$;
        CREATE TRIGGER tried BEFORE UPDATE ON books EXECUTE FUNCTION tried();
        """);
    store.offsets(List.of(FIRST));

    assertThat(refused(up(Map.of(FIRST, 0L), LongStream.rangeClosed(1, 1_000).toArray())))
        .containsExactly(677L);
    assertThat(database.queryLong("SELECT last_value FROM tries")).isLessThan(25);
  }

  private Set<Long> refused(VoteBatch batch) throws SQLException {
    Written written = store.write(batch);
    assertThat(written).isInstanceOf(Written.Uncountable.class);
    assertThat(((Written.Uncountable) written).reason()).isEqualTo("refused");
    return ((Written.Uncountable) written).bookIds();
  }

  @Test
  void recordsTheDeadLettersThatItMovesTheOffsetsPast() throws SQLException {
    database.insertBooks(1);
    store.offsets(List.of(FIRST, SECOND));
    Map<TopicPartition, NavigableMap<Long, String>> sent = new HashMap<>();
    assertThat(store.write(up(Map.of(FIRST, 0L, SECOND, 0L), sent, 1, 77, 1)))
        .isInstanceOf(Written.Uncountable.class);
    assertThat(letters()).as("nothing is written").isEmpty();

    sent.put(FIRST, new TreeMap<>(Map.of(1L, "unknown-book", 3L, "malformed")));
    sent.put(SECOND, new TreeMap<>(Map.of(1L, "unknown-book")));
    assertThat(store.write(up(Map.of(FIRST, 0L, SECOND, 0L), sent, 1, 77, 1)))
        .isEqualTo(new Written.Committed());

    assertThat(letters())
        .as("3 is behind the batch")
        .containsExactly(
            List.of("votes", 0, 1L, "unknown-book", false),
            List.of("votes", 1, 1L, "unknown-book", false));
  }

  @Test
  void recordsNoDeadLetterOfABatchThatIsFenced() throws SQLException {
    database.insertBooks(1);
    store.offsets(List.of(FIRST));
    VoteBatch zombies =
        up(Map.of(FIRST, 0L), Map.of(FIRST, new TreeMap<>(Map.of(1L, "unknown-book"))), 1, 77);
    // The other one found the book and counted the vote.
    assertThat(store.write(up(Map.of(FIRST, 0L), 1, 1))).isEqualTo(new Written.Committed());

    assertThat(store.write(zombies)).isEqualTo(new Written.Fenced(Set.of(FIRST)));

    assertThat(letters()).isEmpty();
  }

  @Test
  void recordsALetterAnewIfTheOffsetsWereSetBackByHand() throws SQLException {
    store.offsets(List.of(FIRST));
    NavigableMap<Long, String> sent = new TreeMap<>(Map.of(0L, "unknown-book"));
    assertThat(store.write(up(Map.of(FIRST, 0L), Map.of(FIRST, sent), 77)))
        .isEqualTo(new Written.Committed());
    database.execute("UPDATE bookvotes.dead_letters SET redriven_at = now()");
    database.execute("UPDATE bookvotes.partition_offsets SET next_offset = 0");

    sent.put(0L, "refused");
    assertThat(store.write(up(Map.of(FIRST, 0L), Map.of(FIRST, sent), 77)))
        .isEqualTo(new Written.Committed());

    assertThat(letters()).containsExactly(List.of("votes", 0, 0L, "refused", false));
  }

  private List<List<@Nullable Object>> letters() {
    return database.queryRows(
        "SELECT topic, partition, source_offset, reason, redriven_at IS NOT NULL"
            + " FROM bookvotes.dead_letters ORDER BY 1, 2, 3");
  }

  @Test
  void doesNotBlameTheBooksIfMostOfThemRefuse() {
    database.insertBooks(9);
    database.execute("ALTER TABLE books ADD CHECK (book_id <= 4 OR votes_up < 1)");
    assertThatThrownBy(
            () -> {
              store.offsets(List.of(FIRST));
              store.write(up(Map.of(FIRST, 0L), 1, 2, 3, 4, 5, 6, 7, 8, 9));
            })
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("check constraint");
    assertThat(database.queryLong("SELECT sum(votes_up) FROM books")).isZero();
  }

  @Test
  void writesNothingIfABookIsUnknownAndNamesAllThatAre() throws SQLException {
    database.insertBooks(2);
    store.offsets(List.of(FIRST));
    assertThat(store.write(up(Map.of(FIRST, 0L), 1, 77, 2, 88)))
        .isInstanceOfSatisfying(
            Written.Uncountable.class,
            unknown -> {
              assertThat(unknown.bookIds()).containsExactlyInAnyOrder(77L, 88L);
              assertThat(unknown.reason()).isEqualTo("unknown-book");
            });
    assertThat(store.offsets(List.of(FIRST))).isEqualTo(Map.of(FIRST, 0L));
    assertThat(database.queryLong("SELECT sum(votes_up) FROM books")).isZero();
    assertThat(database.queryLong("SELECT count(*) FROM bookvotes.stale_books")).isZero();
  }

  @Test
  void movesOffsetsThatHaveNothingToCount() throws SQLException {
    store.offsets(List.of(FIRST));

    VoteBatch batch = new VoteBatch(Map.of(), new UncountableBooks());
    batch.add(
        new ConsumerRecords<>(Map.of(), Map.of(FIRST, new OffsetAndMetadata(9))),
        Map.of(FIRST, 0L));

    assertThat(store.write(batch)).isEqualTo(new Written.Committed());

    assertThat(store.offsets(List.of(FIRST))).isEqualTo(Map.of(FIRST, 9L));
  }

  /**
   * One vote up for each of {@code books} on each partition, from its offset in the database on.
   */
  private static VoteBatch up(Map<TopicPartition, Long> froms, long... books) {
    return up(froms, Map.of(), books);
  }

  /** The same, some of them dead letters. */
  private static VoteBatch up(
      Map<TopicPartition, Long> froms,
      Map<TopicPartition, NavigableMap<Long, String>> deadLettered,
      long... books) {
    Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records = new HashMap<>();
    Map<TopicPartition, OffsetAndMetadata> nexts = new HashMap<>();
    froms.forEach(
        (partition, from) -> {
          records.put(
              partition,
              LongStream.range(0, books.length)
                  .mapToObj(i -> event(partition, from + i, books[(int) i]))
                  .toList());
          nexts.put(partition, new OffsetAndMetadata(from + books.length));
        });
    VoteBatch batch = new VoteBatch(deadLettered, new UncountableBooks());
    batch.add(new ConsumerRecords<>(records, nexts), froms);
    return batch;
  }

  private static ConsumerRecord<byte[], byte[]> event(
      TopicPartition partition, long offset, long bookId) {
    return new ConsumerRecord<>(
        partition.topic(),
        partition.partition(),
        offset,
        "key".getBytes(UTF_8),
        VoteEventCodec.encode(new VoteEvent(UUID.randomUUID(), bookId, Vote.UP, Instant.EPOCH)));
  }
}

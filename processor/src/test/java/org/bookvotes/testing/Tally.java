package org.bookvotes.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.jspecify.annotations.Nullable;

/**
 * The votes that a test casts and what must come of them, worked out here, apart from the product.
 * Thread-safe.
 */
public final class Tally {

  private static final Duration TIMEOUT = Duration.ofSeconds(90);

  /** Votes of one book. */
  public record Count(long up, long down) {}

  private final Random random;
  private final int bookCount;
  private final Map<Long, Count> counts = new TreeMap<>();
  private long total;

  /**
   * @param seed of the votes that are drawn
   * @param bookCount they are for the books from 1 up to this
   */
  public Tally(long seed, int bookCount) {
    this.random = new Random(seed);
    this.bookCount = bookCount;
  }

  /** One vote. */
  public synchronized VoteEvent cast(long bookId, Vote vote) {
    expect(bookId, vote == Vote.UP ? new Count(1, 0) : new Count(0, 1));
    return new VoteEvent(UUID.randomUUID(), bookId, vote, Instant.now());
  }

  /** Votes that somebody else casts. */
  public synchronized void expect(long bookId, Count count) {
    counts.merge(
        bookId, count, (sum, more) -> new Count(sum.up() + more.up(), sum.down() + more.down()));
    total += count.up() + count.down();
  }

  /** So many votes at random, most of them for few books. */
  public synchronized List<VoteEvent> cast(int voteCount) {
    List<VoteEvent> events = new ArrayList<>(voteCount);
    for (int i = 0; i < voteCount; i++) {
      long bookId = 1 + (long) (bookCount * Math.pow(random.nextDouble(), 3));
      events.add(cast(bookId, random.nextInt(4) == 0 ? Vote.DOWN : Vote.UP));
    }
    return events;
  }

  /** Votes cast so far. */
  public synchronized long total() {
    return total;
  }

  /** Up-votes cast so far. */
  public synchronized long up() {
    return counts.values().stream().mapToLong(Count::up).sum();
  }

  /** The books that have votes, ascending, with these. */
  public synchronized Map<Long, Count> counts() {
    return new TreeMap<>(counts);
  }

  /**
   * Lower bound of the Wilson score interval at 95 %, in the form in which it is printed in books.
   */
  public static double wilson(long up, long down) {
    double n = up + down;
    if (n == 0) {
      return 0;
    }
    double z = 1.96;
    double p = up / n;
    return (p + z * z / (2 * n) - z * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)))
        / (1 + z * z / n);
  }

  /** Votes counted in {@code database}. */
  public static long countedIn(TestDatabase database) {
    return database.queryLong("SELECT coalesce(sum(votes_up::bigint + votes_down), 0) FROM books");
  }

  /**
   * Waits until the offsets in the database have come to the end of the topic, then demands that
   * every book has exactly its votes.
   */
  public void awaitCounted(TestDatabase database, TestTopics topics) {
    // The end is looked up each time: the marker that ends a transaction may come after its answer.
    Awaitility.await("offsets at the end of " + topics.votes())
        .atMost(TIMEOUT)
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(
            () ->
                assertThat(offsetsIn(database, topics))
                    .containsAllEntriesOf(onlyWithEvents(topics.endOffsets())));
    assertCounted(database);
  }

  /** The same, and that every rating shows all votes and no stale mark is left. */
  public void awaitRated(TestDatabase database, TestTopics topics) {
    awaitCounted(database, topics);
    Awaitility.await("no stale marks")
        .atMost(TIMEOUT)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> database.queryLong("SELECT count(*) FROM bookvotes.stale_books") == 0);
    assertCounted(database);
    for (List<?> row : database.queryRows("SELECT book_id, rating FROM books ORDER BY book_id")) {
      Count count = counts().getOrDefault(number(row.get(0)).longValue(), new Count(0, 0));
      assertThat(number(row.get(1)).doubleValue())
          .as("rating of book %s with %s", row.get(0), count)
          .isCloseTo(wilson(count.up(), count.down()), within(1e-12));
    }
  }

  /** Demands that every book has exactly its votes. */
  public void assertCounted(TestDatabase database) {
    Map<Long, Count> counted = new TreeMap<>();
    for (List<?> row :
        database.queryRows(
            "SELECT book_id, votes_up, votes_down FROM books WHERE votes_up <> 0 OR votes_down <> 0")) {
      counted.put(
          number(row.get(0)).longValue(),
          new Count(number(row.get(1)).longValue(), number(row.get(2)).longValue()));
    }
    assertThat(counted).isEqualTo(counts());
  }

  /** The next offset to count of each partition that the database knows. */
  public static Map<Integer, Long> offsetsIn(TestDatabase database, TestTopics topics) {
    Map<Integer, Long> offsets = new TreeMap<>();
    for (List<?> row :
        database.queryRows(
            "SELECT partition, next_offset FROM bookvotes.partition_offsets WHERE topic = ?",
            topics.votes())) {
      offsets.put(number(row.get(0)).intValue(), number(row.get(1)).longValue());
    }
    return offsets;
  }

  private static Map<Integer, Long> onlyWithEvents(Map<Integer, Long> ends) {
    Map<Integer, Long> some = new TreeMap<>(ends);
    some.values().removeIf(end -> end == 0);
    return some;
  }

  private static Number number(@Nullable Object value) {
    return (Number) Objects.requireNonNull(value);
  }
}

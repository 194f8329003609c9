package org.bookvotes.chaos;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.bookvotes.contracts.VoteTopics;

/** Compares what was sent with what has become of it. Used by one thread, when all is quiet. */
final class Oracle {

  /** First key of the advisory locks of the slots. */
  private static final int SLOT_LOCK_CLASS = 0x626F6F6B;

  private static final Duration REST_TIMEOUT = Duration.ofMinutes(3);
  private static final Duration SLOTS_TIMEOUT = Duration.ofSeconds(60);

  /** Longer than it takes until a backlog is so overdue that it is worth all slots. */
  private static final Duration HELD = Duration.ofSeconds(8);

  /** A machine that has so little time for the harness says nothing about the product. */
  private static final Duration LONGEST_GAP = Duration.ofSeconds(10);

  /** The formula is calculated twice, in another order: the last digits may differ. */
  private static final double RATING_TOLERANCE = 1e-12;

  private final Stack stack;
  private final VoteLoad load;
  private final Sampler sampler;

  Oracle(Stack stack, VoteLoad load, Sampler sampler) {
    this.stack = stack;
    this.load = load;
    this.sampler = sampler;
  }

  /**
   * Waits until every event that the topic has is passed and no book is stale.
   *
   * @return how long that took; it gives up after a bounded time, and the checks will tell
   */
  Duration awaitRest() throws InterruptedException {
    Instant start = Instant.now();
    while (Duration.between(start, Instant.now()).compareTo(REST_TIMEOUT) < 0) {
      try {
        if (nextOffsets() == endOffsets()
            && number("SELECT count(*) FROM bookvotes.stale_books") == 0) {
          break;
        }
      } catch (SQLException | ExecutionException e) {
        // A server that is about to come back: ask again.
      }
      Thread.sleep(100);
    }
    return Duration.between(start, Instant.now());
  }

  private long nextOffsets() throws SQLException {
    return number("SELECT coalesce(sum(next_offset), 0) FROM bookvotes.partition_offsets");
  }

  private long endOffsets() throws ExecutionException, InterruptedException {
    try (Admin admin = stack.admin()) {
      return admin
          .listOffsets(
              IntStream.range(0, Stack.PARTITIONS)
                  .mapToObj(partition -> new TopicPartition(VoteTopics.VOTES, partition))
                  .collect(Collectors.toMap(p -> p, p -> OffsetSpec.latest())))
          .all()
          .get()
          .values()
          .stream()
          .mapToLong(ListOffsetsResultInfo::offset)
          .sum();
    }
  }

  private long number(String sql) throws SQLException {
    try (Connection connection = stack.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  /** The checks of the votes, the ratings and the dead letters. */
  List<Check> checkVotes() throws Exception {
    List<Check> checks = new ArrayList<>();
    long sent = load.sentCount();
    long acknowledged = load.acknowledgedCount();
    checks.add(
        Check.of(
            "every event that was sent is acknowledged",
            sent == acknowledged && load.failure() == null,
            Text.count(sent),
            Text.count(acknowledged) + (load.failure() == null ? "" : ", " + load.failure())));
    long there = endOffsets();
    checks.add(
        Check.of(
            "events on the votes' topic",
            there == acknowledged,
            Text.count(acknowledged),
            Text.count(there)));
    checkBooks(checks);
    long stale = number("SELECT count(*) FROM bookvotes.stale_books");
    checks.add(Check.of("stale marks left", stale == 0, "0", Text.count(stale)));
    return checks;
  }

  private void checkBooks(List<Check> checks) throws SQLException {
    long good = 0;
    for (int book = 1; book <= load.bookCount(); book++) {
      good += load.ups(book) + load.downs(book);
    }
    long counted = 0;
    List<String> wrongVotes = new ArrayList<>();
    List<String> wrongRatings = new ArrayList<>();
    try (Connection connection = stack.connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT book_id, votes_up, votes_down, rating FROM books")) {
      while (row.next()) {
        int book = row.getInt("book_id");
        long up = row.getLong("votes_up");
        long down = row.getLong("votes_down");
        counted += up + down;
        if (up != load.ups(book) || down != load.downs(book)) {
          wrongVotes.add(
              "book "
                  + book
                  + ": "
                  + up
                  + "/"
                  + down
                  + " instead of "
                  + load.ups(book)
                  + "/"
                  + load.downs(book));
        }
        double rating = row.getDouble("rating");
        if (row.wasNull() || Math.abs(rating - wilson(up, down)) > RATING_TOLERANCE) {
          wrongRatings.add("book " + book + ": " + rating + " for " + up + "/" + down);
        }
      }
    }
    checks.add(Check.of("votes counted", counted == good, Text.count(good), Text.count(counted)));
    checks.add(Check.none("books with wrong votes", wrongVotes, ""));
    checks.add(Check.none("books with a wrong rating", wrongRatings, ""));
  }

  /**
   * Lower bound of the Wilson score interval at 95 %, in the form in which it is printed in books
   * (E. B. Wilson, 1927).
   */
  static double wilson(long up, long down) {
    double n = up + down;
    if (n == 0) {
      return 0;
    }
    double z = 1.96;
    double p = up / n;
    return (p + z * z / (2 * n) - z * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)))
        / (1 + z * z / n);
  }

  /** The checks of the worker slots. */
  List<Check> checkSlots() throws SQLException, InterruptedException {
    List<Check> checks = new ArrayList<>();
    int free = freeSlots();
    checks.add(
        Check.of(
            "slots free at the end",
            free == Stack.WORKER_SLOTS,
            Integer.toString(Stack.WORKER_SLOTS),
            Integer.toString(free)));
    Set<String> working = workingSlots();
    checks.add(
        Check.of(
            "slots that still get work done",
            working.size() == Stack.WORKER_SLOTS,
            Integer.toString(Stack.WORKER_SLOTS),
            working.size() + ": " + working));
    return checks;
  }

  /** The checks of what was sampled all the while. */
  List<Check> checkSamples() {
    return List.of(
        Check.of(
            "most workers at once, in " + Text.count(sampler.sampleCount()) + " samples",
            sampler.mostWorkers() <= Stack.WORKER_SLOTS,
            "at most " + Stack.WORKER_SLOTS,
            Integer.toString(sampler.mostWorkers())),
        Check.of(
            "most workers in one slot",
            sampler.mostInOneSlot() <= 1,
            "at most 1",
            Integer.toString(sampler.mostInOneSlot())),
        Check.of(
            "longest time without a sample while the server was up",
            sampler.sampleCount() > 0 && sampler.longestGap().compareTo(LONGEST_GAP) <= 0,
            "at most " + Text.seconds(LONGEST_GAP),
            String.format(
                Locale.ROOT,
                "%s, %.1f samples a second",
                Text.seconds(sampler.longestGap()),
                sampler.samplesPerSecond())),
        Check.of(
            "deadlocks", sampler.deadlockCount() == 0, "0", Text.count(sampler.deadlockCount())));
  }

  /** A slot may be in use for a moment, to look at what is due. */
  private int freeSlots() throws SQLException, InterruptedException {
    Instant start = Instant.now();
    while (true) {
      int free = 0;
      try (Connection connection = stack.connect();
          PreparedStatement statement =
              connection.prepareStatement("SELECT pg_try_advisory_lock(?, ?)")) {
        for (int slot = 1; slot <= Stack.WORKER_SLOTS; slot++) {
          statement.setInt(1, SLOT_LOCK_CLASS);
          statement.setInt(2, slot);
          try (ResultSet row = statement.executeQuery()) {
            row.next();
            free += row.getBoolean(1) ? 1 : 0;
          }
        }
      }
      if (free == Stack.WORKER_SLOTS
          || Duration.between(start, Instant.now()).compareTo(SLOTS_TIMEOUT) > 0) {
        return free;
      }
      Thread.sleep(200);
    }
  }

  /**
   * Makes every book stale while somebody holds some of them: whoever works in a slot is stuck for
   * a while, and the next slot is wanted.
   */
  private Set<String> workingSlots() throws SQLException, InterruptedException {
    Instant start = Instant.now();
    Set<String> seen = new TreeSet<>();
    sampler.takeNamesSeen();
    while (seen.size() < Stack.WORKER_SLOTS
        && Duration.between(start, Instant.now()).compareTo(SLOTS_TIMEOUT) < 0) {
      try (Connection connection = stack.connect();
          Statement statement = connection.createStatement();
          PreparedStatement mark =
              connection.prepareStatement(
                  "CALL bookvotes.mark_stale(interval '0', ?, 0, 0, false)")) {
        mark.setInt(1, load.bookCount());
        mark.execute();
        connection.setAutoCommit(false);
        statement.execute("SELECT FROM books WHERE book_id % 20 = 0 ORDER BY book_id FOR UPDATE");
        Thread.sleep(HELD);
      }
      for (String name : sampler.takeNamesSeen()) {
        if (name.startsWith("bookvotes slot")) {
          seen.add(name);
        }
      }
    }
    return seen;
  }

  /** The kinds that struck too rarely to prove anything. */
  static Check checkStrikes(Map<FaultKind, Long> struck, Map<FaultKind, Long> planned) {
    List<String> missing = new ArrayList<>();
    planned.forEach(
        (kind, count) -> {
          long have = struck.getOrDefault(kind, 0L);
          if (have < count) {
            missing.add(kind.title() + " " + have + " of " + count);
          }
        });
    long sum = struck.values().stream().mapToLong(Long::longValue).sum();
    return Check.of(
        "faults that struck",
        missing.isEmpty(),
        Text.count(planned.values().stream().mapToLong(Long::longValue).sum()),
        Text.count(sum) + (missing.isEmpty() ? "" : ", missing " + missing));
  }
}

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
import java.util.Map;
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
    checks.add(
        Check.of(
            "events on the votes' topic",
            endOffsets() == acknowledged,
            Text.count(acknowledged),
            Text.count(endOffsets())));
    checkBooks(checks);
    DeadLetterCheck.check(stack, load.bad(), checks);
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
    checks.add(Check.of("books with wrong votes", wrongVotes.isEmpty(), "0", some(wrongVotes)));
    checks.add(
        Check.of("books with a wrong rating", wrongRatings.isEmpty(), "0", some(wrongRatings)));
  }

  static String some(List<String> faults) {
    return faults.isEmpty() ? "0" : faults.size() + ", such as " + faults.getFirst();
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
    checks.add(
        Check.of(
            "most workers at once, in " + Text.count(sampler.sampleCount()) + " samples",
            sampler.mostWorkers() <= Stack.WORKER_SLOTS,
            "at most " + Stack.WORKER_SLOTS,
            Integer.toString(sampler.mostWorkers())));
    checks.add(
        Check.of(
            "most workers in one slot",
            sampler.mostInOneSlot() <= 1,
            "at most 1",
            Integer.toString(sampler.mostInOneSlot())));
    int free = freeSlots();
    checks.add(
        Check.of(
            "slots free at the end",
            free == Stack.WORKER_SLOTS,
            Integer.toString(Stack.WORKER_SLOTS),
            Integer.toString(free)));
    List<String> working = workingSlots();
    checks.add(
        Check.of(
            "slots that still get work done",
            working.size() == Stack.WORKER_SLOTS,
            Integer.toString(Stack.WORKER_SLOTS),
            working.size() + ": " + working));
    return checks;
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

  /** Makes every book stale, again and again, until each slot has been seen with a worker. */
  private List<String> workingSlots() throws SQLException, InterruptedException {
    Instant start = Instant.now();
    List<String> seen = new ArrayList<>();
    sampler.namesSeen();
    while (seen.size() < Stack.WORKER_SLOTS
        && Duration.between(start, Instant.now()).compareTo(SLOTS_TIMEOUT) < 0) {
      try (Connection connection = stack.connect();
          Statement statement = connection.createStatement()) {
        statement.execute(
            "CALL bookvotes.mark_stale(interval '0', " + load.bookCount() + ", 0, 0, false)");
      }
      Instant marked = Instant.now();
      while (number("SELECT count(*) FROM bookvotes.stale_books") > 0
          && Duration.between(marked, Instant.now()).compareTo(SLOTS_TIMEOUT) < 0) {
        Thread.sleep(20);
      }
      for (String name : sampler.namesSeen()) {
        if (name.startsWith("bookvotes slot") && !seen.contains(name)) {
          seen.add(name);
        }
      }
    }
    return seen.stream().sorted().toList();
  }

  /** A check for each number that must not have grown. */
  static List<Check> checkLeaks(Resources before, Resources after) {
    return List.of(
        grown("threads of replica-1", before.threads(), after.threads(), 8),
        grown("file handles of replica-1", before.files(), after.files(), 16),
        grown("connections of replica-1", before.connections(), after.connections(), 6));
  }

  private static Check grown(String name, int before, int after, int tolerance) {
    return Check.of(
        name,
        after <= before + tolerance,
        "at most " + (before + tolerance),
        after + " (" + before + " at first)");
  }

  /** How often the lines of a log have what they must not have. */
  static Check checkLog(String name, List<String> findings) {
    return Check.of(name, findings.isEmpty(), "0", some(findings));
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

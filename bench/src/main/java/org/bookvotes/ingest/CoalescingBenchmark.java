package org.bookvotes.ingest;

import java.time.Instant;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.jspecify.annotations.NullMarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Sums votes per book, a batch at a time. In this package because the sums are internal to it. */
@NullMarked
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class CoalescingBenchmark {

  private static final int VOTES = 10_000;
  private static final int BOOKS = 100_000;

  private VoteEvent[] votes = new VoteEvent[0];

  /** Votes by Zipf's law with exponent 1, ranks spread over the ids. */
  @Setup
  public void draw() {
    SplittableRandom random = new SplittableRandom(1);
    double[] cumulative = new double[BOOKS];
    double sum = 0;
    for (int rank = 0; rank < BOOKS; rank++) {
      sum += 1.0 / (rank + 1);
      cumulative[rank] = sum;
    }
    votes = new VoteEvent[VOTES];
    for (int i = 0; i < VOTES; i++) {
      int found = java.util.Arrays.binarySearch(cumulative, random.nextDouble() * sum);
      int rank = found >= 0 ? found : Math.min(BOOKS - 1, -found - 1);
      // 7919 is prime to the number of books: another book for each rank.
      long bookId = 1 + rank * 7919L % BOOKS;
      votes[i] =
          new VoteEvent(
              new UUID(random.nextLong(), random.nextLong()),
              bookId,
              random.nextInt(5) == 0 ? Vote.DOWN : Vote.UP,
              Instant.EPOCH);
    }
  }

  /** One batch. */
  @Benchmark
  @OperationsPerInvocation(VOTES)
  public Object coalesce() {
    VoteSums sums = new VoteSums();
    for (VoteEvent vote : votes) {
      sums.add(vote);
    }
    return sums;
  }
}

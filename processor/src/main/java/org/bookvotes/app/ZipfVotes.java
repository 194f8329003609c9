package org.bookvotes.app;

import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.bookvotes.contracts.Vote;
import org.bookvotes.postgres.BookCatalog.Book;

/**
 * Generated votes with a popularity like real life. Books are numbered from 1.
 *
 * <p>Popularity follows Zipf's law with the exponent {@value #EXPONENT}: the book of rank k is
 * voted for in proportion to 1/k. Which book has which rank is drawn at random, so that popular
 * books do not lie side by side. The share of up-votes of each book is drawn from a Beta(8, 2)
 * distribution: 80 % on average, and different enough for ratings to differ.
 */
final class ZipfVotes implements VoteSource {

  static final double EXPONENT = 1.0;

  private static final int BETA_UNIFORM_COUNT = 9;

  private final long voteCount;
  private final long seed;

  /** Index is the rank, from 0. */
  private final int[] bookIdByRank;

  private final double[] qualityByRank;

  /** Share of the votes that goes to this rank and all more popular ones. */
  private final double[] cumulativeShareByRank;

  /**
   * @param seed the same seed gives the same books and the same votes; another number of votes with
   *     the same seed begins with the same ones
   */
  ZipfVotes(long voteCount, int bookCount, long seed) {
    this.voteCount = voteCount;
    this.seed = seed;
    SplittableRandom random = new SplittableRandom(seed);
    bookIdByRank = shuffled(IntStream.rangeClosed(1, bookCount).toArray(), random);
    qualityByRank = new double[bookCount];
    Arrays.setAll(qualityByRank, rank -> quality(random));
    cumulativeShareByRank = cumulativeShares(bookCount);
  }

  @Override
  public Iterable<Book> books() {
    return () ->
        IntStream.rangeClosed(1, bookCount())
            .mapToObj(id -> new Book(id, "Book " + id, null))
            .iterator();
  }

  @Override
  public int bookCount() {
    return bookIdByRank.length;
  }

  @Override
  public long voteCount() {
    return voteCount;
  }

  /** The book of this rank, 0 being the most popular. */
  long bookId(int rank) {
    return bookIdByRank[rank];
  }

  /** Share of up-votes that the book of this rank tends to. */
  double quality(int rank) {
    return qualityByRank[rank];
  }

  @Override
  public Iterator<BookVote> votes() {
    // Apart from the stream of the books: more books do not change what is drawn for a vote.
    SplittableRandom random = new SplittableRandom(~seed);
    return new Iterator<>() {
      private long left = voteCount;

      @Override
      public boolean hasNext() {
        return left > 0;
      }

      @Override
      public BookVote next() {
        if (left == 0) {
          throw new NoSuchElementException();
        }
        left--;
        int rank = rank(random.nextDouble());
        Vote vote = random.nextDouble() < qualityByRank[rank] ? Vote.UP : Vote.DOWN;
        return new BookVote(bookIdByRank[rank], vote);
      }
    };
  }

  /** The inverse of the cumulative distribution: the first rank whose cumulative share is above. */
  private int rank(double uniform) {
    int found = Arrays.binarySearch(cumulativeShareByRank, uniform);
    // The share of a rank ends before its bound: one that is hit exactly belongs to the next rank.
    return found >= 0 ? found + 1 : -found - 1;
  }

  private static double[] cumulativeShares(int bookCount) {
    double[] shares = new double[bookCount];
    double sum = 0;
    for (int rank = 0; rank < bookCount; rank++) {
      sum += Math.pow(rank + 1, -EXPONENT);
      shares[rank] = sum;
    }
    for (int rank = 0; rank < bookCount; rank++) {
      shares[rank] /= sum;
    }
    return shares;
  }

  /** Fisher-Yates. */
  private static int[] shuffled(int[] numbers, RandomGenerator random) {
    for (int i = numbers.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int number = numbers[i];
      numbers[i] = numbers[j];
      numbers[j] = number;
    }
    return numbers;
  }

  /** The second greatest of nine uniform numbers is distributed as Beta(8, 2). */
  private static double quality(RandomGenerator random) {
    double[] uniform = random.doubles(BETA_UNIFORM_COUNT).sorted().toArray();
    return uniform[BETA_UNIFORM_COUNT - 2];
  }
}

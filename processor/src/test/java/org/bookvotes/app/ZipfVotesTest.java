package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bookvotes.app.VoteSource.BookVote;
import org.bookvotes.contracts.Vote;
import org.bookvotes.postgres.BookCatalog.Book;
import org.junit.jupiter.api.Test;

class ZipfVotesTest {

  private static final int BOOK_COUNT = 1000;
  private static final int VOTE_COUNT = 300_000;

  private final ZipfVotes votes = new ZipfVotes(VOTE_COUNT, BOOK_COUNT, 7);

  @Test
  void votesForEachRankInProportionToItsReciprocal() {
    Map<Long, Integer> votesByBook = new HashMap<>();
    votes.votes().forEachRemaining(v -> votesByBook.merge(v.bookId(), 1, Integer::sum));
    double harmonic = IntStream.rangeClosed(1, BOOK_COUNT).mapToDouble(k -> 1.0 / k).sum();

    double chiSquare = 0;
    for (int rank = 0; rank < BOOK_COUNT; rank++) {
      double expected = VOTE_COUNT / harmonic / (rank + 1);
      double difference = votesByBook.getOrDefault(votes.bookId(rank), 0) - expected;
      chiSquare += difference * difference / expected;
      if (rank < 10) {
        assertThat(difference).as("rank %d", rank).isCloseTo(0, within(5 * Math.sqrt(expected)));
      }
    }
    // 999 degrees of freedom: mean 999, standard deviation 44.7.
    assertThat(chiSquare).isBetween(999 - 5 * 44.7, 999 + 5 * 44.7);
  }

  @Test
  void votesUpAsOftenAsTheBookIsGood() {
    Map<Long, Integer> up = new HashMap<>();
    Map<Long, Integer> all = new HashMap<>();
    votes
        .votes()
        .forEachRemaining(
            v -> {
              all.merge(v.bookId(), 1, Integer::sum);
              up.merge(v.bookId(), v.vote() == Vote.UP ? 1 : 0, Integer::sum);
            });

    for (int rank = 0; rank < 10; rank++) {
      double n = all.getOrDefault(votes.bookId(rank), 0);
      double quality = votes.quality(rank);
      assertThat(up.getOrDefault(votes.bookId(rank), 0) / n)
          .isCloseTo(quality, within(5 * Math.sqrt(quality * (1 - quality) / n)));
    }
  }

  @Test
  void makesBooksGoodInFourOfFiveVotesOnAverage() {
    ZipfVotes many = new ZipfVotes(1, 20_000, 3);
    double[] qualities = IntStream.range(0, 20_000).mapToDouble(many::quality).toArray();
    double mean = IntStream.range(0, 20_000).mapToDouble(i -> qualities[i]).average().orElse(0);
    double variance =
        IntStream.range(0, 20_000).mapToDouble(i -> Math.pow(qualities[i] - mean, 2)).sum()
            / 20_000;

    // Beta(8, 2): mean 0.8, variance 8 * 2 / (10 * 10 * 11).
    assertThat(mean).isCloseTo(0.8, within(0.005));
    assertThat(variance).isCloseTo(16 / 1100.0, within(0.001));
  }

  @Test
  void spreadsPopularBooksOverTheIds() {
    List<Long> popular = IntStream.range(0, 100).mapToObj(votes::bookId).toList();
    assertThat(popular).doesNotHaveDuplicates().allMatch(id -> id >= 1 && id <= BOOK_COUNT);
    assertThat(popular.stream().mapToLong(id -> id).average().orElse(0)).isBetween(400.0, 600.0);
  }

  @Test
  void repeatsItselfWithTheSameSeedOnly() {
    assertThat(first(1000, new ZipfVotes(VOTE_COUNT, BOOK_COUNT, 7)))
        .isEqualTo(first(1000, votes))
        .isEqualTo(first(1000, votes))
        .isNotEqualTo(first(1000, new ZipfVotes(VOTE_COUNT, BOOK_COUNT, 8)));
  }

  @Test
  void givesAsManyVotesAsAsked() {
    List<BookVote> all = new ArrayList<>();
    new ZipfVotes(17, 1, 0).votes().forEachRemaining(all::add);
    assertThat(all).hasSize(17).allMatch(v -> v.bookId() == 1);
  }

  @Test
  void namesItsBooks() {
    assertThat(new ZipfVotes(1, 3, 0).books())
        .containsExactly(
            new Book(1, "Book 1", null), new Book(2, "Book 2", null), new Book(3, "Book 3", null));
  }

  private static List<BookVote> first(int count, VoteSource source) {
    Iterator<BookVote> votes = source.votes();
    return IntStream.range(0, count).mapToObj(i -> votes.next()).toList();
  }
}

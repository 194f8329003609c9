package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.bookvotes.app.VoteSource.BookVote;
import org.bookvotes.contracts.Vote;
import org.bookvotes.postgres.BookCatalog.Book;
import org.bookvotes.testing.Goodbooks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CsvVotesTest {

  private static final String HEADER = "book_id,title,authors,votes_up,votes_down\n";

  @TempDir private Path directory;

  @Test
  void readsWhatRfc4180Quotes() throws IOException {
    CsvVotes votes =
        read(
            HEADER
                + "2,\"One, \"\"two\"\"\nand a line\",\"Ä, Ö\",3,1\r\n"
                + "1,Plain,,0,0\r\n"
                + "\r\n"
                + "3,\"\",A,1,0",
            "1");

    assertThat(votes.books())
        .containsExactly(
            new Book(1, "Plain", ""),
            new Book(2, "One, \"two\"\nand a line", "Ä, Ö"),
            new Book(3, "", "A"));
    assertThat(counts(votes))
        .isEqualTo(
            Map.of(
                new BookVote(2, Vote.UP), 3L,
                new BookVote(2, Vote.DOWN), 1L,
                new BookVote(3, Vote.UP), 1L));
  }

  @Test
  void readsColumnsInAnyOrderAndIgnoresOthers() throws IOException {
    CsvVotes votes =
        read("\uFEFFvotes_down,stars,votes_up,title,authors,book_id\n2,4.5,1,T,A,9\n", "1");

    assertThat(votes.books()).containsExactly(new Book(9, "T", "A"));
    assertThat(votes.bookCount()).isEqualTo(1);
    assertThat(votes.voteCount()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 5, 5",
    "0.1, 4, 0",
    "0.1, 5, 1",
    "0.001, 499, 0",
    "0.001, 500, 1",
    "0.001, 2500, 3",
    "0.001, 4187622, 4188",
    "3, 7, 21",
    "1.5, 1, 2"
  })
  void roundsHalvesUp(String scale, long count, long scaled) throws IOException {
    CsvVotes votes = read(HEADER + "1,T,A," + count + ",0\n2,T,A,0," + count + "\n", scale);

    assertThat(votes.voteCount()).isEqualTo(2 * scaled);
    assertThat(counts(votes).getOrDefault(new BookVote(1, Vote.UP), 0L)).isEqualTo(scaled);
    assertThat(counts(votes).getOrDefault(new BookVote(2, Vote.DOWN), 0L)).isEqualTo(scaled);
  }

  @Test
  void givesExactlyTheCountsOfRealBooks() throws IOException {
    CsvVotes votes = CsvVotes.read(Goodbooks.file(), new BigDecimal("0.001"), 1);

    assertThat(votes.bookCount()).isEqualTo(10_000);
    assertThat(votes.books().iterator().next())
        .isEqualTo(new Book(1, "The Hunger Games (The Hunger Games, #1)", "Suzanne Collins"));
    Map<BookVote, Long> counts = counts(votes);
    assertThat(Goodbooks.counts())
        .hasSize(10_000)
        .allSatisfy(
            book -> {
              // Halves up in whole numbers, apart from how the class calculates.
              assertThat(counts.getOrDefault(new BookVote(book.bookId(), Vote.UP), 0L))
                  .isEqualTo((book.votesUp() + 500) / 1000);
              assertThat(counts.getOrDefault(new BookVote(book.bookId(), Vote.DOWN), 0L))
                  .isEqualTo((book.votesDown() + 500) / 1000);
            });
  }

  @Test
  void shufflesOverAllBooksAndRepeatsItselfWithTheSameSeed() throws IOException {
    Path file = Files.writeString(directory.resolve("b.csv"), HEADER + "1,T,A,500,500\n2,T,A,0,9");
    List<BookVote> one = all(CsvVotes.read(file, BigDecimal.ONE, 1));

    assertThat(all(CsvVotes.read(file, BigDecimal.ONE, 1))).isEqualTo(one);
    assertThat(all(CsvVotes.read(file, BigDecimal.ONE, 2)))
        .isNotEqualTo(one)
        .containsExactlyInAnyOrderElementsOf(one);
    long upInFirstHalf = one.stream().limit(500).filter(v -> v.vote() == Vote.UP).count();
    assertThat(upInFirstHalf).isBetween(200L, 300L);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1,T,A,1,-1 | line 2: votes_down is '-1', allowed is a whole number from 0",
        "0,T,A,1,1 | line 2: book_id is '0', allowed is a whole number from 1",
        "1,T,A,many,1 | line 2: votes_up is 'many', allowed is a whole number from 0",
        "1,T,A,1.5,1 | line 2: votes_up is '1.5'",
        "1,T,A,3000000000,1 | line 2: votes_up is '3000000000', allowed is at most 2147483647",
        "1,T,A,99999999999999999999,1 | line 2: votes_up is '99999999999999999999'",
        "1,T,A,1 | line 2: has no votes_down, needed are the columns book_id,title,authors",
        "1,T,A,1,1,1 | line 2: Too many entries",
      })
  void saysWhereTheFileIsWrong(String line, String message) {
    assertThatThrownBy(() -> read(HEADER + line + "\n", "1"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("books.csv " + message);
  }

  @Test
  void refusesABookThatComesTwice() {
    assertThatThrownBy(() -> read(HEADER + "1,T,A,1,1\n1,T,A,1,1\n", "1"))
        .hasMessageContaining("line 3: book_id is '1', allowed is an id that no line before has");
  }

  @Test
  void refusesAFileWithoutBooks() {
    assertThatThrownBy(() -> read(HEADER, "1")).hasMessageContaining("has no books");
    assertThatThrownBy(() -> read("", "1")).hasMessageContaining("books.csv: Empty header line");
    assertThatThrownBy(() -> read("a;b\n1;2\n", "1")).hasMessageContaining("has no book_id");
  }

  private CsvVotes read(String text, String scale) throws IOException {
    Path file = Files.writeString(directory.resolve("books.csv"), text);
    return CsvVotes.read(file, new BigDecimal(scale), 1);
  }

  private static List<BookVote> all(VoteSource source) {
    List<BookVote> all = new ArrayList<>();
    source.votes().forEachRemaining(all::add);
    return all;
  }

  private static Map<BookVote, Long> counts(VoteSource source) {
    return all(source).stream().collect(Collectors.groupingBy(v -> v, Collectors.counting()));
  }
}

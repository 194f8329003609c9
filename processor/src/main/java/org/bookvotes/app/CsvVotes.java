package org.bookvotes.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.bookvotes.contracts.Vote;
import org.bookvotes.postgres.BookCatalog.Book;
import org.jspecify.annotations.Nullable;

/**
 * Votes as a CSV file counts them: of each book exactly round(scale x votes_up) up and round(scale
 * x votes_down) down, halves rounded up, shuffled over the whole.
 */
final class CsvVotes implements VoteSource {

  /** The header that the file must have; more columns do not matter, nor does their order. */
  static final List<String> COLUMNS =
      List.of("book_id", "title", "authors", "votes_up", "votes_down");

  // Also what books.votes_up can hold.
  private static final long MOST_VOTES_OF_A_BOOK = Integer.MAX_VALUE;

  private final List<Book> books;

  /** Of book i: at 2i the votes up, at 2i + 1 the votes down. */
  private final long[] counts;

  private final long voteCount;
  private final long seed;

  private record Row(Book book, long up, long down) {}

  private CsvVotes(List<Row> rows, long seed) {
    this.seed = seed;
    books = rows.stream().map(Row::book).toList();
    counts = new long[2 * rows.size()];
    for (int i = 0; i < rows.size(); i++) {
      counts[2 * i] = rows.get(i).up();
      counts[2 * i + 1] = rows.get(i).down();
    }
    voteCount = new Urn(counts).left();
  }

  /**
   * Reads a file of comma-separated values (RFC 4180) in UTF-8.
   *
   * @param scale what the counts are multiplied with, greater than 0
   * @param seed the same seed gives the same order
   * @throws IOException if the file cannot be read or is not of this form; the message tells the
   *     line
   */
  static CsvVotes read(Path file, BigDecimal scale, long seed) throws IOException {
    ObjectReader reader =
        new CsvMapper()
            .enable(CsvParser.Feature.SKIP_EMPTY_LINES)
            .readerForMapOf(String.class)
            .with(CsvSchema.emptySchema().withHeader());
    Map<Long, Row> rows = new TreeMap<>();
    try (InputStream in = Files.newInputStream(file);
        MappingIterator<Map<String, String>> lines = reader.readValues(in)) {
      while (lines.hasNextValue()) {
        int number = lines.getCurrentLocation().getLineNr();
        Line at = new Line(file, number, lines.nextValue());
        Row row = at.row(scale);
        if (rows.putIfAbsent(row.book().bookId(), row) != null) {
          throw at.wrong("book_id", "an id that no line before has");
        }
      }
    } catch (JsonProcessingException e) {
      int number = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      String where = number < 1 ? "" : " line " + number;
      throw new IOException(file + where + ": " + e.getOriginalMessage(), e);
    }
    if (rows.isEmpty()) {
      throw new IOException(file + " has no books, only a header or nothing at all");
    }
    return new CsvVotes(List.copyOf(rows.values()), seed);
  }

  /** One line of the file, for reading it and for saying where it is wrong. */
  private record Line(Path file, int number, Map<String, String> values) {

    Row row(BigDecimal scale) throws IOException {
      long bookId = number("book_id", 1, Long.MAX_VALUE);
      Book book = new Book(bookId, text("title"), text("authors"));
      return new Row(book, scaled("votes_up", scale), scaled("votes_down", scale));
    }

    private long scaled(String column, BigDecimal scale) throws IOException {
      BigDecimal votes = BigDecimal.valueOf(number(column, 0, Long.MAX_VALUE));
      BigDecimal scaled = votes.multiply(scale).setScale(0, RoundingMode.HALF_UP);
      if (scaled.compareTo(BigDecimal.valueOf(MOST_VOTES_OF_A_BOOK)) > 0) {
        throw wrong(column, "at most " + MOST_VOTES_OF_A_BOOK + " after scaling");
      }
      return scaled.longValueExact();
    }

    private long number(String column, long least, long most) throws IOException {
      try {
        long number = Long.parseLong(text(column).strip());
        if (number >= least) {
          return number;
        }
      } catch (NumberFormatException e) {
        // Told below, with the line.
      }
      throw wrong(column, "a whole number from " + least + " to " + most);
    }

    private String text(String column) throws IOException {
      String value = values.get(column);
      if (value == null) {
        throw new IOException(
            at() + "has no " + column + ", needed are the columns " + String.join(",", COLUMNS));
      }
      return value;
    }

    IOException wrong(String column, String allowed) {
      @Nullable String value = values.get(column);
      return new IOException(at() + column + " is '" + value + "', allowed is " + allowed);
    }

    private String at() {
      return file + " line " + number + ": ";
    }
  }

  @Override
  public Iterable<Book> books() {
    return Collections.unmodifiableList(books);
  }

  @Override
  public int bookCount() {
    return books.size();
  }

  @Override
  public long voteCount() {
    return voteCount;
  }

  @Override
  public Iterator<BookVote> votes() {
    Urn urn = new Urn(counts);
    SplittableRandom random = new SplittableRandom(seed);
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return urn.left() > 0;
      }

      @Override
      public BookVote next() {
        if (urn.left() == 0) {
          throw new NoSuchElementException();
        }
        int kind = urn.draw(random);
        Vote vote = kind % 2 == 0 ? Vote.UP : Vote.DOWN;
        return new BookVote(books.get(kind / 2).bookId(), vote);
      }
    };
  }
}

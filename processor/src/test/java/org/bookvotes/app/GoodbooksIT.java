package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.Test;

/** Real input: 10,000 books with real numbers of good and bad marks, a thousandth of them. */
class GoodbooksIT {

  private static final Path CSV = Path.of("..", "..", "shared", "data", "goodbooks-10k.csv");
  private static final BigDecimal SCALE = new BigDecimal("0.001");
  private static final int CHUNK = 20_000;

  private record Book(long id, String title, String authors, int up, int down) {}

  @Test
  void countsAndRatesEveryBookOfARealCatalogue() throws IOException, SQLException {
    assertThat(CSV).as("the real input, beside the repository").exists();
    List<Book> books = read();
    assertThat(books).hasSize(10_000);
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(12)) {
      register(books, database);
      Tally tally = new Tally(0, 1);
      try (Replica replica = Replica.inProcess(Replica.settings(database, topics))) {
        List<VoteEvent> votes = new ArrayList<>();
        for (Book book : books) {
          for (int i = 0; i < scaled(book.up()); i++) {
            votes.add(tally.cast(book.id(), Vote.UP));
          }
          for (int i = 0; i < scaled(book.down()); i++) {
            votes.add(tally.cast(book.id(), Vote.DOWN));
          }
        }
        Collections.shuffle(votes, new Random(10));
        for (int i = 0; i < votes.size(); i += CHUNK) {
          topics.sendVotes(votes.subList(i, Math.min(i + CHUNK, votes.size())));
        }

        tally.awaitRated(database, topics);
        assertThat(tally.total()).isGreaterThan(480_000);
        assertThat(replica.metric("bookvotes_votes_total{vote=\"UP\"}"))
            .isEqualTo((double) tally.up());
        assertThat(
                database.queryRows(
                    "SELECT book_id FROM books ORDER BY rating DESC, book_id LIMIT 10"))
            .map(List::getFirst)
            .isEqualTo(best(books, 10));
      }
    }
  }

  /** By what their rating must be, worked out from the file. */
  private static List<Long> best(List<Book> books, int count) {
    return books.stream()
        .sorted(
            Comparator.comparingDouble(
                    (Book book) -> -Tally.wilson(scaled(book.up()), scaled(book.down())))
                .thenComparingLong(Book::id))
        .limit(count)
        .map(Book::id)
        .toList();
  }

  private static int scaled(int votes) {
    return SCALE
        .multiply(BigDecimal.valueOf(votes))
        .setScale(0, RoundingMode.HALF_UP)
        .intValueExact();
  }

  private static List<Book> read() throws IOException {
    List<Book> books = new ArrayList<>();
    try (MappingIterator<Map<String, String>> rows =
        new CsvMapper()
            .readerForMapOf(String.class)
            .with(CsvSchema.emptySchema().withHeader())
            .readValues(CSV.toFile())) {
      while (rows.hasNext()) {
        Map<String, String> row = rows.next();
        books.add(
            new Book(
                Long.parseLong(column(row, "book_id")),
                column(row, "title"),
                column(row, "authors"),
                Integer.parseInt(column(row, "votes_up")),
                Integer.parseInt(column(row, "votes_down"))));
      }
    }
    return books;
  }

  private static String column(Map<String, String> row, String name) {
    return Objects.requireNonNull(row.get(name), name);
  }

  private static void register(List<Book> books, TestDatabase database) throws SQLException {
    try (Connection connection = database.connect();
        PreparedStatement statement =
            connection.prepareStatement(
                "INSERT INTO books (book_id, title, authors) VALUES (?, ?, ?)")) {
      for (Book book : books) {
        statement.setLong(1, book.id());
        statement.setString(2, book.title());
        statement.setString(3, book.authors());
        statement.addBatch();
      }
      assertThat(statement.executeBatch()).hasSize(books.size());
    }
  }
}

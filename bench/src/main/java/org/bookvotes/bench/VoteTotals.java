package org.bookvotes.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.postgres.SqlFile;

/**
 * What must come out the same, whoever counts the votes.
 *
 * @param up votes up
 * @param down votes down
 * @param bookSum the ids of all books voted up, less those voted down: a vote given to the wrong
 *     book shows here
 */
record VoteTotals(long up, long down, long bookSum) {

  private static final SqlFile BOOKS = SqlFile.of(VoteTotals.class, "books_totals.sql");
  private static final SqlFile EVENTS = SqlFile.of(VoteTotals.class, "vote_events_totals.sql");

  static final VoteTotals NONE = new VoteTotals(0, 0, 0);

  long events() {
    return up + down;
  }

  /** With one event more. */
  VoteTotals plus(VoteEvent event) {
    return switch (event.vote()) {
      case UP -> new VoteTotals(up + 1, down, bookSum + event.bookId());
      case DOWN -> new VoteTotals(up, down + 1, bookSum - event.bookId());
    };
  }

  /** Of the table of books. */
  static VoteTotals ofBooks(PostgresServer postgres) throws SQLException {
    return of(postgres, BOOKS);
  }

  /** Of the table of events, where each has a row. */
  static VoteTotals ofEvents(PostgresServer postgres) throws SQLException {
    return of(postgres, EVENTS);
  }

  private static VoteTotals of(PostgresServer postgres, SqlFile query) throws SQLException {
    try (Connection connection = postgres.connect();
        PreparedStatement statement = query.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return new VoteTotals(row.getLong("up"), row.getLong("down"), row.getLong("book_sum"));
    }
  }

  /** As {@link #toString} writes it. */
  static VoteTotals parse(String text) {
    String[] numbers = text.split(" ", -1);
    return new VoteTotals(
        Long.parseLong(numbers[0]), Long.parseLong(numbers[1]), Long.parseLong(numbers[2]));
  }

  @Override
  public String toString() {
    return up + " " + down + " " + bookSum;
  }
}

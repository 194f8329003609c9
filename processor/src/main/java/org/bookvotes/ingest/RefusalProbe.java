package org.bookvotes.ingest;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.postgres.SqlFile;
import org.bookvotes.postgres.SqlState;

/**
 * Finds the books whose rows refuse their votes, by trying parts of them and taking each try back.
 * Works in a transaction that has locked the books, and leaves nothing in it.
 */
final class RefusalProbe {

  private static final SqlFile CHECK_DEFERRED =
      SqlFile.of(RefusalProbe.class, "check_deferred.sql");
  private static final SqlFile OTHER_BOOKS = SqlFile.of(RefusalProbe.class, "other_books.sql");

  private final Connection connection;
  // Where each try is taken back to.
  private Savepoint before;

  /** Sees the transaction as it is now. */
  RefusalProbe(Connection connection) throws SQLException {
    this.connection = connection;
    this.before = connection.setSavepoint();
  }

  /**
   * The books that refuse their votes. Empty if those that fail together do not fail alone: it is
   * not the rows then.
   *
   * @throws SQLException on an error that is not about rows
   */
  Set<Long> refused(VoteSums sums) throws SQLException {
    Set<Long> refused = new HashSet<>();
    search(sums, sums.bookCount(), refused);
    return refused;
  }

  /**
   * The books that can be blamed for a batch that failed: those that refuse their votes, if others
   * take theirs. Empty if it is the table, which a person must mend.
   *
   * <p>If at least half of the batch takes its votes, those are others enough. If not, up to ten
   * books beside the batch are asked; at least half of them must take a vote, and there must be
   * one.
   *
   * @throws SQLException on an error that is not about rows
   */
  Set<Long> blamed(VoteSums sums) throws SQLException {
    int mostCount = sums.bookCount() / 2;
    Set<Long> refused = new HashSet<>();
    search(sums, mostCount, refused);
    if (refused.size() <= mostCount) {
      return refused;
    }
    return othersTakeVotes(sums) ? refused(sums) : Set.of();
  }

  /**
   * Halves {@code sums} again and again; gives up once it has found more than {@code mostCount}.
   */
  private void search(VoteSums sums, int mostCount, Set<Long> refused) throws SQLException {
    if (sums.bookCount() == 0 || refused.size() > mostCount || takesVotes(sums)) {
      return;
    }
    if (sums.bookCount() == 1) {
      refused.add(sums.bookIds()[0]);
      return;
    }
    for (VoteSums half : sums.halves()) {
      search(half, mostCount, refused);
    }
  }

  private boolean othersTakeVotes(VoteSums sums) throws SQLException {
    List<Long> others = lockOthers(sums);
    before = connection.setSavepoint();
    int takingCount = 0;
    for (long bookId : others) {
      VoteSums one = new VoteSums();
      for (Vote vote : Vote.values()) {
        one.add(new VoteEvent(new UUID(0, 0), bookId, vote, Instant.EPOCH));
      }
      takingCount += takesVotes(one) ? 1 : 0;
    }
    return !others.isEmpty() && 2 * takingCount >= others.size();
  }

  private List<Long> lockOthers(VoteSums sums) throws SQLException {
    try (PreparedStatement statement = OTHER_BOOKS.prepare(connection)) {
      statement.setObject(1, sums.bookIds());
      try (ResultSet row = statement.executeQuery()) {
        List<Long> others = new ArrayList<>();
        while (row.next()) {
          others.add(row.getLong("book_id"));
        }
        return others;
      }
    }
  }

  private boolean takesVotes(VoteSums sums) throws SQLException {
    boolean taken;
    try {
      taken = BookVotes.add(connection, sums).isEmpty();
      checkDeferred(connection);
    } catch (SQLException e) {
      if (!SqlState.isAboutRows(e)) {
        throw e;
      }
      taken = false;
    }
    connection.rollback(before);
    return taken;
  }

  /** Checks at once what would be checked at the commit. */
  static void checkDeferred(Connection connection) throws SQLException {
    try (PreparedStatement statement = CHECK_DEFERRED.prepare(connection)) {
      statement.execute();
    }
  }
}

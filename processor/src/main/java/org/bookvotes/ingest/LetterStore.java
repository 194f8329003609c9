package org.bookvotes.ingest;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.postgres.SqlState;
import org.bookvotes.postgres.Transactions;
import org.jspecify.annotations.Nullable;

/**
 * Letters and the votes in them, in the database. Thread-safe; any number of redrives may run at
 * once, and beside ingest.
 *
 * <p>Lock order, as that of {@link VoteStore}: the letters' rows in the order of their key, then
 * the books in ascending order.
 */
public final class LetterStore {

  private final Transactions transactions;

  public LetterStore(Transactions transactions) {
    this.transactions = transactions;
  }

  /**
   * What came of one call of {@link #redrive}.
   *
   * @param counts letters with each outcome; those that no letter has are left out
   * @param refusal what the server said of the votes that it refused, null if it took all
   */
  public record Redriven(Map<RedriveOutcome, Integer> counts, @Nullable String refusal) {}

  /**
   * The states of those of {@code letters} whose reason is meant by {@code filter}.
   *
   * @throws SQLException if the database cannot be asked
   */
  public Map<Coordinates, LetterState> states(List<Letter> letters, LetterFilter filter)
      throws SQLException {
    Map<Coordinates, LetterRows.Row> rows =
        transactions.inTransaction(connection -> LetterRows.read(connection, coordinates(letters)));
    Map<Coordinates, LetterState> states = HashMap.newHashMap(letters.size());
    for (Letter letter : letters) {
      LetterState state = state(letter, rows.get(letter.at()));
      if (filter.matchesReason(state.reason())) {
        states.put(letter.at(), state);
      }
    }
    return states;
  }

  private static LetterState state(Letter letter, LetterRows.@Nullable Row row) {
    if (row == null) {
      return new LetterState.NotCommitted(letter.reason());
    }
    return row.redrivenAt() == null
        ? new LetterState.Waiting(row.reason())
        : new LetterState.Redriven(row.reason(), row.redrivenAt());
  }

  /**
   * Counts the votes of those of {@code letters} that can be counted now and marks the letters as
   * redriven, in one transaction: however often it is called, a vote is counted once.
   *
   * @param letters with coordinates that differ
   * @param dryRun tells what would come of it, and takes it back
   * @throws SQLException if it failed; nothing of it is counted then, unless the connection was
   *     lost during the commit
   */
  public Redriven redrive(List<Letter> letters, boolean dryRun) throws SQLException {
    return transactions.inTransaction(
        connection -> {
          Redriven redriven = new Redrive(connection).run(letters);
          if (dryRun) {
            connection.rollback();
          }
          return redriven;
        });
  }

  /** One transaction. */
  private static final class Redrive {
    private final Connection connection;
    private final Map<RedriveOutcome, Integer> counts = new EnumMap<>(RedriveOutcome.class);
    private final Map<Coordinates, VoteEvent> votes = new HashMap<>();
    private final VoteSums sums = new VoteSums();
    private @Nullable String refusal;

    Redrive(Connection connection) {
      this.connection = connection;
    }

    Redriven run(List<Letter> letters) throws SQLException {
      claim(letters);
      votes.values().forEach(sums::add);
      remove(BookVotes.lock(connection, sums), RedriveOutcome.STILL_UNKNOWN);
      remove(add(), RedriveOutcome.REFUSED);
      LetterRows.markRedriven(connection, votes.keySet());
      count(RedriveOutcome.COUNTED, votes.size());
      return new Redriven(counts, refusal);
    }

    /** Leaves in {@link #votes} what is ours to count, if the books let us. */
    private void claim(List<Letter> letters) throws SQLException {
      Map<Coordinates, LetterRows.Row> rows = LetterRows.read(connection, coordinates(letters));
      for (Letter letter : letters) {
        switch (state(letter, rows.get(letter.at()))) {
          case LetterState.NotCommitted n -> count(RedriveOutcome.NOT_COMMITTED, 1);
          case LetterState.Redriven r -> count(RedriveOutcome.ALREADY_REDRIVEN, 1);
          case LetterState.Waiting w -> {
            if (letter.event() == null) {
              count(RedriveOutcome.STILL_MALFORMED, 1);
            } else {
              votes.put(letter.at(), letter.event());
            }
          }
        }
      }
      Set<Coordinates> claimed = LetterRows.claim(connection, votes.keySet());
      count(RedriveOutcome.ALREADY_REDRIVEN, votes.size() - claimed.size());
      votes.keySet().retainAll(claimed);
    }

    /** Adds the votes; returns the books that refuse theirs, whose votes are not added. */
    private Set<Long> add() throws SQLException {
      Savepoint before = connection.setSavepoint();
      try {
        addNow();
        return Set.of();
      } catch (SQLException e) {
        if (!SqlState.isAboutRows(e)) {
          throw e;
        }
        connection.rollback(before);
        Set<Long> refused = new RefusalProbe(connection).refused(sums);
        if (refused.isEmpty()) {
          throw e;
        }
        refusal = e.getMessage() + " (" + SqlState.of(e) + ")";
        sums.remove(refused);
        addNow();
        return refused;
      }
    }

    private void addNow() throws SQLException {
      Set<Long> unknown = BookVotes.add(connection, sums);
      if (!unknown.isEmpty()) {
        throw new IllegalStateException("locked books are not there: " + unknown);
      }
      RefusalProbe.checkDeferred(connection);
    }

    private void remove(Set<Long> bookIds, RedriveOutcome outcome) {
      sums.remove(bookIds);
      int voteCount = votes.size();
      votes.values().removeIf(vote -> bookIds.contains(vote.bookId()));
      count(outcome, voteCount - votes.size());
    }

    private void count(RedriveOutcome outcome, int letterCount) {
      if (letterCount > 0) {
        counts.merge(outcome, letterCount, Integer::sum);
      }
    }
  }

  private static Collection<Coordinates> coordinates(List<Letter> letters) {
    return letters.stream().map(Letter::at).toList();
  }
}

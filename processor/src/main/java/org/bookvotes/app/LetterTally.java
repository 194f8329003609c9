package org.bookvotes.app;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.ingest.LetterState;

/** Counts letters by reason and state. Used by one thread. */
final class LetterTally {

  private static final List<String> REASONS =
      List.of(
          VoteTopics.REASON_MALFORMED, VoteTopics.REASON_UNKNOWN_BOOK, VoteTopics.REASON_REFUSED);

  private static final class Counts {
    private long waiting;
    private long redriven;
    private long notCommitted;
  }

  private final Map<String, Counts> reasons = new TreeMap<>();

  LetterTally() {
    REASONS.forEach(reason -> reasons.put(reason, new Counts()));
  }

  void add(LetterState state) {
    // A letter without a row may say anything.
    String reason = REASONS.contains(state.reason()) ? state.reason() : "other";
    Counts counts = reasons.computeIfAbsent(reason, r -> new Counts());
    switch (state) {
      case LetterState.Waiting w -> counts.waiting++;
      case LetterState.Redriven r -> counts.redriven++;
      case LetterState.NotCommitted n -> counts.notCommitted++;
    }
  }

  /** A line for each reason. */
  @Override
  public String toString() {
    StringBuilder lines =
        new StringBuilder(
            String.format(
                Locale.ROOT, "%-13s %12s %12s %14s%n", "", "waiting", "redriven", "not committed"));
    reasons.forEach(
        (reason, counts) ->
            lines.append(
                String.format(
                    Locale.ROOT,
                    "%-13s %,12d %,12d %,14d%n",
                    reason,
                    counts.waiting,
                    counts.redriven,
                    counts.notCommitted)));
    return lines.toString();
  }
}

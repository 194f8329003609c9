package org.bookvotes.ingest;

/** What became of a letter that was to be redriven. Immutable, as every enum here. */
public enum RedriveOutcome {
  /** Its vote is in the books now. */
  COUNTED,
  /** Remains: there is still no such book. */
  STILL_UNKNOWN,
  /** Remains: its value is still no vote event. */
  STILL_MALFORMED,
  /** Remains: the row of its book refuses the vote. */
  REFUSED,
  /** Its vote was counted by a redrive before, or by another at the same time. */
  ALREADY_REDRIVEN,
  /** {@link LetterState.NotCommitted}: not this letter's to count. */
  NOT_COMMITTED
}

package org.bookvotes.ingest;

import java.time.Instant;

/** What the database knows of a letter. Immutable. */
public sealed interface LetterState {

  /** Why it is a dead letter. */
  String reason();

  /** It was not counted, and can be redriven. */
  record Waiting(String reason) implements LetterState {}

  /** Its vote was counted after all. */
  record Redriven(String reason, Instant at) implements LetterState {}

  /**
   * The offset was not moved past it when it was sent, or not yet: its event was read again, and
   * counted or dead-lettered anew. Or it has no row for another reason: the row was deleted, or
   * whoever sent it did not know {@code bookvotes.dead_letters} yet.
   *
   * @param reason as the letter itself says
   */
  record NotCommitted(String reason) implements LetterState {}
}

package org.bookvotes.contracts;

import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * One reader's vote for one book. Immutable, so safe to share between threads.
 *
 * @param eventId identifies this event; the producer chooses it once and keeps it when it retries
 * @param bookId the book voted for, greater than 0
 * @param vote up or down
 * @param votedAt when the reader voted, as told by the producer's clock; from year 0 to year 9999
 *     in UTC, because RFC 3339 writes a year with four digits
 */
public record VoteEvent(UUID eventId, long bookId, Vote vote, Instant votedAt) {

  private static final Instant FIRST_INSTANT = Instant.parse("0000-01-01T00:00:00Z");
  private static final Instant LAST_INSTANT = Instant.parse("9999-12-31T23:59:59.999999999Z");

  /**
   * @throws NullPointerException if anything is null
   * @throws IllegalArgumentException if {@code bookId} or {@code votedAt} is out of range
   */
  public VoteEvent {
    Objects.requireNonNull(eventId, "eventId");
    Objects.requireNonNull(vote, "vote");
    Objects.requireNonNull(votedAt, "votedAt");
    if (bookId <= 0) {
      throw new IllegalArgumentException("bookId must be > 0, was " + bookId);
    }
    if (!isWritable(votedAt)) {
      throw new IllegalArgumentException("votedAt must be in the years 0 to 9999, was " + votedAt);
    }
  }

  /** Whether RFC 3339 can write the instant in UTC. */
  static boolean isWritable(Instant instant) {
    return !instant.isBefore(FIRST_INSTANT) && !instant.isAfter(LAST_INSTANT);
  }
}

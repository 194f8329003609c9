package org.bookvotes.contracts;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VoteEventTest {

  private static final UUID ID = new UUID(1, 2);
  private static final Instant NOW = Instant.parse("2026-01-31T12:34:56Z");

  @Test
  @SuppressWarnings("NullAway") // null is what is tested
  void refusesNulls() {
    assertThatNullPointerException()
        .isThrownBy(() -> new VoteEvent(null, 1, Vote.UP, NOW))
        .withMessage("eventId");
    assertThatNullPointerException()
        .isThrownBy(() -> new VoteEvent(ID, 1, null, NOW))
        .withMessage("vote");
    assertThatNullPointerException()
        .isThrownBy(() -> new VoteEvent(ID, 1, Vote.UP, null))
        .withMessage("votedAt");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE})
  void refusesBookIdsBelowOne(long bookId) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new VoteEvent(ID, bookId, Vote.UP, NOW))
        .withMessage("bookId must be > 0, was " + bookId);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-0001-12-31T23:59:59.999999999Z", "+10000-01-01T00:00:00Z"})
  void refusesYearsThatRfc3339CannotWrite(String votedAt) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new VoteEvent(ID, 1, Vote.UP, Instant.parse(votedAt)))
        .withMessageStartingWith("votedAt must be in the years 0 to 9999");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"})
  void takesTheFirstAndTheLastInstantOfRfc3339(String votedAt) {
    assertThatNoException()
        .isThrownBy(() -> new VoteEvent(ID, Long.MAX_VALUE, Vote.DOWN, Instant.parse(votedAt)));
  }
}

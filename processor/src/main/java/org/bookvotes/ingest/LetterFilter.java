package org.bookvotes.ingest;

import org.jspecify.annotations.Nullable;

/**
 * Which letters are meant. Immutable.
 *
 * @param reason why they are dead letters, null for any reason
 * @param partition that their events came from, null for any
 * @param firstOffset lowest offset of their events
 * @param lastOffset highest offset of their events
 */
public record LetterFilter(
    @Nullable String reason, @Nullable Integer partition, long firstOffset, long lastOffset) {

  boolean matches(Coordinates at) {
    return (partition == null || partition == at.partition())
        && at.offset() >= firstOffset
        && at.offset() <= lastOffset;
  }

  boolean matchesReason(String actual) {
    return reason == null || reason.equals(actual);
  }
}

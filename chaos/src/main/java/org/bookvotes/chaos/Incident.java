package org.bookvotes.chaos;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A fault that has struck and is over.
 *
 * @param alone whether it struck while no other did
 * @param what was struck, and what came of it
 * @param pause longest time without a refreshed rating while it lasted, null if others were
 *     striking
 * @param ratingAfterEnd from the end of the fault to the next refreshed rating, null if others were
 *     striking or none came
 * @param recovery null if it was not measured, as others were striking
 */
record Incident(
    Fault fault,
    boolean alone,
    String what,
    Instant struckAt,
    Duration lasted,
    @Nullable Duration pause,
    @Nullable Duration ratingAfterEnd,
    @Nullable Recovery recovery) {}

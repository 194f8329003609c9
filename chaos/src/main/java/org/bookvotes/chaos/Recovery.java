package org.bookvotes.chaos;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How long the system took to recover, from the end of a fault, or from its strike if it should get
 * over it by itself. A time is null if it did not come.
 *
 * @param firstBatch until a batch of votes was written
 * @param firstRating until a rating was refreshed
 * @param allPartitions until each partition had been written
 * @param caughtUp until no book was stale since before
 * @param slotsTaken until other replicas had held the slots of the one that was killed; null also
 *     if it held none
 */
record Recovery(
    @Nullable Duration firstBatch,
    @Nullable Duration firstRating,
    @Nullable Duration allPartitions,
    @Nullable Duration caughtUp,
    @Nullable Duration slotsTaken) {

  private static final Duration TIMEOUT = Duration.ofMinutes(3);

  /** Whether all came. */
  boolean isComplete() {
    return firstBatch != null && firstRating != null && allPartitions != null && caughtUp != null;
  }

  /**
   * Waits until the system has recovered.
   *
   * @param since from when on the time counts
   * @param orphanedSlots slots whose holder at {@code holder} was killed, empty if there is none
   */
  static Recovery await(
      Instant since, Set<Integer> orphanedSlots, String holder, Progress progress, Sampler sampler)
      throws InterruptedException {
    @Nullable Duration firstBatch = null;
    @Nullable Duration firstRating = null;
    @Nullable Duration allPartitions = null;
    @Nullable Duration caughtUp = null;
    @Nullable Duration slotsTaken = null;
    Set<Integer> orphaned = new TreeSet<>(orphanedSlots);
    Instant seen = since;
    while (Duration.between(since, Instant.now()).compareTo(TIMEOUT) < 0) {
      Progress.Look look = progress.awaitAfter(seen, Duration.ofSeconds(1));
      seen = look.at().isAfter(seen) ? look.at() : seen;
      Duration now = Duration.between(since, look.at());
      for (Map.Entry<Integer, String> slot : sampler.slotHolders().entrySet()) {
        if (!slot.getValue().equals(holder)) {
          orphaned.remove(slot.getKey());
        }
      }
      slotsTaken = first(slotsTaken, now, !orphanedSlots.isEmpty() && orphaned.isEmpty());
      firstBatch = first(firstBatch, now, isAfter(look.fastest(), since));
      firstRating = first(firstRating, now, isAfter(look.rated(), since));
      allPartitions =
          first(
              allPartitions,
              now,
              look.partitions() == Stack.PARTITIONS && isAfter(look.slowest(), since));
      caughtUp =
          first(
              caughtUp,
              now,
              allPartitions != null
                  && firstRating != null
                  && (look.oldest() == null || isAfter(look.oldest(), since)));
      Recovery recovery =
          new Recovery(firstBatch, firstRating, allPartitions, caughtUp, slotsTaken);
      if (recovery.isComplete() && (orphanedSlots.isEmpty() || slotsTaken != null)) {
        return recovery;
      }
    }
    return new Recovery(firstBatch, firstRating, allPartitions, caughtUp, slotsTaken);
  }

  private static @Nullable Duration first(
      @Nullable Duration before, Duration now, boolean happened) {
    return before == null && happened ? now : before;
  }

  private static boolean isAfter(@Nullable Instant time, Instant since) {
    return time != null && time.isAfter(since);
  }
}

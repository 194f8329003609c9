package org.bookvotes.chaos;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How long the system took to recover, from the end of a fault, or from its strike if it should get
 * over it by itself. A time is null if it did not come.
 *
 * @param firstBatch until a batch of votes was written
 * @param firstRating until a rating was refreshed
 * @param allPartitions until each partition had been written
 * @param caughtUp until no book was stale since before
 * @param slotTaken until another replica than the one that was killed held slot 1; null too if none
 *     was killed
 * @param killed whether a replica was killed
 */
record Recovery(
    @Nullable Duration firstBatch,
    @Nullable Duration firstRating,
    @Nullable Duration allPartitions,
    @Nullable Duration caughtUp,
    @Nullable Duration slotTaken,
    boolean killed) {

  private static final Duration TIMEOUT = Duration.ofMinutes(3);

  /** Whether all came. */
  boolean isComplete() {
    return firstBatch != null
        && firstRating != null
        && allPartitions != null
        && caughtUp != null
        && (slotTaken != null || !killed);
  }

  /**
   * Waits until the system has recovered.
   *
   * @param since from when on the time counts
   * @param killed address of the replica that was killed, empty if none was
   */
  static Recovery await(Instant since, String killed, Progress progress, Sampler sampler)
      throws InterruptedException {
    Recovery recovery = new Recovery(null, null, null, null, null, !killed.isEmpty());
    Instant seen = since;
    while (!recovery.isComplete()
        && Duration.between(since, Instant.now()).compareTo(TIMEOUT) < 0) {
      Progress.Look look = progress.awaitAfter(seen, Duration.ofSeconds(1));
      seen = look.at().isAfter(seen) ? look.at() : seen;
      recovery =
          recovery.with(
              look, since, Duration.between(since, look.at()), slotTaken(since, killed, sampler));
    }
    return recovery;
  }

  private static @Nullable Duration slotTaken(Instant since, String killed, Sampler sampler) {
    Instant taken = killed.isEmpty() ? null : sampler.othersHeldFirstSlotAt(killed);
    return taken != null && taken.isAfter(since) ? Duration.between(since, taken) : null;
  }

  private Recovery with(
      Progress.Look look, Instant since, Duration now, @Nullable Duration slotTakenNow) {
    @Nullable Duration partitionsNow =
        first(
            allPartitions,
            now,
            look.partitions() == Stack.PARTITIONS && isAfter(look.slowest(), since));
    @Nullable Duration ratingNow = first(firstRating, now, isAfter(look.rated(), since));
    return new Recovery(
        first(firstBatch, now, isAfter(look.fastest(), since)),
        ratingNow,
        partitionsNow,
        first(
            caughtUp,
            now,
            partitionsNow != null
                && ratingNow != null
                && (look.oldest() == null || isAfter(look.oldest(), since))),
        slotTaken != null ? slotTaken : slotTakenNow,
        killed);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "batch %s, rating %s, all partitions %s, caught up %s%s",
        Text.seconds(firstBatch),
        Text.seconds(firstRating),
        Text.seconds(allPartitions),
        Text.seconds(caughtUp),
        killed ? ", slot " + Text.seconds(slotTaken) : "");
  }

  private static @Nullable Duration first(
      @Nullable Duration before, Duration now, boolean happened) {
    return before == null && happened ? now : before;
  }

  private static boolean isAfter(@Nullable Instant time, Instant since) {
    return time != null && time.isAfter(since);
  }
}

package org.bookvotes.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Which faults strike in which order. The same seed draws the same schedule; when exactly a fault
 * strikes depends on when the one before has been survived.
 *
 * @param alone faults that strike one after the other, each when the system has recovered from the
 *     one before
 * @param lanes faults that overlap: the lanes run at the same time, a lane's faults one after the
 *     other, without waiting for recovery
 */
record Schedule(long seed, List<Fault> alone, List<List<Fault>> lanes) {

  /** Lanes of short faults, beside the one for pinned snapshots. */
  private static final int SHORT_LANES = 2;

  /**
   * Draws a schedule.
   *
   * @param aloneCount how often each kind strikes alone
   * @param togetherCount how often each kind strikes while others do
   * @param longest no fault lasts longer, unless its kind needs more
   */
  static Schedule draw(
      long seed, Set<FaultKind> kinds, int aloneCount, int togetherCount, Duration longest) {
    Random random = new Random(seed);
    Numbering numbering = new Numbering(random, longest);
    List<Fault> alone = numbering.faults(kinds, aloneCount);

    List<FaultKind> shortKinds = new ArrayList<>(kinds);
    boolean pins = shortKinds.remove(FaultKind.SNAPSHOT_PINNED);
    List<List<Fault>> lanes = new ArrayList<>();
    for (int lane = 0; lane < SHORT_LANES; lane++) {
      lanes.add(new ArrayList<>());
    }
    List<Fault> together = numbering.faults(shortKinds, togetherCount);
    for (int i = 0; i < together.size(); i++) {
      lanes.get(i % SHORT_LANES).add(together.get(i));
    }
    if (pins) {
      lanes.add(numbering.faults(List.of(FaultKind.SNAPSHOT_PINNED), togetherCount));
    }
    return new Schedule(seed, alone, lanes);
  }

  private static final class Numbering {
    private final Random random;
    private final Duration longest;
    private int last;

    Numbering(Random random, Duration longest) {
      this.random = random;
      this.longest = longest;
    }

    /** Each kind so often, in random order. */
    List<Fault> faults(Iterable<FaultKind> kinds, int count) {
      List<FaultKind> order = new ArrayList<>();
      for (FaultKind kind : kinds) {
        order.addAll(Collections.nCopies(count, kind));
      }
      Collections.shuffle(order, random);
      List<Fault> faults = new ArrayList<>();
      for (FaultKind kind : order) {
        last++;
        faults.add(new Fault(last, kind, hold(kind), random.nextLong()));
      }
      return faults;
    }

    /** Short ones are as likely as long ones: between 1 and 60 s, half are below 8 s. */
    private Duration hold(FaultKind kind) {
      double shortest = Math.max(0.1, kind.shortest().toMillis() / 1000.0);
      double most = Math.max(shortest, kind.longest().toMillis() / 1000.0);
      double seconds = shortest * Math.pow(most / shortest, random.nextDouble());
      Duration hold = Duration.ofMillis(Math.round(seconds * 1000));
      // A freeze that the group does not notice would be none.
      Duration limit =
          kind == FaultKind.REPLICA_FREEZE && longest.compareTo(kind.shortest()) < 0
              ? kind.shortest()
              : longest;
      return hold.compareTo(limit) < 0 ? hold : limit;
    }
  }
}

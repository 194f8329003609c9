package org.bookvotes.dispatch;

import java.time.Duration;
import java.util.Optional;
import org.bookvotes.dispatch.DeadRows.Activity;

/**
 * When a vacuum is worth a worker. Pure, immutable, thread-safe.
 *
 * @param leastDead fewer dead rows are never worth it
 * @param deadShare dead rows as a share of the live ones from which it is worth it
 * @param leastInterval a table is not vacuumed more often
 * @param inVainInterval nor sooner than this after a vacuum that failed or removed nothing
 */
public record VacuumPolicy(
    long leastDead, double deadShare, Duration leastInterval, Duration inVainInterval) {

  /**
   * Half of PostgreSQL's own autovacuum_vacuum_scale_factor (0.2), so that autovacuum finds its
   * work done, but at most every ten seconds.
   */
  public static final VacuumPolicy DEFAULT =
      new VacuumPolicy(1000, 0.1, Duration.ofSeconds(10), Duration.ofSeconds(60));

  /**
   * Whether a vacuum is due.
   *
   * @param sinceInVain time since our last vacuum of the table, if that one failed or removed
   *     nothing
   */
  public boolean isDue(Activity table, Optional<Duration> sinceInVain) {
    return isWorthwhile(table)
        && table.sinceVacuum().compareTo(leastInterval) >= 0
        && sinceInVain.map(since -> since.compareTo(inVainInterval) >= 0).orElse(true);
  }

  /** Whether there is enough to remove. */
  public boolean isWorthwhile(Activity table) {
    return table.dead() >= leastDead && table.dead() >= deadShare * table.live();
  }

  /**
   * Whether the vacuum between the two looks removed next to nothing although it was worthwhile:
   * less than a tenth of what was dead. The statistics are no exact count, and an aborted
   * transaction's rows go whatever snapshots there are.
   */
  public boolean removedNothing(Activity before, Activity after) {
    return isWorthwhile(before) && after.dead() > before.dead() * 0.9;
  }
}

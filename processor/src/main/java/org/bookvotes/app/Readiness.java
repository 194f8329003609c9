package org.bookvotes.app;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.bookvotes.observability.ProcessorListener;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.Schema;
import org.flywaydb.core.api.FlywayException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a replica has what it needs: a database that answers and is migrated, and its place in
 * the consumer group. Thread-safe.
 */
final class Readiness {

  private static final Logger LOG = LoggerFactory.getLogger(Readiness.class);

  private static final Duration LOOK_INTERVAL = Duration.ofMillis(500);

  private final Database database;
  private final Schema schema;
  private final BooleanSupplier assigned;
  private final BooleanSupplier stopping;
  private final ProcessorListener listener;
  // Whoever asks, and however often: it costs the database a look every half second.
  private final Cached<List<String>> reasons = new Cached<>(LOOK_INTERVAL, this::check);
  private final AtomicBoolean checking = new AtomicBoolean();
  private volatile boolean migrated;

  /**
   * @param assigned whether the consumer is in its group and knows its offsets
   * @param stopping whether the replica has been told to stop
   * @param listener told the result of each check
   */
  Readiness(
      Database database,
      BooleanSupplier assigned,
      BooleanSupplier stopping,
      ProcessorListener listener) {
    this.database = database;
    this.schema = new Schema(database.pool());
    this.assigned = assigned;
    this.stopping = stopping;
    this.listener = listener;
  }

  /** Why this replica is not ready; empty if it is. Waits for a database that is slow to answer. */
  List<String> reasons() {
    return reasons.get();
  }

  /**
   * Has the listener told soon, without waiting for the database: whoever reads the meters must not
   * be kept waiting by what they are to tell.
   */
  void checkSoon() {
    if (checking.compareAndSet(false, true)) {
      Thread.ofVirtual()
          .name("readiness")
          .start(
              () -> {
                try {
                  reasons.get();
                } finally {
                  checking.set(false);
                }
              });
    }
  }

  private List<String> check() {
    List<String> found = new ArrayList<>();
    if (stopping.getAsBoolean()) {
      // The database is being left; what was told of it last stands.
      found.add("stopping");
      return found;
    }
    boolean reachable = database.isReachable();
    if (!reachable) {
      found.add("the database does not answer");
    } else if (!isMigrated()) {
      found.add("the database is not migrated, run 'bookvotes migrate'");
    }
    boolean isAssigned = assigned.getAsBoolean();
    if (!isAssigned) {
      found.add(
          "the consumer has not joined its group, or does not know the offsets of its partitions");
    }
    listener.readinessChecked(reachable, migrated, isAssigned);
    return found;
  }

  private boolean isMigrated() {
    if (!migrated) {
      try {
        migrated = schema.isCurrent();
      } catch (SQLException | FlywayException e) {
        LOG.debug("the schema's version cannot be read", e);
      }
    }
    return migrated;
  }
}

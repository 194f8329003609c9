package org.bookvotes.chaos;

import java.time.Duration;
import java.util.Locale;

/** What can be done to the system. */
enum FaultKind {
  REPLICA_KILL("SIGKILL of a replica; started again later", true, 2, 6),
  REPLICA_STOP("SIGTERM of a replica, which must exit with 0; started again later", true, 1, 4),
  REPLICA_FREEZE("SIGSTOP of a replica for longer than the group waits, then SIGCONT", true, 8, 14),
  REBALANCE_STORM(
      "two replicas are stopped or killed and started in turn, every 2 s", false, 14, 20),
  POSTGRES_FAST("PostgreSQL restarts: fast shutdown", false, 0, 2),
  POSTGRES_IMMEDIATE("PostgreSQL restarts: immediate shutdown, recovery", false, 0, 2),
  WORKER_KILL("SIGKILL of a background worker: the server restarts all its processes", true, 0, 0),
  TERMINATE_SLOT("pg_terminate_backend on the session that holds a slot", true, 0, 0),
  TERMINATE_INGEST("pg_terminate_backend on a session that writes votes", true, 0, 0),
  TERMINATE_WORKER("pg_terminate_backend on a background worker", true, 0, 0),
  BROKER_KILL("SIGKILL of a broker, every second time the leader of a votes partition", true, 3, 8),
  CUT_POSTGRES("packets between a replica and PostgreSQL are dropped", false, 1, 60),
  CUT_KAFKA("packets between a replica and all brokers are dropped", true, 1, 60),
  POOL_EMPTIED("foreign background workers take the server's whole pool", false, 30, 30),
  SNAPSHOT_PINNED("a transaction holds a snapshot open", false, 60, 120),
  BOOKS_LOCKED("somebody holds books in ACCESS EXCLUSIVE mode", false, 10, 10),
  DEAD_LETTERS_REFUSED("the dead-letter topic takes no events", false, 8, 15),
  DISK_FULL("the disk of PostgreSQL is full to the last byte", false, 5, 12);

  private final String description;
  private final boolean survivable;
  private final Duration shortest;
  private final Duration longest;

  FaultKind(String description, boolean survivable, int shortestSeconds, int longestSeconds) {
    this.description = description;
    this.survivable = survivable;
    this.shortest = Duration.ofSeconds(shortestSeconds);
    this.longest = Duration.ofSeconds(longestSeconds);
  }

  /** What is done, for people. */
  String description() {
    return description;
  }

  /**
   * Whether the system should recover while the fault is still there, as what is left can do the
   * work: then the time to recover counts from the strike, else from the end.
   */
  boolean isSurvivable() {
    return survivable;
  }

  Duration shortest() {
    return shortest;
  }

  Duration longest() {
    return longest;
  }

  /** Name on the command line and in reports. */
  String title() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The kind with this title.
   *
   * @throws IllegalArgumentException if there is none
   */
  static FaultKind of(String title) {
    for (FaultKind kind : values()) {
      if (kind.title().equals(title)) {
        return kind;
      }
    }
    throw new IllegalArgumentException("no fault is called " + title);
  }
}

package org.bookvotes.workers;

import java.util.Locale;

/** With what workers may be launched. */
public enum WorkerEngine {
  /** With pg_background if the database has it, else with dblink. */
  AUTO,
  /** With whatever generation of pg_background the database has. */
  PG_BACKGROUND,
  /** With a second session on the same server, through the foreign server bookvotes_workers. */
  DBLINK;

  /** As the setting has it. */
  public String setting() {
    return name().toLowerCase(Locale.ROOT);
  }
}

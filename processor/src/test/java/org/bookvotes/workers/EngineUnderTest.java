package org.bookvotes.workers;

/** The engines, and of pg_background the generations, that must all do the same. */
enum EngineUnderTest {
  /** A double of 1.4 in SQL, since no package has it: pg_background--1.4.sql. */
  PG_BACKGROUND_1_4(WorkerEngine.PG_BACKGROUND, "pg_background 1.0", "TABLE double_handles"),
  /** A double of 1.8 in SQL, since no package has it: pg_background--1.8.sql. */
  PG_BACKGROUND_1_8(WorkerEngine.PG_BACKGROUND, "pg_background 1.6", "TABLE double_handles"),
  /** As it is packaged. */
  PG_BACKGROUND_2_0(WorkerEngine.PG_BACKGROUND, "pg_background 2.0", "TABLE pg_background_list"),
  /** dblink that passes on the keys with which the slot's session has logged in. */
  DBLINK_WITH_SCRAM_KEYS(WorkerEngine.DBLINK, "dblink", EngineUnderTest.CONNECTIONS),
  /** dblink with a password in the user mapping. */
  DBLINK_WITH_PASSWORD(WorkerEngine.DBLINK, "dblink", EngineUnderTest.CONNECTIONS);

  private static final String CONNECTIONS =
      "SELECT unnest(coalesce(dblink_get_connections(), '{}'))";

  private final WorkerEngine choice;
  private final String engine;
  private final String handles;

  EngineUnderTest(WorkerEngine choice, String engine, String handles) {
    this.choice = choice;
    this.engine = engine;
    this.handles = handles;
  }

  /** The setting that leads to it. */
  WorkerEngine choice() {
    return choice;
  }

  /** Its name in the database's functions. */
  String engine() {
    return engine;
  }

  /** A query for what a session still knows of workers. */
  String handles() {
    return handles;
  }

  boolean isDblink() {
    return choice == WorkerEngine.DBLINK;
  }
}

package org.bookvotes.postgres;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * What a failed statement means to people who read the log, and whether they need to do anything. A
 * replica tries its work again whatever made it fail: ingest after growing pauses, the dispatcher
 * at its next tick. A command ends with the error.
 */
public enum SqlTrouble {
  /** No connection, or the server ends sessions: 08, 57P. */
  UNREACHABLE("the database cannot be reached or is restarting"),
  /** 53100. */
  DISK_FULL("the disk of the database is full, this goes on by itself when there is room"),
  /** 53 but for 53100: connections, memory, workers. */
  EXHAUSTED("the server has run out of a resource, this goes on by itself when it has some"),
  /** 55P03. */
  LOCKED("somebody holds a lock for long, this goes on by itself when it is free"),
  /** 40: a deadlock, or a serialization failure. */
  COLLISION("another transaction was in the way"),
  /** 57014: a timeout, or a person. */
  CANCELED("it was cancelled, or took longer than it may"),
  /** 42, 28, 3D, 3F, 25006: a right, a table, a password is missing, or the server is a standby. */
  NEEDS_A_PERSON("this does not mend by itself, 'bookvotes doctor' tells what is missing"),
  /** All else. */
  UNKNOWN("");

  private final String meaning;

  SqlTrouble(String meaning) {
    this.meaning = meaning;
  }

  /** The trouble that {@code e} stands for. */
  public static SqlTrouble of(SQLException e) {
    return of(e.getSQLState());
  }

  /** The trouble that this SQLSTATE stands for; one of its own where the driver gave none. */
  public static SqlTrouble of(@Nullable String sqlState) {
    if (SqlState.CONNECTION_EXCEPTION.matches(sqlState)
        || SqlState.OPERATOR_INTERVENTION.matches(sqlState)) {
      return UNREACHABLE;
    }
    if (SqlState.DISK_FULL.matches(sqlState)) {
      return DISK_FULL;
    }
    if (SqlState.INSUFFICIENT_RESOURCES.matches(sqlState)) {
      return EXHAUSTED;
    }
    if (SqlState.LOCK_NOT_AVAILABLE.matches(sqlState)) {
      return LOCKED;
    }
    if (SqlState.TRANSACTION_ROLLBACK.matches(sqlState)) {
      return COLLISION;
    }
    if (SqlState.QUERY_CANCELED.matches(sqlState)) {
      return CANCELED;
    }
    if (SqlState.SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION.matches(sqlState)
        || SqlState.INVALID_AUTHORIZATION.matches(sqlState)
        || SqlState.INVALID_CATALOG_NAME.matches(sqlState)
        || SqlState.INVALID_SCHEMA_NAME.matches(sqlState)
        || SqlState.READ_ONLY_TRANSACTION.matches(sqlState)) {
      return NEEDS_A_PERSON;
    }
    return UNKNOWN;
  }

  /** {@code e} for anybody: what it means, without what the server says, and the SQLSTATE. */
  public static String summarize(SQLException e) {
    String meaning = of(e).meaning;
    return (meaning.isEmpty() ? "the database refuses a statement" : meaning)
        + " ("
        + SqlState.of(e)
        + ")";
  }

  /** {@code e} for the log: what it means, what the server says, and the SQLSTATE. */
  public static String describe(SQLException e) {
    String meaning = of(e).meaning;
    return (meaning.isEmpty() ? "" : meaning + ": ") + e.getMessage() + " (" + SqlState.of(e) + ")";
  }
}

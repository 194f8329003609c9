package org.bookvotes.postgres;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The SQLSTATEs that decide something here, and what they mean to us. Decisions are made on them,
 * never on messages.
 */
public enum SqlState {
  /** No connection could be made, or it broke. */
  CONNECTION_EXCEPTION("08"),
  /**
   * A resource of the server has run out; waiting helps. The pool of background workers is 53000,
   * that of connections 53300.
   */
  INSUFFICIENT_RESOURCES("53"),
  /**
   * More workers are tracked in this session than pg_background allows: we forgot to detach some.
   */
  CONFIGURATION_LIMIT_EXCEEDED("53400"),
  /** No room to write. */
  DISK_FULL("53100"),
  /** A value is out of range or of the wrong form. */
  DATA_EXCEPTION("22"),
  /** A constraint forbids the row. */
  INTEGRITY_CONSTRAINT_VIOLATION("23"),
  /** A trigger kept a row from being changed. */
  TRIGGERED_DATA_CHANGE("27000"),
  /** A trigger or function raised an error of its own. */
  RAISED("P0"),
  /** Somebody holds a row or a table for longer than lock_timeout. */
  LOCK_NOT_AVAILABLE("55P03"),
  /** A timeout or a person has ended the statement. */
  QUERY_CANCELED("57014"),
  /** A deadlock, or a serialization failure. */
  TRANSACTION_ROLLBACK("40"),
  /** The server ends the session, or has not started yet. */
  OPERATOR_INTERVENTION("57P"),
  /** The statement does not fit the schema, or a right is missing. */
  SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION("42"),
  /** The server is a standby, or set to read only. */
  READ_ONLY_TRANSACTION("25006"),
  /** A schema does not exist. */
  INVALID_SCHEMA_NAME("3F"),
  /** A table does not exist. */
  UNDEFINED_TABLE("42P01"),
  /** A right is missing. */
  INSUFFICIENT_PRIVILEGE("42501"),
  /** The user name or the password is wrong. */
  INVALID_AUTHORIZATION("28"),
  /** The database does not exist. */
  INVALID_CATALOG_NAME("3D000");

  /** Stands where an error carries no SQLSTATE. */
  public static final String NONE = "?????";

  private final String code;

  SqlState(String code) {
    this.code = code;
  }

  /** Whether {@code sqlState} is this code or, for a class of two characters, one of its codes. */
  public boolean matches(@Nullable String sqlState) {
    return sqlState != null && sqlState.startsWith(code);
  }

  /** Whether {@code e} carries this code. */
  public boolean matches(SQLException e) {
    return matches(e.getSQLState());
  }

  /** The code, or the first two characters of a class of codes. */
  public String code() {
    return code;
  }

  /**
   * Whether {@code e} may come from the contents of single rows: the same work without them may
   * succeed.
   */
  public static boolean isAboutRows(SQLException e) {
    return DATA_EXCEPTION.matches(e)
        || INTEGRITY_CONSTRAINT_VIOLATION.matches(e)
        || TRIGGERED_DATA_CHANGE.matches(e)
        || RAISED.matches(e);
  }

  /** The SQLSTATE of {@code e}, or {@link #NONE} where the driver gave none. */
  public static String of(SQLException e) {
    String state = e.getSQLState();
    return state == null ? NONE : state;
  }
}

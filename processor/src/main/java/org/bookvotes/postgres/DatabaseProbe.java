package org.bookvotes.postgres;

import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URLDecoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One session that looks at what the processor needs of a database, and changes nothing. Not
 * thread-safe.
 */
public final class DatabaseProbe implements AutoCloseable {

  private static final SqlFile SERVER = SqlFile.of(DatabaseProbe.class, "probe_server.sql");
  private static final SqlFile EXTENSION = SqlFile.of(DatabaseProbe.class, "probe_extension.sql");
  private static final SqlFile DBLINK = SqlFile.of(DatabaseProbe.class, "probe_dblink.sql");
  private static final SqlFile DBLINK_PATH =
      SqlFile.of(DatabaseProbe.class, "probe_dblink_path.sql");
  private static final SqlFile DBLINK_SESSION =
      SqlFile.of(DatabaseProbe.class, "probe_dblink_session.sql");
  private static final SqlFile BOOKSTORE = SqlFile.of(DatabaseProbe.class, "probe_bookstore.sql");
  private static final SqlFile MISSING_RIGHTS =
      SqlFile.of(DatabaseProbe.class, "probe_missing_rights.sql");

  private static final String WRONG_PASSWORD = "28P01";
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** What came of connecting. */
  public sealed interface Attempt {
    /** It worked; the caller closes the probe. */
    record Connected(DatabaseProbe probe) implements Attempt {}

    /** It did not. */
    record Refused(Reason reason, String message) implements Attempt {}
  }

  /**
   * Where a JDBC address leads to.
   *
   * @param server {@code host:port}
   * @param database name of the database
   */
  public record Address(String server, String database) {

    private static final Pattern URL =
        Pattern.compile("jdbc:postgresql:(?://([^/?]*)/?)?([^?]*).*");

    /** The server's name without its port; of several servers, the first. */
    public String host() {
      return server.split(",", 2)[0].replaceFirst(":\\d*$", "").replaceAll("[\\[\\]]", "");
    }

    /** The parts of {@code url}, as far as it has them. */
    public static Address of(String url) {
      Matcher parts = URL.matcher(url);
      if (!parts.matches()) {
        return new Address(url, "");
      }
      String server = parts.group(1);
      return new Address(
          server == null || server.isEmpty() ? "localhost:5432" : server,
          URLDecoder.decode(parts.group(2), StandardCharsets.UTF_8));
    }
  }

  /** Why there is no connection. */
  public enum Reason {
    /** The name of the host means nothing here. */
    UNKNOWN_HOST,
    /** The host answers that nothing listens there. */
    CONNECTION_REFUSED,
    /** Nothing answers at all, in five seconds. */
    NO_ANSWER,
    /** The password is wrong, or there is no such user. */
    WRONG_PASSWORD,
    /** The server's rules do not let this user in from here. */
    NOT_ADMITTED,
    /** The server has no such database. */
    NO_SUCH_DATABASE,
    /** The user may not connect to this database. */
    NOT_PERMITTED,
    /** All connections of the server, the database or the user are taken. */
    TOO_MANY_CONNECTIONS,
    /** Anything else; the message tells. */
    OTHER
  }

  /**
   * The server and this session on it.
   *
   * @param version as the server writes it
   * @param versionNumber such as 180006
   * @param quotedUser who we are, quoted for SQL
   * @param quotedDatabase where we are, quoted for SQL
   * @param standby whether it is a standby server
   * @param readOnly whether transactions are read-only by default
   * @param workerProcesses max_worker_processes
   * @param workerProcessesSource where that is set, as pg_settings tells it
   * @param parallelWorkers max_parallel_workers, the most of those that queries take
   * @param replicationLauncher whether the logical replication launcher takes one of those
   * @param connections most connections that this user may have on this database, others counted
   * @param connectionsLimitedBy what sets that limit: {@code max_connections}, {@code database} or
   *     {@code role}
   * @param connectionsInUse how many there are now, this one included
   * @param readsAllStats whether the user sees what sessions of others do
   */
  public record Server(
      String version,
      int versionNumber,
      String quotedUser,
      String quotedDatabase,
      boolean standby,
      boolean readOnly,
      int workerProcesses,
      String workerProcessesSource,
      int parallelWorkers,
      boolean replicationLauncher,
      int connections,
      String connectionsLimitedBy,
      int connectionsInUse,
      boolean readsAllStats) {

    /** The first number of the version. */
    public int majorVersion() {
      return versionNumber / 10_000;
    }
  }

  /**
   * The extension pg_background.
   *
   * @param available the version whose files the server has, null for none
   * @param created the version in this database, null for none
   * @param missingRights what the user lacks to use it, as statements that give it
   */
  public record Extension(
      @Nullable String available, @Nullable String created, List<String> missingRights) {}

  /**
   * The extension dblink and its way back to this server.
   *
   * @param available whether the server has its files
   * @param hasServer whether there is the foreign server bookvotes_workers
   * @param host where that leads to, null if nothing says so
   * @param ownAddress the address at which this session has reached the server, null for a socket
   * @param missing what is not there yet, as statements that make it
   */
  public record Dblink(
      boolean available,
      boolean hasServer,
      @Nullable String host,
      @Nullable String ownAddress,
      List<String> missing) {}

  /** What came of a session that dblink was to open. */
  public sealed interface DblinkSession {
    /**
     * It was opened.
     *
     * @param here whether it is one of this server and database
     * @param role whose it is
     * @param sameRole whether that is this user
     */
    record Opened(boolean here, String role, boolean sameRole) implements DblinkSession {}

    /** It was not. */
    record Refused(String message) implements DblinkSession {}
  }

  /**
   * Where the books are.
   *
   * @param schema schema of the bookstore, quoted
   * @param current whether unqualified names lead there
   */
  public record Bookstore(String schema, boolean current) {}

  private final Connection connection;

  private DatabaseProbe(Connection connection) {
    this.connection = connection;
  }

  /** Tries to connect, for five seconds. */
  public static Attempt connect(String url, String user, String password) {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    properties.setProperty("ApplicationName", "bookvotes doctor");
    properties.setProperty("connectTimeout", Long.toString(TIMEOUT.toSeconds()));
    properties.setProperty("socketTimeout", Long.toString(TIMEOUT.toSeconds()));
    try {
      return new Attempt.Connected(new DatabaseProbe(DriverManager.getConnection(url, properties)));
    } catch (SQLException e) {
      return new Attempt.Refused(reason(e), message(e));
    }
  }

  private static Reason reason(SQLException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case UnknownHostException unknown -> {
          return Reason.UNKNOWN_HOST;
        }
        case ConnectException refused -> {
          return Reason.CONNECTION_REFUSED;
        }
        case SocketTimeoutException silent -> {
          return Reason.NO_ANSWER;
        }
        default -> {}
      }
    }
    if (WRONG_PASSWORD.equals(e.getSQLState())) {
      return Reason.WRONG_PASSWORD;
    }
    if (SqlState.INVALID_AUTHORIZATION.matches(e)) {
      return Reason.NOT_ADMITTED;
    }
    if (SqlState.INVALID_CATALOG_NAME.matches(e)) {
      return Reason.NO_SUCH_DATABASE;
    }
    if (SqlState.INSUFFICIENT_PRIVILEGE.matches(e)) {
      return Reason.NOT_PERMITTED;
    }
    if (SqlState.INSUFFICIENT_RESOURCES.matches(e)) {
      return Reason.TOO_MANY_CONNECTIONS;
    }
    return Reason.OTHER;
  }

  private static String message(SQLException e) {
    return e.getMessage() + " (" + SqlState.of(e) + ")";
  }

  /**
   * Looks at the server.
   *
   * @throws SQLException if it cannot be asked
   */
  public Server server() throws SQLException {
    try (PreparedStatement statement = SERVER.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return new Server(
          row.getString("version"),
          row.getInt("version_number"),
          row.getString("quoted_user"),
          row.getString("quoted_database"),
          row.getBoolean("standby"),
          row.getBoolean("read_only"),
          row.getInt("worker_processes"),
          row.getString("worker_processes_source"),
          row.getInt("parallel_workers"),
          row.getBoolean("replication_launcher"),
          row.getInt("connections"),
          row.getString("connections_limited_by"),
          row.getInt("connections_in_use"),
          row.getBoolean("reads_all_stats"));
    }
  }

  /**
   * Looks at pg_background.
   *
   * @throws SQLException if the server cannot be asked
   */
  public Extension extension() throws SQLException {
    try (PreparedStatement statement = EXTENSION.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return new Extension(
          row.getString("available"),
          row.getString("created"),
          List.of((String[]) row.getArray("missing_rights").getArray()));
    }
  }

  /**
   * Looks at dblink.
   *
   * @param host where a new foreign server shall lead to
   * @throws SQLException if the server cannot be asked
   */
  public Dblink dblink(String host) throws SQLException {
    try (PreparedStatement statement = DBLINK.prepare(connection)) {
      statement.setString(1, host);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return new Dblink(
            row.getBoolean("available"),
            row.getBoolean("has_server"),
            row.getString("host"),
            row.getString("own_address"),
            List.of((String[]) row.getArray("missing").getArray()));
      }
    }
  }

  /**
   * Has dblink open a session as it does for a worker, and closes it.
   *
   * @throws SQLException if the server cannot be asked
   */
  public DblinkSession dblinkSession() throws SQLException {
    try (PreparedStatement statement = DBLINK_PATH.prepare(connection)) {
      statement.execute();
    }
    try (PreparedStatement statement = DBLINK_SESSION.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return new DblinkSession.Opened(
          row.getBoolean("is_here"), row.getString("role_there"), row.getBoolean("is_same_role"));
    } catch (SQLException e) {
      if (!connection.isValid(0)) {
        throw e;
      }
      return new DblinkSession.Refused(message(e).replaceAll("\\s*\\R\\s*", "; "));
    }
  }

  /**
   * Finds the books that Bookvotes was migrated for; empty if it never was.
   *
   * @throws SQLException if the server cannot be asked
   */
  public Optional<Bookstore> bookstore() throws SQLException {
    try (PreparedStatement statement = BOOKSTORE.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      return row.next()
          ? Optional.of(new Bookstore(row.getString("bookstore"), row.getBoolean("current")))
          : Optional.empty();
    }
  }

  /**
   * What the user lacks to count, recalculate and vacuum, as statements that give it.
   *
   * @param bookstore schema of the books, quoted
   * @throws SQLException if the server cannot be asked, or is older than PostgreSQL 17
   */
  public List<String> missingRights(String bookstore) throws SQLException {
    try (PreparedStatement statement = MISSING_RIGHTS.prepare(connection)) {
      statement.setString(1, bookstore);
      try (ResultSet row = statement.executeQuery()) {
        List<String> grants = new ArrayList<>();
        while (row.next()) {
          grants.add(row.getString("fix"));
        }
        return grants;
      }
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}

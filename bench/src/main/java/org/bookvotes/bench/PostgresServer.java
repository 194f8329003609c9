package org.bookvotes.bench;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * PostgreSQL with pg_background, as durable as out of the box. Used by one thread; connections may
 * be used by any.
 */
final class PostgresServer implements AutoCloseable {

  private static final DockerImageName IMAGE =
      DockerImageName.parse("bookvotes-postgres:18").asCompatibleSubstituteFor("postgres");
  private static final int ADDRESS = 10;

  /** What differs from PostgreSQL's defaults, the same for all contestants. */
  static final Map<String, String> SETTINGS =
      settings(
          "shared_buffers=1GB",
          "max_wal_size=8GB",
          "max_worker_processes=16",
          "max_connections=100",
          "track_commit_timestamp=on");

  private final PostgreSQLContainer container;
  private final String address;

  private PostgresServer(PostgreSQLContainer container, String address) {
    this.container = container;
    this.address = address;
  }

  private static Map<String, String> settings(String... settings) {
    Map<String, String> map = new LinkedHashMap<>();
    for (String setting : settings) {
      String[] parts = setting.split("=", 2);
      map.put(parts[0], parts[1]);
    }
    return map;
  }

  /** Starts a server with an empty database. */
  static PostgresServer start(BenchNetwork network) {
    return start(network, Map.of());
  }

  /**
   * The same.
   *
   * @param moreSettings beside {@link #SETTINGS}
   */
  @SuppressWarnings("resource")
  static PostgresServer start(BenchNetwork network, Map<String, String> moreSettings) {
    List<String> command = new ArrayList<>(List.of("postgres"));
    SETTINGS.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
    moreSettings.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
    PostgreSQLContainer container = new PostgreSQLContainer(IMAGE);
    container
        .withDatabaseName("bookstore")
        .withUsername("bookstore")
        .withPassword("bookstore")
        .withCommand(command.toArray(String[]::new))
        .withSharedMemorySize(1L << 30)
        .withStartupTimeout(Duration.ofMinutes(3));
    String address = network.join(container, ADDRESS);
    container.start();
    return new PostgresServer(container, address);
  }

  /** JDBC address of the database. */
  String url() {
    return "jdbc:postgresql://" + address + ":5432/bookstore";
  }

  String user() {
    return container.getUsername();
  }

  String password() {
    return container.getPassword();
  }

  /** What a contestant finds in its environment. */
  Map<String, String> environment() {
    return Map.of(
        "BOOKVOTES_DATABASE_URL", url(),
        "BOOKVOTES_DATABASE_USER", user(),
        "BOOKVOTES_DATABASE_PASSWORD", password());
  }

  /** A new connection, which the caller closes. */
  Connection connect() throws SQLException {
    return DriverManager.getConnection(url(), user(), password());
  }

  /** Runs statements, each on its own, in one session. */
  void execute(String... statements) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** The number that a query returns. */
  double number(String query) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getDouble(1);
    }
  }

  /** The text that a query returns. */
  String text(String query) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return String.valueOf(row.getString(1));
    }
  }

  /** Bytes of write-ahead log since the server was made. */
  double walBytes() throws SQLException {
    return number("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')");
  }

  /** Processor time that all of the server has used. */
  Duration cpu() {
    return Containers.cpu(container);
  }

  @Override
  public void close() {
    container.close();
  }
}

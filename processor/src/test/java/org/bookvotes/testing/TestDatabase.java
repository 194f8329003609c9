package org.bookvotes.testing;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.bookvotes.postgres.Database;
import org.jspecify.annotations.Nullable;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * A database of one test, with sessions not in UTC. Every query takes a connection of its own, so
 * it works after any crash. A query that fails fails the test with an {@link IllegalStateException}
 * whose cause is the {@link SQLException}. Thread-safe.
 */
public final class TestDatabase implements AutoCloseable {

  private static final String TIME_ZONE = "Asia/Kathmandu";

  private final PostgreSQLContainer server;
  private final String name;

  private TestDatabase(PostgreSQLContainer server, String name) {
    this.server = server;
    this.name = name;
  }

  /** Makes the database {@code name} as a copy of {@code template}. */
  static TestDatabase create(PostgreSQLContainer server, String name, String template) {
    TestDatabase database = new TestDatabase(server, name);
    // The standard copy writes all of it to the WAL; these files are few.
    database.onServer(
        "CREATE DATABASE " + name + " TEMPLATE " + template,
        "ALTER DATABASE " + name + " SET timezone = '" + TIME_ZONE + "'");
    return database;
  }

  public String name() {
    return name;
  }

  /** The JDBC address. */
  public String url() {
    return "jdbc:postgresql://" + server.getHost() + ":" + server.getMappedPort(5432) + "/" + name;
  }

  /** The owner of the database and of all in it, a superuser. */
  public String user() {
    return server.getUsername();
  }

  public String password() {
    return server.getPassword();
  }

  /** A pool as the processor uses it. The caller closes it. */
  public Database open(int connectionCount) {
    return Database.open(url(), user(), password(), connectionCount);
  }

  /** A connection. The caller closes it. */
  public Connection connect() throws SQLException {
    return connect(user(), password());
  }

  /** A connection of {@code user}. The caller closes it. */
  public Connection connect(String user, String password) throws SQLException {
    return DriverManager.getConnection(url(), user, password);
  }

  /** Runs one statement, or with no {@code args} any number of them. */
  public void execute(String sql, @Nullable Object... args) {
    try (Connection connection = connect();
        PreparedStatement statement = prepare(connection, sql, args)) {
      statement.execute();
    } catch (SQLException e) {
      throw failed(sql, e);
    }
  }

  /** The number in the first column of the only row. */
  public long queryLong(String sql, @Nullable Object... args) {
    return ((Number) queryOnly(sql, args)).longValue();
  }

  /** The number in the first column of the only row. */
  public double queryDouble(String sql, @Nullable Object... args) {
    return ((Number) queryOnly(sql, args)).doubleValue();
  }

  /** The text in the first column of the only row. */
  public String queryString(String sql, @Nullable Object... args) {
    return queryOnly(sql, args).toString();
  }

  /** All rows, each as the list of its columns as the driver gives them. */
  public List<List<@Nullable Object>> queryRows(String sql, @Nullable Object... args) {
    try (Connection connection = connect();
        PreparedStatement statement = prepare(connection, sql, args);
        ResultSet result = statement.executeQuery()) {
      int columnCount = result.getMetaData().getColumnCount();
      List<List<@Nullable Object>> rows = new ArrayList<>();
      while (result.next()) {
        List<@Nullable Object> row = new ArrayList<>();
        for (int column = 1; column <= columnCount; column++) {
          row.add(result.getObject(column));
        }
        rows.add(row);
      }
      return rows;
    } catch (SQLException e) {
      throw failed(sql, e);
    }
  }

  /** Adds books 1 to {@code count}, titled "Book N". */
  public void insertBooks(long count) {
    execute(
        "INSERT INTO books (book_id, title) SELECT id, 'Book ' || id FROM generate_series(1, ?) AS id",
        count);
  }

  /** Drops the database, whoever is still connected to it. */
  @Override
  public void close() {
    if (server.isRunning()) {
      onServer("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
    }
  }

  private Object queryOnly(String sql, @Nullable Object... args) {
    List<List<@Nullable Object>> rows = queryRows(sql, args);
    if (rows.size() != 1) {
      throw new IllegalStateException("one row expected, got " + rows.size() + ": " + sql);
    }
    Object value = rows.getFirst().getFirst();
    if (value == null) {
      throw new IllegalStateException("the result is NULL: " + sql);
    }
    return value;
  }

  private static PreparedStatement prepare(
      Connection connection, String sql, @Nullable Object... args) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < args.length; i++) {
      statement.setObject(i + 1, args[i]);
    }
    return statement;
  }

  /** Runs statements outside of the database itself. */
  private void onServer(String... statements) {
    try (Connection connection =
            DriverManager.getConnection(server.getJdbcUrl(), user(), password());
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw failed(String.join("; ", statements), e);
    }
  }

  private static IllegalStateException failed(String sql, SQLException e) {
    return new IllegalStateException(sql + " failed (" + e.getSQLState() + ")", e);
  }
}

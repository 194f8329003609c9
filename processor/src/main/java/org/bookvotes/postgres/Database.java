package org.bookvotes.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;

/**
 * The pool of connections to one PostgreSQL database. Thread-safe.
 *
 * <p>Sessions carry the name {@value #APPLICATION_NAME}, wait at most {@link #LOCK_TIMEOUT} for a
 * lock, and notice a peer that has silently gone by the socket timeout and TCP keepalive.
 */
public final class Database implements AutoCloseable {

  /** The {@code application_name} of every session that is not a worker slot. */
  public static final String APPLICATION_NAME = "bookvotes";

  /**
   * A statement that waits longer for a lock fails with 55P03, and its work is tried again later.
   */
  public static final Duration LOCK_TIMEOUT = Duration.ofSeconds(10);

  /** How long somebody waits for a connection. */
  private static final Duration CONNECTION_TIMEOUT = Duration.ofSeconds(5);

  /**
   * For the network alone. While a server restarts in a container, its address may swallow a
   * connection's first packet: then it is better to begin anew than to wait for the next.
   */
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

  /**
   * No statement of ours takes that long while the server is well; longer than any wait for a lock.
   */
  private static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(20);

  /** Longer than any statement: a server that says nothing for that long cannot be reached. */
  private static final Duration SOCKET_TIMEOUT = Duration.ofSeconds(25);

  /** For statements that take longer the larger the bookstore is, with somebody who waits. */
  private static final Duration LONG_SOCKET_TIMEOUT = Duration.ofHours(1);

  /**
   * The server must notice, too, that we are gone: what a vanished replica holds, its heirs wait
   * for. In a transaction of ours nothing but the next statement is waited for.
   */
  private static final Duration IDLE_IN_TRANSACTION_TIMEOUT = Duration.ofSeconds(5);

  private final HikariDataSource pool;

  private Database(HikariDataSource pool) {
    this.pool = pool;
  }

  /**
   * Opens a pool. No connection is tried yet: the first use tells whether the server is there.
   *
   * @param url JDBC address
   * @param connectionCount most connections at once
   */
  public static Database open(String url, String user, String password, int connectionCount) {
    return open(
        url,
        user,
        password,
        connectionCount,
        STATEMENT_TIMEOUT,
        SOCKET_TIMEOUT,
        IDLE_IN_TRANSACTION_TIMEOUT);
  }

  /**
   * The same for statements that take longer the larger the bookstore is. They may wait no longer
   * for a lock, and nobody may be idle in a transaction.
   */
  public static Database openForLongStatements(
      String url, String user, String password, int connectionCount) {
    return open(
        url,
        user,
        password,
        connectionCount,
        Duration.ZERO,
        LONG_SOCKET_TIMEOUT,
        IDLE_IN_TRANSACTION_TIMEOUT);
  }

  /**
   * The same for a migration: Flyway holds its lock in a transaction that is idle for as long as a
   * step takes on another connection. A step waits no longer than {@link #LOCK_TIMEOUT} for a
   * table, since everybody else who wants the table waits behind it.
   */
  public static Database openForMigration(
      String url, String user, String password, int connectionCount) {
    return open(url, user, password, connectionCount, Duration.ZERO, Duration.ZERO, Duration.ZERO);
  }

  private static Database open(
      String url,
      String user,
      String password,
      int connectionCount,
      Duration statementTimeout,
      Duration socketTimeout,
      Duration idleInTransactionTimeout) {
    Properties driver = new Properties();
    driver.setProperty("ApplicationName", APPLICATION_NAME);
    driver.setProperty("connectTimeout", Long.toString(CONNECT_TIMEOUT.toSeconds()));
    driver.setProperty("socketTimeout", Long.toString(socketTimeout.toSeconds()));
    driver.setProperty("tcpKeepAlive", "true");
    driver.setProperty(
        "options",
        "-c lock_timeout="
            + LOCK_TIMEOUT.toMillis()
            // What is read behind a lock must be what was committed before it was had.
            + " -c default_transaction_isolation=read\\ committed"
            + " -c statement_timeout="
            + statementTimeout.toMillis()
            + " -c idle_in_transaction_session_timeout="
            + idleInTransactionTimeout.toMillis()
            + " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
            + " -c tcp_user_timeout=10s");

    HikariConfig config = new HikariConfig();
    config.setPoolName("bookvotes");
    config.setJdbcUrl(url);
    config.setUsername(user);
    config.setPassword(password);
    config.setDataSourceProperties(driver);
    config.setMaximumPoolSize(connectionCount);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(CONNECTION_TIMEOUT.toMillis());
    config.setValidationTimeout(Duration.ofSeconds(2).toMillis());
    config.setInitializationFailTimeout(-1);
    return new Database(new HikariDataSource(config));
  }

  /** Whether {@code url} is a JDBC address that the PostgreSQL driver can read. */
  public static boolean understands(String url) {
    try {
      DriverManager.getDriver(url);
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  /** The pool itself, for who needs a connection for long or wants to bind meters to it. */
  public HikariDataSource pool() {
    return pool;
  }

  /** Runs work on connections of this pool. */
  public Transactions transactions() {
    return new Transactions(pool);
  }

  /** Whether the server answers, within about two seconds once a connection is there. */
  public boolean isReachable() {
    try (Connection connection = pool.getConnection()) {
      return connection.isValid(2);
    } catch (SQLException e) {
      return false;
    }
  }

  /**
   * Closes {@code connection} for good instead of giving it back: its session, locks and handles
   * end with it.
   */
  public void evict(Connection connection) {
    pool.evictConnection(connection);
  }

  @Override
  public void close() {
    pool.close();
  }
}

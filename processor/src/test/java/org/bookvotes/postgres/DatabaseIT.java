package org.bookvotes.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatabaseIT {

  @ParameterizedTest
  @CsvSource({
    "application_name, bookvotes",
    "default_transaction_isolation, read committed",
    "lock_timeout, 10s",
    "statement_timeout, 20s",
    "idle_in_transaction_session_timeout, 5s",
    "tcp_keepalives_idle, 5",
    "tcp_keepalives_interval, 2",
    "tcp_keepalives_count, 3",
    "tcp_user_timeout, 10000"
  })
  void itsSessionsAreSetWhateverTheDatabasesDefaultsAre(String setting, String value)
      throws SQLException {
    try (TestDatabase database = Servers.newDatabase()) {
      database.execute(
          "ALTER DATABASE "
              + database.name()
              + " SET default_transaction_isolation = 'serializable'");
      database.execute("ALTER DATABASE " + database.name() + " SET lock_timeout = '1ms'");
      try (Database pool = database.open(1)) {
        assertThat(shown(pool, setting)).isEqualTo(value);
      }
    }
  }

  @Test
  void longStatementsHaveNoLimitButStillWaitNoLongerForALock() throws SQLException {
    try (TestDatabase database = Servers.newDatabase();
        Database pool =
            Database.openForLongStatements(
                database.url(), database.user(), database.password(), 1)) {
      assertThat(shown(pool, "statement_timeout")).isEqualTo("0");
      assertThat(shown(pool, "lock_timeout")).isEqualTo("10s");
      assertThat(shown(pool, "idle_in_transaction_session_timeout")).isEqualTo("5s");
    }
  }

  @Test
  void aMigrationMayBeIdleInATransactionToo() throws SQLException {
    try (TestDatabase database = Servers.newDatabase();
        Database pool =
            Database.openForMigration(database.url(), database.user(), database.password(), 1)) {
      assertThat(shown(pool, "statement_timeout")).isEqualTo("0");
      assertThat(shown(pool, "lock_timeout")).isEqualTo("10s");
      assertThat(shown(pool, "idle_in_transaction_session_timeout")).isEqualTo("0");
    }
  }

  private static String shown(Database pool, String setting) throws SQLException {
    return pool.transactions()
        .autoCommit(
            connection -> {
              try (Statement statement = connection.createStatement();
                  ResultSet row = statement.executeQuery("SHOW " + setting)) {
                row.next();
                return row.getString(1);
              }
            });
  }

  @Test
  void isNotReachableWhenItTakesNoConnections() {
    try (TestDatabase database = Servers.newDatabase();
        Database pool = database.open(1)) {
      assertThat(pool.isReachable()).isTrue();
    }
    try (Database nowhere = Database.open("jdbc:postgresql://localhost:1/nowhere", "a", "b", 1)) {
      assertThat(nowhere.isReachable()).isFalse();
    }
  }
}

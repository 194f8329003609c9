package org.bookvotes.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * The schema of the database and its migration. Thread-safe; several processes may migrate at once,
 * one of them does.
 */
public final class Schema {

  /** Where everything internal lives. */
  public static final String INTERNAL = "bookvotes";

  private static final SqlFile SCHEMAS = SqlFile.of(Schema.class, "schemas.sql");

  private final DataSource dataSource;

  public Schema(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * What a migration did.
   *
   * @param applied number of steps that ran now
   * @param version the version that the schema has now
   */
  public record Migration(int applied, String version) {}

  /**
   * Brings the schema to this version.
   *
   * @throws SQLException if the database cannot be reached
   * @throws FlywayException if a step failed; it was rolled back whole
   */
  public Migration migrate() throws SQLException {
    var result = flyway().migrate();
    return new Migration(result.migrationsExecuted, version());
  }

  /** The version that the schema has, or {@code "none"}. */
  public String version() throws SQLException {
    var current = flyway().info().current();
    return current == null || current.getVersion() == null
        ? "none"
        : current.getVersion().getVersion();
  }

  /**
   * Whether every step of this version has been applied. A database that is already newer is
   * current too: during a rolling update the old replicas go on.
   */
  public boolean isCurrent() throws SQLException {
    return flyway().info().pending().length == 0;
  }

  private Flyway flyway() throws SQLException {
    return Flyway.configure()
        .dataSource(dataSource)
        .defaultSchema(INTERNAL)
        .createSchemas(true)
        .placeholders(placeholders())
        .ignoreMigrationPatterns("*:future")
        .loggers("slf4j")
        .load();
  }

  private Map<String, String> placeholders() throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = SCHEMAS.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      row.next();
      String bookstore = row.getString("bookstore");
      if (bookstore == null) {
        throw new SQLException(
            "DATABASE_URL leads to no schema: search_path names none that exists. Create the bookstore's schema first.");
      }
      return Map.of("bookstore", bookstore, "pg_background", row.getString("pg_background"));
    }
  }
}

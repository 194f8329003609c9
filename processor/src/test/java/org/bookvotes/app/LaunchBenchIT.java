package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.Map;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.testcontainers.utility.MountableFile;

class LaunchBenchIT {

  private static final String TIME = " +\\d+(\\.\\d+)? (s|ms|µs)";

  private final TestDatabase database = Servers.newDatabase();
  private final Map<Setting, String> settings = new EnumMap<>(Setting.class);

  @BeforeEach
  void connect() {
    settings.put(Setting.DATABASE_URL, database.url());
    settings.put(Setting.DATABASE_USER, database.user());
    settings.put(Setting.DATABASE_PASSWORD, database.password());
  }

  @AfterEach
  void drop() {
    database.close();
  }

  @Test
  void comparesAllThreeWaysWithTheCourse() {
    database.execute(
        """
        CREATE EXTENSION dblink;
        DO $$BEGIN EXECUTE format(
            'CREATE SERVER bookvotes_workers FOREIGN DATA WRAPPER dblink_fdw
             OPTIONS (host %L, port %L, dbname %L, use_scram_passthrough ''true'')',
            host(inet_server_addr()), inet_server_port(), current_database()); END$$;
        CREATE USER MAPPING FOR bookstore SERVER bookvotes_workers OPTIONS (user 'bookstore')
        """);

    Cli bench = Cli.run(settings, "bench", "launch", "--runs=20", "--rounds=2");

    assertThat(bench.exitCode()).as(bench.err()).isZero();
    assertThat(bench.out().lines())
        .anyMatch(line -> line.startsWith("20 times SELECT 1"))
        .anyMatch(line -> line.matches("plain" + TIME + TIME + " +5\\.50 ms +5\\.50 µs"))
        .anyMatch(line -> line.matches("pg_background" + TIME + TIME + " +4\\.00 s +4\\.00 ms"))
        .anyMatch(line -> line.matches("dblink" + TIME + TIME + " +6\\.40 s +6\\.40 ms"))
        .noneMatch(line -> line.contains("left out"));
  }

  @Test
  void saysWhatIsMissingAndComparesTheRest() {
    Cli bench = Cli.run(settings, "bench", "launch", "--runs=5", "--rounds=1");

    assertThat(bench.exitCode()).as(bench.err()).isZero();
    assertThat(bench.out().lines())
        .anyMatch(line -> line.matches("pg_background" + TIME + TIME + " +4\\.00 s +4\\.00 ms"))
        .anyMatch(line -> line.matches("dblink +- +- +6\\.40 s +6\\.40 ms"))
        .anyMatch(
            line ->
                line.startsWith("dblink was left out: ")
                    && line.contains("'bookvotes doctor --worker-engine dblink'"));
  }

  @ParameterizedTest
  @CsvSource({"1.4, 1.0", "1.8, 1.6"})
  void knowsOldVersionsOfPgBackground(String version, String functions) {
    String file = "pg_background--" + version + ".sql";
    Servers.postgres()
        .copyFileToContainer(
            MountableFile.forClasspathResource("org/bookvotes/workers/" + file),
            "/usr/share/postgresql/18/extension/" + file);
    database.execute(
        "DROP EXTENSION pg_background; CREATE EXTENSION pg_background VERSION '" + version + "'");

    Cli bench = Cli.run(settings, "bench", "launch", "--runs=5", "--rounds=1");

    assertThat(bench.exitCode()).as(bench.err()).isZero();
    assertThat(bench.out().lines())
        .anyMatch(line -> line.matches("pg_background" + TIME + TIME + " +4\\.00 s +4\\.00 ms"))
        .contains("pg_background has the functions of version " + functions);
  }

  @Test
  void refusesNoRuns() {
    assertThat(Cli.run(settings, "bench", "launch", "--runs=0").exitCode()).isEqualTo(2);
  }
}

package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@code doctor} finds in a real database, and that the commands it prints mend it. */
class DoctorCommandIT {

  private static final String SQL = "in psql, in this database, as a superuser";
  private static final String SHELL = "in a shell";
  private static final String OTHER_ADDRESS =
      "if the server demands no SCRAM password at localhost (pg_hba.conf): another of its addresses,"
          + " in psql, as a superuser";
  private static final String ROLE = "doctor_test";

  private final TestDatabase database = Servers.newDatabase();
  private final TestTopics topics = Servers.newTopics(12);
  private final Map<Setting, String> settings = new EnumMap<>(Replica.settings(database, topics));

  /** A role that may log in and nothing else. */
  @BeforeEach
  void createRole() {
    database.execute("CREATE ROLE " + ROLE + " LOGIN PASSWORD 'secret'");
  }

  @AfterEach
  void dropRole() {
    database.execute("DROP OWNED BY " + ROLE + "; DROP ROLE " + ROLE);
    database.close();
    topics.close();
  }

  @Test
  void findsNothingWrongWhereAllIsWell() {
    Cli healthy = Cli.run(settings, "doctor");

    assertThat(healthy.problems()).isEmpty();
    assertThat(healthy.exitCode()).isZero();
    assertThat(healthy.out()).contains("0 to improve, 0 failed: a start works");
  }

  @Test
  void findsAServerThatIsNotThereAndLooksAtKafkaAllTheSame() {
    settings.put(Setting.DATABASE_URL, "jdbc:postgresql://localhost:1/store");

    assertThat(doctorFails())
        .containsExactly("FAIL  database: nothing listens at localhost:1 (connection refused)");
    assertThat(Cli.run(settings, "doctor").out())
        .contains("ok    kafka: 1 broker(s)", "sudo systemctl start postgresql");
  }

  @Test
  void findsAnUnknownHost() {
    settings.put(Setting.DATABASE_URL, "jdbc:postgresql://nowhere.invalid:5432/store");

    assertThat(doctorFails())
        .containsExactly("FAIL  database: the host of nowhere.invalid:5432 is unknown");
  }

  @Test
  void findsServersThatTakeConnectionsAndNeverAnswer() throws IOException {
    try (ServerSocket mute = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      String address = "localhost:" + mute.getLocalPort();
      settings.put(Setting.DATABASE_URL, "jdbc:postgresql://" + address + "/store");
      settings.put(Setting.KAFKA_BOOTSTRAP_SERVERS, address);
      settings.put(Setting.HTTP_PORT, Integer.toString(mute.getLocalPort()));

      List<String> problems = doctorFails();
      assertThat(problems).hasSize(3);
      assertThat(problems.get(0)).contains("FAIL  database: " + address + " does not answer");
      assertThat(problems.get(1)).contains("FAIL  kafka: " + address + " takes connections but");
      assertThat(problems.get(2)).contains("warn  http port: " + mute.getLocalPort() + " is taken");
    }
  }

  @Test
  void findsAWrongPassword() {
    settings.put(Setting.DATABASE_PASSWORD, "guessed");

    assertThat(doctorFails())
        .singleElement()
        .asString()
        .startsWith("FAIL  database: the password of bookstore is wrong");
    assertThat(Cli.run(settings, "doctor").out())
        .contains("export BOOKVOTES_DATABASE_PASSWORD='...'", "\\password bookstore")
        .doesNotContain("guessed");
  }

  @Test
  void findsARoleThatMayNotLogIn() {
    database.execute("ALTER ROLE " + ROLE + " NOLOGIN");
    connectAs(ROLE);

    Cli report = Cli.run(settings, "doctor");
    assertThat(report.problems())
        .singleElement()
        .asString()
        .startsWith("FAIL  database: the server does not let doctor_test in");
    assertThat(report.fixes(SQL)).containsExactly("ALTER ROLE doctor_test LOGIN;");
  }

  @Test
  void findsAMissingDatabaseAndThenThatItIsNotMigrated() {
    String name = database.name() + "_store";
    settings.put(Setting.DATABASE_URL, database.url() + "_store");

    Cli missing = Cli.run(settings, "doctor");
    assertThat(missing.problems()).singleElement().asString().endsWith("has no database " + name);
    missing.fixes("in psql, in any database, as a superuser").forEach(database::execute);
    try {
      Cli empty = Cli.run(settings, "doctor");
      assertThat(empty.problems())
          .containsExactly(
              "FAIL  pg_background: installed on the server, but not made in this database",
              "FAIL  schema: the schema bookvotes is missing");
      assertThat(empty.fixes(SHELL)).containsExactly("bookvotes migrate");

      assertThat(Cli.run(settings, "migrate").exitCode()).isZero();
      assertMended();
    } finally {
      database.execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
    }
  }

  @Test
  void findsASchemaOfAnOlderVersion() {
    database.execute(
        "DELETE FROM bookvotes.flyway_schema_history WHERE installed_rank ="
            + " (SELECT max(installed_rank) FROM bookvotes.flyway_schema_history)");
    String left =
        database.queryString(
            "SELECT version FROM bookvotes.flyway_schema_history ORDER BY installed_rank DESC LIMIT 1");

    assertThat(doctorFails())
        .containsExactly(
            "FAIL  schema: the schema is at version " + left + ", older than this program");
  }

  @Test
  void findsEveryMissingRightAndWithThemAReplicaWorks() {
    connectAs(ROLE);

    Cli report = Cli.run(settings, "doctor");
    assertThat(report.exitCode()).isEqualTo(1);
    assertThat(report.problems())
        .containsExactly(
            "FAIL  pg_background: doctor_test may not launch workers",
            "FAIL  rights: doctor_test lacks 11 of the rights it needs",
            "warn  schema: its version cannot be read before the rights are there",
            "warn  statistics: doctor_test does not see the workers of others: the pool's gauge"
                + " shows ours only");
    assertThat(report.fixes(SQL))
        .contains(
            "GRANT pgbackground_role TO doctor_test;",
            "GRANT SELECT, UPDATE, MAINTAIN ON public.books TO doctor_test;",
            "GRANT pg_read_all_stats TO doctor_test;");

    report.fixes(SQL).forEach(database::execute);
    assertMended();
    Map<Setting, String> owner = Replica.settings(database, topics);
    try (Replica replica = Replica.inProcess(settings).awaitReady()) {
      Cli produce =
          Cli.run(owner, "produce", "--count=500", "--books=20", "--wait", "--timeout=PT1M");
      assertThat(produce.err()).isEmpty();
      assertThat(produce.exitCode()).isZero();
      assertThat(replica.metric("bookvotes_dead_letters_total{reason=\"unknown-book\"}")).isZero();
    }
    assertThat(
            database.queryLong(
                "SELECT count(*) FROM books WHERE rating IS DISTINCT FROM rating(votes_up, votes_down)"))
        .isZero();
    assertThat(Cli.run(settings, "status").out()).contains("recalculate completed in ");
  }

  @Test
  void findsARightThatWasTakenAway() {
    connectAs(ROLE);
    Cli.run(settings, "doctor").fixes(SQL).forEach(database::execute);
    for (String right :
        List.of(
            "MAINTAIN ON books",
            "UPDATE ON books",
            "MAINTAIN ON bookvotes.stale_marks",
            "DELETE ON bookvotes.stale_batches",
            "INSERT ON bookvotes.partition_offsets",
            "INSERT ON bookvotes.dead_letters",
            "UPDATE ON bookvotes.worker_runs",
            "SELECT ON bookvotes.worker_runs_run_id_seq",
            "USAGE ON SCHEMA bookvotes")) {
      database.execute("REVOKE " + right + " FROM " + ROLE);
      Cli report = Cli.run(settings, "doctor");
      assertThat(report.problems())
          .as(right)
          .contains("FAIL  rights: doctor_test lacks 1 of the rights it needs");
      report.fixes(SQL).forEach(database::execute);
      assertMended();
    }
    database.execute("REVOKE EXECUTE ON PROCEDURE bookvotes.recalculate FROM PUBLIC");
    Cli report = Cli.run(settings, "doctor");
    assertThat(report.problems())
        .contains("FAIL  rights: doctor_test lacks 1 of the rights it needs");
    report.fixes(SQL).forEach(database::execute);
    assertMended();
  }

  @Test
  void findsLimitsAndSettingsOfTheRoleAndTheDatabase() {
    connectAs(ROLE);
    Cli.run(settings, "doctor").fixes(SQL).forEach(database::execute);
    assertMended();

    int needed = 4 + Processor.CONNECTIONS_BESIDE_SLOTS;
    Map<String, String> faults =
        Map.of(
            "ALTER ROLE doctor_test CONNECTION LIMIT 5",
            "FAIL  connections: 5 allowed (limit of role), a replica takes " + needed,
            "ALTER DATABASE " + database.name() + " CONNECTION LIMIT 4",
            "FAIL  connections: 4 allowed (limit of database), a replica takes " + needed,
            "ALTER ROLE doctor_test SET search_path = pg_catalog",
            "FAIL  schema: the books are in public, where search_path does not lead");
    faults.forEach(
        (fault, found) -> {
          database.execute(fault);
          Cli report = Cli.run(settings, "doctor");
          assertThat(report.problems()).containsExactly(found);
          report.fixes(SQL).forEach(database::execute);
          assertMended();
        });

    database.execute("ALTER ROLE doctor_test SET default_transaction_read_only = on");
    Cli report = Cli.run(settings, "doctor");
    assertThat(report.problems())
        .singleElement()
        .asString()
        .startsWith("FAIL  database")
        .endsWith("transactions are read-only");
    report.fixes(SQL).forEach(database::execute);
    assertMended();
  }

  @Test
  void findsThatTheExtensionIsNotMadeInTheDatabase() {
    database.execute("DROP EXTENSION pg_background");

    Cli report = Cli.run(settings, "doctor");
    assertThat(report.problems())
        .containsExactly(
            "FAIL  pg_background: installed on the server, but not made in this database");
    assertThat(report.fixes(SQL)).containsExactly("CREATE EXTENSION pg_background;");

    report.fixes(SQL).forEach(database::execute);
    assertMended();
  }

  @Test
  void findsWhatDblinkNeedsForAnOrdinaryRoleAndWithThatAReplicaWorks() throws Exception {
    connectAs(ROLE);
    settings.put(Setting.WORKER_ENGINE, "dblink");

    Cli report = Cli.run(settings, "doctor");
    assertThat(report.problems()).contains("FAIL  dblink: not set up for workers in this database");
    assertThat(report.fixes(SQL))
        .contains(
            "CREATE EXTENSION dblink;",
            "GRANT USAGE ON FOREIGN SERVER bookvotes_workers TO doctor_test;")
        .noneMatch(fix -> fix.contains("pgbackground_role"))
        .noneMatch(fix -> fix.contains("secret"));
    report.fixes(SQL).forEach(database::execute);

    // PostgreSQL's official image, unlike others, lets everybody in from its own localhost.
    Cli.run(settings, "doctor").fixes(OTHER_ADDRESS).forEach(database::execute);
    assertMended();
    assertThat(Cli.run(settings, "doctor").out())
        .contains("dblink: a session of doctor_test back to this server can be opened");

    Map<Setting, String> owner = Replica.settings(database, topics);
    try (Replica replica = Replica.inProcess(settings).awaitReady()) {
      Cli produce =
          Cli.run(owner, "produce", "--count=500", "--books=20", "--wait", "--timeout=PT1M");
      assertThat(produce.exitCode()).as(produce.err()).isZero();
      assertThat(replica.get("/health/ready").statusCode()).isEqualTo(200);
    }
    assertThat(Cli.run(settings, "status").out()).contains("recalculate completed in ");

    database.execute("ALTER SERVER bookvotes_workers OPTIONS (SET dbname 'postgres')");
    assertThat(doctorFails())
        .containsExactly(
            "FAIL  dblink: the foreign server bookvotes_workers leads to another server or database");
  }

  @Test
  void findsTooFewWorkerProcessesWhereTheyAreSet() {
    settings.put(Setting.WORKER_SLOTS, "60");

    Cli report = Cli.run(settings, "doctor");
    assertThat(report.problems())
        .containsExactly(
            "FAIL  background workers: max_worker_processes is 40, one of which the logical"
                + " replication launcher has: too few for 60 slots");
    assertThat(report.out())
        .contains("-c max_worker_processes=69", "export BOOKVOTES_WORKER_SLOTS=39")
        .doesNotContain("ALTER SYSTEM");
  }

  private void connectAs(String role) {
    settings.put(Setting.DATABASE_USER, role);
    settings.put(Setting.DATABASE_PASSWORD, "secret");
  }

  private List<String> doctorFails() {
    Cli report = Cli.run(settings, "doctor");
    assertThat(report.exitCode()).isEqualTo(1);
    return report.problems();
  }

  private void assertMended() {
    Cli report = Cli.run(settings, "doctor");
    assertThat(report.problems()).isEmpty();
    assertThat(report.exitCode()).isZero();
  }
}

package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.Ports;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.awaitility.Awaitility;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.MountableFile;

/**
 * What {@code doctor} finds on servers that are set up differently from those other tests share.
 */
class DoctorServerIT {

  private static final String SQL = "in psql, in this database, as a superuser";
  private static final String SHELL = "in a shell";
  private static final String EXTENSIONS = "/usr/share/postgresql/18/extension/";

  @Test
  void findsTooFewWorkerProcessesUntilTheyAreSetAndTheServerRestarted() throws Exception {
    try (PostgreSQLContainer server = Servers.newPostgres();
        TestTopics topics = Servers.newTopics(2)) {
      // Goes with its server, which will have moved by then.
      TestDatabase database = Servers.newEmptyDatabase(server);
      Map<Setting, String> settings = Replica.settings(database, topics);
      assertThat(Cli.run(settings, "migrate").exitCode()).isZero();

      settings.put(Setting.WORKER_SLOTS, "4");
      Cli enough = Cli.run(settings, "doctor");
      assertThat(enough.exitCode()).isZero();
      assertThat(enough.problems())
          .singleElement()
          .asString()
          .startsWith("warn  background workers: max_worker_processes is 8: enough for 4 slots");

      settings.put(Setting.WORKER_SLOTS, "8");
      Cli tooFew = Cli.run(settings, "doctor");
      assertThat(tooFew.exitCode()).isEqualTo(1);
      assertThat(tooFew.problems())
          .singleElement()
          .asString()
          .startsWith("FAIL  background workers: max_worker_processes is 8, one of which");
      assertThat(tooFew.fixes("then, in a shell of the server"))
          .containsExactly("sudo systemctl restart postgresql");
      tooFew.fixes(SQL).forEach(database::execute);

      String url = restarted(server, database);
      settings.put(Setting.DATABASE_URL, url);
      assertMended(settings);
    }
  }

  @Test
  void findsThatAServerHasNoPgBackgroundAndWhatToDoInstead() throws Exception {
    try (PostgreSQLContainer server = Servers.newPostgres("max_worker_processes=20");
        TestTopics topics = Servers.newTopics(2);
        TestDatabase database = Servers.newEmptyDatabase(server)) {
      Map<Setting, String> settings = Replica.settings(database, topics);
      in(server, "rm " + EXTENSIONS + "pg_background.control");
      assertThat(Cli.run(settings, "migrate").exitCode()).isZero();

      Cli missing = Cli.run(settings, "doctor");
      assertThat(missing.problems())
          .containsExactly("FAIL  pg_background: the extension is not installed on the server");
      assertThat(missing.out()).contains("sudo apt-get install postgresql-18-pg-background");
      missing
          .fixes(
              "or, where that cannot be installed, use dblink: in psql, in this database, as a superuser")
          .forEach(database::execute);

      // As PostgreSQL's official image does.
      in(server, "sed -i '1i host all all localhost trust' \"$PGDATA/pg_hba.conf\"");
      database.execute("SELECT pg_reload_conf()");
      Cli trusted = Cli.run(settings, "doctor");
      assertThat(trusted.problems())
          .singleElement()
          .asString()
          .startsWith("FAIL  dblink: no session of bookstore back to this server");
      trusted
          .fixes(
              "if the server demands no SCRAM password at localhost (pg_hba.conf): another of its"
                  + " addresses, in psql, as a superuser")
          .forEach(database::execute);

      assertMended(settings);
      assertCountsAndRates(settings);
    }
  }

  @Test
  void takesAnOldVersionOfTheExtensionAndAnUpdateWhileAReplicaRuns() throws Exception {
    try (PostgreSQLContainer server = Servers.newPostgres("max_worker_processes=20");
        TestTopics topics = Servers.newTopics(2);
        TestDatabase database = Servers.newEmptyDatabase(server)) {
      Map<Setting, String> settings = Replica.settings(database, topics);
      server.copyFileToContainer(
          MountableFile.forClasspathResource("org/bookvotes/workers/pg_background--1.8.sql"),
          EXTENSIONS + "pg_background--1.8.sql");
      database.execute("CREATE EXTENSION pg_background VERSION '1.8'");
      assertThat(Cli.run(settings, "migrate").exitCode()).isZero();

      Cli old = Cli.run(settings, "doctor");
      assertThat(old.exitCode()).isZero();
      assertThat(old.problems())
          .containsExactly("warn  pg_background: version 1.8 works, but the server has 2.0 by now");
      assertThat(old.fixes(SQL)).containsExactly("ALTER EXTENSION pg_background UPDATE;");

      try (Replica replica = Replica.inProcess(settings).awaitReady()) {
        assertReplicaRates(settings);
        // What a double cannot be updated to, it is replaced by.
        database.execute("DROP EXTENSION pg_background; CREATE EXTENSION pg_background");
        assertReplicaRates(settings);
        assertThat(replica.get("/health/live").statusCode()).isEqualTo(200);
      }
      assertThat(
              database.queryLong(
                  "SELECT count(*) FROM books WHERE rating IS DISTINCT FROM rating(votes_up, votes_down)"))
          .isZero();
      assertMended(settings);
    }
  }

  /** By the replica that runs, in workers. */
  private static void assertReplicaRates(Map<Setting, String> settings) {
    Cli produce =
        Cli.run(settings, "produce", "--count=100", "--books=10", "--wait", "--timeout=PT1M");
    assertThat(produce.exitCode()).as(produce.err()).isZero();
  }

  private static void assertCountsAndRates(Map<Setting, String> settings) {
    Cli produce = Cli.run(settings, "produce", "--count=100", "--books=10");
    assertThat(produce.exitCode()).as(produce.err()).isZero();
    Cli recalculate = Cli.run(settings, "recalculate", "--all");
    assertThat(recalculate.exitCode()).as(recalculate.err()).isZero();
    assertThat(Cli.run(settings, "status").out()).contains("recalculate completed in ");
  }

  @Test
  void findsMissingRightsOnKafka() throws Exception {
    try (KafkaContainer server =
            Servers.newKafka(
                Map.of(
                    "KAFKA_AUTHORIZER_CLASS_NAME",
                    "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                    "KAFKA_SUPER_USERS",
                    "User:admin",
                    // Whoever is named in no rule of a resource is shut out once it has one.
                    "KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND",
                    "true"));
        TestTopics topics = Servers.newTopics(server, 2);
        TestDatabase database = Servers.newDatabase()) {
      Map<Setting, String> settings = Replica.settings(database, topics);
      String group = "group-of-" + topics.votes();
      assertMended(settings);

      topics
          .admin()
          .createAcls(
              List.of(
                  allow("other", ResourceType.TOPIC, topics.votes(), AclOperation.READ),
                  allow("ANONYMOUS", ResourceType.TOPIC, topics.deadLetters(), AclOperation.READ),
                  allow("other", ResourceType.GROUP, group, AclOperation.READ)))
          .all()
          .get();
      Cli report =
          Awaitility.await("the broker knows the rules")
              .atMost(Duration.ofSeconds(30))
              .until(() -> Cli.run(settings, "doctor"), r -> r.problems().size() >= 3);
      assertThat(report.exitCode()).isEqualTo(1);
      assertThat(report.problems())
          .containsExactly(
              "FAIL  topic " + topics.votes() + ": ANONYMOUS may not read it",
              "FAIL  topic " + topics.deadLetters() + ": ANONYMOUS may not write it",
              "FAIL  group " + group + ": ANONYMOUS may not join it");

      KafkaTools.run(server, report.fixes(SHELL));
      Awaitility.await("the broker knows the new rules")
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertMended(settings));
    }
  }

  private static AclBinding allow(
      String user, ResourceType type, String name, AclOperation operation) {
    return new AclBinding(
        new ResourcePattern(type, name, PatternType.LITERAL),
        new AccessControlEntry("User:" + user, "*", operation, AclPermissionType.ALLOW));
  }

  private static void assertMended(Map<Setting, String> settings) {
    Cli report = Cli.run(settings, "doctor");
    assertThat(report.problems()).isEmpty();
    assertThat(report.exitCode()).isZero();
  }

  private static void in(PostgreSQLContainer server, String command) throws Exception {
    ExecResult result = server.execInContainer("sh", "-c", command);
    assertThat(result.getExitCode()).as("%s: %s", command, result).isZero();
  }

  /** Restarts the server, which gives it another port, and returns the database's new address. */
  private static String restarted(PostgreSQLContainer server, TestDatabase database) {
    DockerClient docker = server.getDockerClient();
    docker.restartContainerCmd(server.getContainerId()).withTimeout(20).exec();
    Ports.Binding[] bindings =
        docker
            .inspectContainerCmd(server.getContainerId())
            .exec()
            .getNetworkSettings()
            .getPorts()
            .getBindings()
            .get(ExposedPort.tcp(5432));
    if (bindings == null) {
      throw new IllegalStateException("the server's port is not published any more");
    }
    String url =
        String.format(
            "jdbc:postgresql://%s:%s/%s",
            server.getHost(), bindings[0].getHostPortSpec(), database.name());
    Awaitility.await("server is back")
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptionsInstanceOf(SQLException.class)
        .until(
            () -> {
              DriverManager.getConnection(url, database.user(), database.password()).close();
              return true;
            });
    return url;
  }
}

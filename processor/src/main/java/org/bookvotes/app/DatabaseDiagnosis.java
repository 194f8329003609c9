package org.bookvotes.app;

import static org.bookvotes.app.Finding.fail;
import static org.bookvotes.app.Finding.ok;
import static org.bookvotes.app.Finding.warn;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.bookvotes.app.Finding.Fix;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.DatabaseProbe;
import org.bookvotes.postgres.DatabaseProbe.Address;
import org.bookvotes.postgres.DatabaseProbe.Attempt;
import org.bookvotes.postgres.DatabaseProbe.Bookstore;
import org.bookvotes.postgres.DatabaseProbe.Dblink;
import org.bookvotes.postgres.DatabaseProbe.Extension;
import org.bookvotes.postgres.DatabaseProbe.Server;
import org.bookvotes.postgres.Schema;

/** What a start needs of the database: looks, judges, and says how to mend it. */
final class DatabaseDiagnosis {

  private static final int OLDEST_MAJOR_VERSION = 17;

  private final ProcessorConfig config;
  private final Address address;
  private final Consumer<Finding> report;

  /**
   * @param report told each finding as soon as there is one
   */
  DatabaseDiagnosis(ProcessorConfig config, Consumer<Finding> report) {
    this.config = config;
    this.address = Address.of(config.databaseUrl());
    this.report = report;
  }

  /** Looks at everything that can be looked at. */
  void run() throws Exception {
    Attempt attempt =
        DatabaseProbe.connect(
            config.databaseUrl(), config.databaseUser(), config.databasePassword());
    switch (attempt) {
      case Attempt.Refused refused -> report.accept(refused(refused));
      case Attempt.Connected connected -> {
        try (DatabaseProbe probe = connected.probe()) {
          look(probe);
        }
      }
    }
  }

  private void look(DatabaseProbe probe) throws Exception {
    Server server = probe.server();
    report.accept(server(server));
    Extension extension = probe.extension();
    Dblink dblink = probe.dblink(address.host());
    int connections = config.workerSlots() + Processor.CONNECTIONS_BESIDE_SLOTS;
    if (DblinkDiagnosis.isMeant(config.workerEngine(), extension, dblink)) {
      // Each of its workers is a session more.
      report.accept(connections(server, connections + config.workerSlots()));
      report.accept(DblinkDiagnosis.dblink(server, config.databaseUser(), dblink, probe));
    } else {
      report.accept(WorkerDiagnosis.processes(server, config.workerSlots()));
      report.accept(connections(server, connections));
      report.accept(
          WorkerDiagnosis.extension(server, extension, DblinkDiagnosis.instead(config, dblink)));
    }

    Optional<Bookstore> bookstore = probe.bookstore();
    if (bookstore.isEmpty()) {
      report.accept(notMigrated("the schema bookvotes is missing"));
    } else if (server.majorVersion() >= OLDEST_MAJOR_VERSION) {
      List<String> missingRights = probe.missingRights(bookstore.get().schema());
      report.accept(rights(server, missingRights));
      report.accept(
          missingRights.isEmpty()
              ? schema(server, bookstore.get())
              : warn("schema", "its version cannot be read before the rights are there"));
    }
    report.accept(WorkerDiagnosis.statistics(server));
  }

  private Finding refused(Attempt.Refused refused) {
    String subject = "database";
    String user = quotedIdentifier(config.databaseUser());
    String database = quotedIdentifier(address.database());
    Fix otherAddress =
        new Fix(
            "in a shell, with the right address instead of HOST",
            List.of(
                "export "
                    + Setting.DATABASE_URL.variable()
                    + "=jdbc:postgresql://HOST:5432/"
                    + address.database()));
    return switch (refused.reason()) {
      case UNKNOWN_HOST ->
          fail(subject, "the host of " + address.server() + " is unknown", otherAddress);
      case CONNECTION_REFUSED ->
          fail(
              subject,
              "nothing listens at " + address.server() + " (connection refused)",
              new Fix("in a shell of the server", List.of("sudo systemctl start postgresql")),
              new Fix("or with Docker Compose", List.of("docker compose up --detach postgres")),
              otherAddress);
      case NO_ANSWER ->
          fail(
              subject,
              address.server() + " does not answer within 5 s; a firewall may be between",
              otherAddress);
      case WRONG_PASSWORD ->
          fail(
              subject,
              "the password of " + config.databaseUser() + " is wrong: " + refused.message(),
              new Fix(
                  "in a shell, with the right password instead of the dots",
                  List.of("export " + Setting.DATABASE_PASSWORD.variable() + "='...'")),
              new Fix(
                  "or give the user a new one, in psql as a superuser",
                  List.of("\\password " + user)));
      case NOT_ADMITTED ->
          fail(
              subject,
              "the server does not let " + config.databaseUser() + " in: " + refused.message(),
              Fix.sql("ALTER ROLE " + user + " LOGIN;"),
              new Fix(
                  "if pg_hba.conf has no entry, add this line to it",
                  List.of("host " + database + " " + user + " all scram-sha-256")),
              new Fix("and then, in psql as a superuser", List.of("SELECT pg_reload_conf();")));
      case NO_SUCH_DATABASE ->
          fail(
              subject,
              "the server " + address.server() + " has no database " + address.database(),
              new Fix(
                  "in psql, in any database, as a superuser",
                  List.of("CREATE DATABASE " + database + " OWNER " + user + ";")),
              new Fix("then, in a shell", List.of("bookvotes migrate")));
      case NOT_PERMITTED ->
          fail(
              subject,
              config.databaseUser() + " may not connect to " + address.database(),
              new Fix(
                  "in psql, in any database, as a superuser",
                  List.of("GRANT CONNECT ON DATABASE " + database + " TO " + user + ";")));
      case TOO_MANY_CONNECTIONS ->
          fail(
              subject,
              "all connections are taken: " + refused.message(),
              Fix.sql("ALTER SYSTEM SET max_connections = 200;"),
              RESTART,
              RESTART_COMPOSE);
      case OTHER -> fail(subject, address.server() + ": " + refused.message(), otherAddress);
    };
  }

  static final Fix RESTART =
      new Fix("then, in a shell of the server", List.of("sudo systemctl restart postgresql"));
  static final Fix RESTART_COMPOSE =
      new Fix("or with Docker Compose", List.of("docker compose restart postgres"));

  private Finding server(Server server) {
    String subject = "database";
    String found =
        "PostgreSQL "
            + server.version()
            + " at "
            + address.server()
            + ", user "
            + server.quotedUser();
    if (server.majorVersion() < OLDEST_MAJOR_VERSION) {
      return fail(subject, found + ": needed is PostgreSQL " + OLDEST_MAJOR_VERSION + " or newer");
    }
    if (server.standby()) {
      return fail(
          subject,
          found + ": this is a standby, which cannot be written to",
          new Fix(
              "in a shell, with the primary instead of HOST",
              List.of(
                  "export "
                      + Setting.DATABASE_URL.variable()
                      + "=jdbc:postgresql://HOST:5432/"
                      + address.database())));
    }
    if (server.readOnly()) {
      return fail(
          subject,
          found + ": transactions are read-only",
          Fix.sql(
              "ALTER ROLE " + server.quotedUser() + " SET default_transaction_read_only = off;"));
    }
    return ok(subject, found);
  }

  /** Judges whether the connections of one more replica fit. */
  static Finding connections(Server server, int needed) {
    String subject = "connections";
    // Our own is given back.
    int free = server.connections() - server.connectionsInUse() + 1;
    if (server.connections() >= needed && free >= needed) {
      return ok(subject, free + " of " + server.connections() + " free, a replica takes " + needed);
    }
    List<Fix> fixes =
        switch (server.connectionsLimitedBy()) {
          case "role" ->
              List.of(Fix.sql("ALTER ROLE " + server.quotedUser() + " CONNECTION LIMIT -1;"));
          case "database" ->
              List.of(
                  Fix.sql("ALTER DATABASE " + server.quotedDatabase() + " CONNECTION LIMIT -1;"));
          default ->
              List.of(
                  Fix.sql(
                      "ALTER SYSTEM SET max_connections = "
                          + (server.connectionsInUse() + 2 * needed + 20)
                          + ";"),
                  RESTART,
                  RESTART_COMPOSE);
        };
    if (server.connections() < needed) {
      return new Finding(
          Finding.Level.FAIL,
          subject,
          server.connections()
              + " allowed (limit of "
              + server.connectionsLimitedBy()
              + "), a replica takes "
              + needed,
          fixes);
    }
    return new Finding(
        Finding.Level.WARN,
        subject,
        free
            + " of "
            + server.connections()
            + " free, one more replica would take "
            + needed
            + "; fine if the replicas are running already",
        fixes);
  }

  private static Finding rights(Server server, List<String> missing) {
    return missing.isEmpty()
        ? ok("rights", server.quotedUser() + " may count, recalculate and vacuum")
        : fail(
            "rights",
            server.quotedUser() + " lacks " + missing.size() + " of the rights it needs",
            Fix.sql(missing));
  }

  private Finding schema(Server server, Bookstore bookstore) throws Exception {
    if (!bookstore.current()) {
      return fail(
          "schema",
          "the books are in " + bookstore.schema() + ", where search_path does not lead",
          Fix.sql(
              "ALTER ROLE "
                  + server.quotedUser()
                  + " SET search_path = "
                  + bookstore.schema()
                  + ";"));
    }
    try (Database database =
        Database.open(config.databaseUrl(), config.databaseUser(), config.databasePassword(), 2)) {
      Schema schema = new Schema(database.pool());
      return schema.isCurrent()
          ? ok("schema", "at version " + schema.version())
          : notMigrated(
              "the schema is at version " + schema.version() + ", older than this program");
    }
  }

  private static Finding notMigrated(String found) {
    return fail("schema", found, Fix.shell("bookvotes migrate"));
  }

  /** As PostgreSQL's quote_ident does, for when there is no connection; quotes rather too often. */
  static String quotedIdentifier(String name) {
    return name.matches("[a-z_][a-z0-9_]*") && !name.equals("user")
        ? name
        : '"' + name.replace("\"", "\"\"") + '"';
  }
}

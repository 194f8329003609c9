package org.bookvotes.app;

import static org.bookvotes.app.Finding.fail;
import static org.bookvotes.app.Finding.ok;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.bookvotes.app.Finding.Fix;
import org.bookvotes.postgres.DatabaseProbe;
import org.bookvotes.postgres.DatabaseProbe.Dblink;
import org.bookvotes.postgres.DatabaseProbe.DblinkSession;
import org.bookvotes.postgres.DatabaseProbe.Extension;
import org.bookvotes.postgres.DatabaseProbe.Server;
import org.bookvotes.workers.WorkerEngine;

/** Judges what workers need that are sessions of dblink. Stateless. */
final class DblinkDiagnosis {

  private static final String SUBJECT = "dblink";

  private DblinkDiagnosis() {}

  /** Whether workers would be launched with dblink, or are meant to be. */
  static boolean isMeant(WorkerEngine choice, Extension extension, Dblink dblink) {
    return switch (choice) {
      case DBLINK -> true;
      case PG_BACKGROUND -> false;
      case AUTO -> extension.created() == null && dblink.hasServer();
    };
  }

  /** What to do where pg_background cannot be installed; nothing if only that is wanted. */
  static List<Fix> instead(ProcessorConfig config, Dblink dblink) {
    return config.workerEngine() == WorkerEngine.AUTO && dblink.available()
        ? List.of(
            new Fix(
                "or, where that cannot be installed, use dblink: in psql, in this database, as a superuser",
                dblink.missing()))
        : List.of();
  }

  /**
   * Judges dblink by opening a session with it.
   *
   * @param user as the server knows it, not quoted
   * @throws SQLException if the server cannot be asked
   */
  static Finding dblink(Server server, String user, Dblink dblink, DatabaseProbe probe)
      throws SQLException {
    if (!dblink.available()) {
      return fail(
          SUBJECT,
          "the extension is not installed on the server",
          new Fix(
              "in a shell of the server (Debian, Ubuntu have it in the server's own package)",
              List.of("sudo apt-get install postgresql-" + server.majorVersion())),
          Fix.sql(dblink.missing()));
    }
    if (!dblink.missing().isEmpty()) {
      return fail(SUBJECT, "not set up for workers in this database", Fix.sql(dblink.missing()));
    }
    return switch (probe.dblinkSession()) {
      case DblinkSession.Refused refused ->
          fail(
              SUBJECT,
              "no session of " + server.quotedUser() + " back to this server: " + refused.message(),
              ways(server, user, dblink));
      case DblinkSession.Opened opened -> opened(server, opened);
    };
  }

  private static Finding opened(Server server, DblinkSession.Opened session) {
    if (!session.here()) {
      return fail(
          SUBJECT,
          "the foreign server bookvotes_workers leads to another server or database",
          Fix.sql("DROP SERVER bookvotes_workers CASCADE;"),
          Fix.shell("bookvotes doctor"));
    }
    if (!session.sameRole()) {
      return fail(
          SUBJECT,
          "workers would be sessions of " + session.role() + " instead of " + server.quotedUser(),
          Fix.sql(
              "DROP USER MAPPING IF EXISTS FOR "
                  + server.quotedUser()
                  + " SERVER bookvotes_workers;"),
          Fix.shell("bookvotes doctor"));
    }
    return ok(SUBJECT, "a session of " + session.role() + " back to this server can be opened");
  }

  /** A password must be demanded and be there: nobody can tell from here which of both is not. */
  private static Fix[] ways(Server server, String user, Dblink dblink) {
    List<Fix> ways = new ArrayList<>();
    String own = dblink.ownAddress();
    if (own != null && !own.equals(dblink.host())) {
      ways.add(
          new Fix(
              "if the server demands no SCRAM password at "
                  + dblink.host()
                  + " (pg_hba.conf): another of its addresses, in psql, as a superuser",
              List.of(
                  "ALTER SERVER bookvotes_workers OPTIONS (SET host '"
                      + own.replace("'", "''")
                      + "');")));
    }
    ways.add(
        new Fix(
            "if "
                + server.quotedUser()
                + " does not log in with SCRAM: its password instead of the dots, in psql, as a superuser",
            List.of(
                "SET log_statement = 'none'; SET log_min_duration_statement = -1;",
                "DROP USER MAPPING IF EXISTS FOR "
                    + server.quotedUser()
                    + " SERVER bookvotes_workers;",
                "CREATE USER MAPPING FOR "
                    + server.quotedUser()
                    + " SERVER bookvotes_workers OPTIONS (user '"
                    + user.replace("'", "''")
                    + "', password '...');")));
    return ways.toArray(Fix[]::new);
  }
}

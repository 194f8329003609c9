package org.bookvotes.app;

import static org.bookvotes.app.Finding.fail;
import static org.bookvotes.app.Finding.ok;
import static org.bookvotes.app.Finding.warn;

import java.util.ArrayList;
import java.util.List;
import org.bookvotes.app.Finding.Fix;
import org.bookvotes.postgres.DatabaseProbe.Extension;
import org.bookvotes.postgres.DatabaseProbe.Server;
import org.jspecify.annotations.Nullable;

/** Judges what background workers need of the server. Stateless. */
final class WorkerDiagnosis {

  private static final int PACKAGED_MAJOR_VERSION = 2;

  private WorkerDiagnosis() {}

  /** Judges the server's pool of background workers. */
  static Finding processes(Server server, int slotCount) {
    String subject = "background workers";
    int taken = server.replicationLauncher() ? 1 : 0;
    int least = slotCount + taken;
    int roomy = least + server.parallelWorkers();
    String found = "max_worker_processes is " + server.workerProcesses();
    if (server.workerProcesses() >= roomy) {
      return ok(subject, found + ", WORKER_SLOTS is " + slotCount);
    }
    List<Fix> fixes = new ArrayList<>();
    if (server.workerProcessesSource().equals("command line")) {
      fixes.add(
          new Fix(
              "on the server's command line, which sets it (with Docker Compose: 'command'), then restart",
              List.of("-c max_worker_processes=" + roomy)));
    } else {
      fixes.add(Fix.sql("ALTER SYSTEM SET max_worker_processes = " + roomy + ";"));
      fixes.add(DatabaseDiagnosis.RESTART);
      fixes.add(DatabaseDiagnosis.RESTART_COMPOSE);
    }
    if (server.workerProcesses() >= least) {
      return new Finding(
          Finding.Level.WARN,
          subject,
          found
              + ": enough for "
              + slotCount
              + " slots, but parallel queries may take "
              + server.parallelWorkers()
              + " of them; launches will then wait",
          List.copyOf(fixes));
    }
    int free = server.workerProcesses() - taken;
    if (free > 0) {
      fixes.add(
          new Fix(
              "or use fewer, in a shell",
              List.of("export " + Setting.WORKER_SLOTS.variable() + "=" + free)));
    }
    return new Finding(
        Finding.Level.FAIL,
        subject,
        found
            + (taken > 0 ? ", one of which the logical replication launcher has" : "")
            + ": too few for "
            + slotCount
            + " slots",
        List.copyOf(fixes));
  }

  /**
   * Judges pg_background. Every generation will do.
   *
   * @param instead what to do on a server where it cannot be installed
   */
  static Finding extension(Server server, Extension extension, List<Fix> instead) {
    String subject = "pg_background";
    String packageName = "postgresql-" + server.majorVersion() + "-pg-background";
    Fix install =
        new Fix(
            "in a shell of the server (Debian, Ubuntu)",
            List.of("sudo apt-get install " + packageName));
    Fix create = Fix.sql("CREATE EXTENSION pg_background;");
    Fix update = Fix.sql("ALTER EXTENSION pg_background UPDATE;");
    String available = extension.available();
    String created = extension.created();
    if (created == null && available == null) {
      List<Fix> fixes = new ArrayList<>(List.of(install, create));
      fixes.addAll(instead);
      return new Finding(
          Finding.Level.FAIL,
          subject,
          "the extension is not installed on the server",
          List.copyOf(fixes));
    }
    if (created == null) {
      return fail(subject, "installed on the server, but not made in this database", create);
    }
    if (!extension.missingRights().isEmpty()) {
      return fail(
          subject,
          server.quotedUser() + " may not launch workers",
          Fix.sql(extension.missingRights()));
    }
    if (isOfPackagedGeneration(created)) {
      // The SQL version is all that the server tells, and cancelling can crash it before 2.0.2.
      return ok(
          subject,
          "version " + created + "; see that the package " + packageName + " is 2.0.2 or newer");
    }
    return isOfPackagedGeneration(available)
        ? warn(
            subject,
            "version " + created + " works, but the server has " + available + " by now",
            update)
        : ok(subject, "version " + created + ", an old one that works, too");
  }

  private static boolean isOfPackagedGeneration(@Nullable String version) {
    if (version == null) {
      return false;
    }
    String major = version.split("\\D", 2)[0];
    return !major.isEmpty() && Integer.parseInt(major) >= PACKAGED_MAJOR_VERSION;
  }

  /** Judges whether the whole pool can be seen. */
  static Finding statistics(Server server) {
    return server.readsAllStats()
        ? ok("statistics", server.quotedUser() + " sees the workers of others")
        : warn(
            "statistics",
            server.quotedUser()
                + " does not see the workers of others: the pool's gauge shows ours only",
            Fix.sql("GRANT pg_read_all_stats TO " + server.quotedUser() + ";"));
  }
}

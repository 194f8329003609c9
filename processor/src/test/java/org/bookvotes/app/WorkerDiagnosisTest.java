package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.bookvotes.app.Finding.Fix;
import org.bookvotes.app.Finding.Level;
import org.bookvotes.postgres.DatabaseProbe.Dblink;
import org.bookvotes.postgres.DatabaseProbe.Extension;
import org.bookvotes.postgres.DatabaseProbe.Server;
import org.bookvotes.workers.WorkerEngine;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorkerDiagnosisTest {

  private static Server server(int workerProcesses, String source, boolean launcher) {
    return new Server(
        "18.6",
        180_006,
        "me",
        "store",
        false,
        false,
        workerProcesses,
        source,
        8,
        launcher,
        97,
        "max_connections",
        5,
        true);
  }

  @ParameterizedTest
  @CsvSource({
    "13, true, 4, OK",
    "12, true, 4, WARN",
    "12, false, 4, OK",
    "5, true, 4, WARN",
    "4, true, 4, FAIL",
    "4, false, 4, WARN",
    "3, false, 4, FAIL",
    "8, true, 8, FAIL",
  })
  void wantsAWorkerForEachSlotAndRoomForParallelQueries(
      int processes, boolean launcher, int slots, Level level) {
    assertThat(WorkerDiagnosis.processes(server(processes, "default", launcher), slots).level())
        .isEqualTo(level);
  }

  @Test
  void setsWorkerProcessesWhereTheyAreSet() {
    assertThat(WorkerDiagnosis.processes(server(3, "configuration file", true), 4).lines())
        .contains(
            "        ALTER SYSTEM SET max_worker_processes = 13;",
            "        export BOOKVOTES_WORKER_SLOTS=2");
    // ALTER SYSTEM would be overruled at each start.
    assertThat(WorkerDiagnosis.processes(server(3, "command line", true), 4).lines())
        .contains("        -c max_worker_processes=13")
        .noneMatch(line -> line.contains("ALTER SYSTEM"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "- | - | FAIL | sudo apt-get install postgresql-18-pg-background & CREATE EXTENSION pg_background;",
        "1.8 | - | FAIL | CREATE EXTENSION pg_background;",
        "2.0 | - | FAIL | CREATE EXTENSION pg_background;",
        "2.0 | 1.10 | WARN | ALTER EXTENSION pg_background UPDATE;",
        "1.10 | 1.10 | OK | ''",
        "- | 1.4 | OK | ''",
        "2.0 | 2.0 | OK | ''",
        "10.1 | 10.1 | OK | ''",
      })
  void takesEveryGenerationOfPgBackground(
      @Nullable String available, @Nullable String created, Level level, String fixes) {
    Finding finding = extension(available, created, List.of());

    assertThat(finding.level()).isEqualTo(level);
    assertThat(finding.fixes().stream().flatMap(fix -> fix.commands().stream()))
        .containsExactly(fixes.isEmpty() ? new String[0] : fixes.split(" & ", -1));
  }

  @Test
  void tellsWhatToDoWherePgBackgroundCannotBeInstalled() {
    Fix dblink = new Fix("or use dblink", List.of("CREATE EXTENSION dblink;"));

    assertThat(extension(null, null, List.of(dblink)).fixes()).endsWith(dblink);
    assertThat(extension("2.0", null, List.of(dblink)).fixes()).doesNotContain(dblink);
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "AUTO, 2.0, true, false",
        "AUTO, -, true, true",
        "AUTO, -, false, false",
        "DBLINK, 2.0, false, true",
        "PG_BACKGROUND, -, true, false",
      })
  void looksAtTheEngineThatWouldBeUsed(
      WorkerEngine choice, @Nullable String created, boolean hasServer, boolean dblink) {
    assertThat(
            DblinkDiagnosis.isMeant(
                choice,
                new Extension(null, created, List.of()),
                new Dblink(true, hasServer, null, null, List.of())))
        .isEqualTo(dblink);
  }

  private static Finding extension(
      @Nullable String available, @Nullable String created, List<Fix> instead) {
    return WorkerDiagnosis.extension(
        server(16, "default", true), new Extension(available, created, List.of()), instead);
  }
}

package org.bookvotes.tutorial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.awaitility.core.ConditionTimeoutException;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.Schema;
import org.bookvotes.testing.Servers;
import org.bookvotes.tutorial.Tutorial.Step;
import org.junit.jupiter.api.Test;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** Types docs/sql-toolkit.md from beginning to end. */
class TutorialIT {

  private static final Path TUTORIAL = Path.of("..", "docs", "sql-toolkit.md");

  /** The tutorial as it went, to be taken over by hand where it is right. */
  private static final Path AS_IT_WENT = Path.of("target", "sql-toolkit.md");

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Test
  void psqlPrintsWhatTheTutorialSays() throws IOException, SQLException {
    Tutorial tutorial = Tutorial.parse(Files.readString(TUTORIAL));
    List<List<String>> outputs = new ArrayList<>();
    List<String> differences = new ArrayList<>();
    Map<Integer, PsqlSession> sessions = new TreeMap<>();
    List<String> settings = new ArrayList<>(tutorial.serverSettings());
    // Comes when it likes, and its snapshots keep a vacuum from removing what the tutorial says.
    settings.add("autovacuum=off");
    try (PostgreSQLContainer server = Servers.newPostgres(settings.toArray(String[]::new))) {
      try (Database database =
          Database.open(server.getJdbcUrl(), server.getUsername(), server.getPassword(), 2)) {
        new Schema(database.pool()).migrate();
      }
      for (Step step : tutorial.steps()) {
        PsqlSession session =
            sessions.computeIfAbsent(step.session(), number -> PsqlSession.open(server));
        List<String> output = run(session, step);
        outputs.add(output);
        if (!ExpectedOutput.of(step.output()).matches(output)) {
          differences.add(
              "line %d:%n%s%nexpected:%n%s%nprinted:%n%s"
                  .formatted(step.line(), text(step.typed()), text(step.output()), text(output)));
        }
      }
    } finally {
      for (PsqlSession session : sessions.values()) {
        session.close();
      }
      Files.writeString(AS_IT_WENT, tutorial.withOutputs(outputs));
    }
    assertThat(differences).as("differences; as it went: " + AS_IT_WENT).isEmpty();
  }

  /** Looks again where what is to be seen may come a moment later. */
  private static List<String> run(PsqlSession session, Step step) {
    if (!step.isLook()) {
      return session.type(step.typed());
    }
    ExpectedOutput expected = ExpectedOutput.of(step.output());
    try {
      return await()
          .pollInSameThread()
          .pollDelay(Duration.ZERO)
          .atMost(PATIENCE)
          .until(() -> session.type(step.typed()), expected::matches);
    } catch (ConditionTimeoutException e) {
      return session.type(step.typed());
    }
  }

  private static String text(List<String> lines) {
    return String.join("\n", lines);
  }
}

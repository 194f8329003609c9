package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CommandLineTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int execute(String... args) {
    CommandLine commandLine = Main.commandLine();
    commandLine.setOut(new PrintWriter(out, true));
    commandLine.setErr(new PrintWriter(err, true));
    return commandLine.execute(args);
  }

  @Test
  void hasTheDocumentedCommands() {
    assertThat(Main.commandLine().getSubcommands().keySet())
        .containsAll(
            Set.of(
                "run",
                "migrate",
                "doctor",
                "produce",
                "validate",
                "status",
                "recalculate",
                "dead-letters",
                "bench"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "migrate", "doctor", "produce", "status", "recalculate"})
  void helpsWithEachCommand(String command) {
    assertThat(execute(command, "--help")).isZero();
    assertThat(out.toString())
        .contains("Usage: bookvotes " + command, "BOOKVOTES_DATABASE_URL", "--database-url");
  }

  @Test
  void exitsWithTwoOnBadSettings() {
    assertThat(execute("run", "--worker-slots", "0")).isEqualTo(2);
    assertThat(err.toString())
        .contains("BOOKVOTES_WORKER_SLOTS is '0', allowed is a whole number from 1 to 1000");
  }

  @Test
  void exitsWithTwoOnWrongUsage() {
    assertThat(execute("recalculate")).isEqualTo(2);
    assertThat(execute("recalculate", "--all", "--older-than", "1d")).isEqualTo(2);
    assertThat(execute("recalculate", "--older-than", "soon")).isEqualTo(2);
    assertThat(err.toString()).contains("'soon' is not an age such as");
    assertThat(execute("no-such-command")).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"list", "redrive"})
  void helpsWithDeadLetters(String command) {
    assertThat(execute("dead-letters", command, "--help")).isZero();
    assertThat(out.toString())
        .contains(
            "Usage: bookvotes dead-letters " + command,
            "--database-url",
            "--dead-letter-topic",
            "--reason=<reason>",
            "--partition=<n>",
            "--offsets=<from>-<to>",
            "of the votes topic");
    assertThat(execute("dead-letters", "--help")).isZero();
    assertThat(out.toString()).contains("list", "redrive");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--reason=lost",
        "--reason=",
        "--partition=-1",
        "--partition=x",
        "--offsets=9-1",
        "--offsets=-",
        "--offsets=",
        "--offsets=1-2-3",
        "--offsets=99999999999999999999-",
        "--offsets=\u001b[2J"
      })
  void exitsWithTwoOnFiltersThatMakeNoSense(String filter) {
    for (String command : List.of("list", "redrive")) {
      err.getBuffer().setLength(0);
      assertThat(execute("dead-letters", command, filter)).isEqualTo(2);
      assertThat(err.toString())
          .contains(filter.substring(0, filter.indexOf('=')), "allowed is")
          .doesNotContain("\u001b[2J");
    }
    assertThat(execute("dead-letters")).isEqualTo(2);
  }

  @Test
  void exitsWithOneAndAReasonWhenTheDatabaseIsAway() {
    assertThat(execute("status", "--database-url", "jdbc:postgresql://localhost:1/nowhere"))
        .isEqualTo(1);
    assertThat(err.toString()).contains("doctor");
  }
}

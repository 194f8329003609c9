package org.bookvotes.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ValidateCommandTest {

  private static final String EVENT =
      "{\"eventId\":\"4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e\",\"bookId\":7,\"vote\":\"UP\",\"votedAt\":\"2026-01-31T12:34:56Z\"}";

  @TempDir private Path folder = Path.of("");

  private String file(String... lines) throws IOException {
    return Files.write(folder.resolve("votes.ndjson"), List.of(lines)).toString();
  }

  private static Cli validate(String... args) {
    return Cli.run(Map.of(), "validate", args);
  }

  @Test
  void saysNothingOfGoodEventsButHowManyThereAre() throws IOException {
    Cli cli = validate(file(EVENT, EVENT, EVENT));
    assertThat(cli.out().lines()).containsExactly("3 lines: 3 events, 0 malformed");
    assertThat(cli.err()).isEmpty();
    assertThat(cli.exitCode()).isZero();
  }

  @Test
  void saysLineAndReasonOfEachThatIsNone() throws IOException {
    Cli cli =
        validate(
            file(
                EVENT,
                EVENT.replace(":7,", ":\"7\","),
                "",
                EVENT,
                "{}",
                EVENT.replace("UP", "\\u001b[2J")));
    assertThat(cli.out().lines())
        .containsExactly(
            "line 2: bookId: must be an integer from 1 to 9223372036854775807, is \"7\"",
            "line 3: event: empty",
            "line 5: eventId: missing",
            "line 6: vote: must be \"UP\" or \"DOWN\", is \"?[2J\"",
            "6 lines: 2 events, 4 malformed");
    assertThat(cli.exitCode()).isEqualTo(1);
  }

  @Test
  void readsStandardInput() {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream((EVENT + "\nno vote").getBytes(UTF_8)));
    try {
      Cli cli = validate("-");
      assertThat(cli.out()).contains("line 2: event: at byte", "2 lines: 1 events, 1 malformed");
      assertThat(cli.exitCode()).isEqualTo(1);
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void stopsAtTheLastErrorThatIsAskedFor() throws IOException {
    String[] lines = "x,".repeat(250).split(",");
    Cli byDefault = validate(file(lines));
    assertThat(byDefault.out().lines())
        .hasSize(101)
        .last()
        .isEqualTo("100 lines, then stopped: 0 events, 100 malformed");
    assertThat(validate("--max-errors=2", file(EVENT, "x", EVENT, "x", "x")).out().lines())
        .last()
        .isEqualTo("4 lines, then stopped: 2 events, 2 malformed");
    assertThat(validate("--max-errors=0", file(lines)).out().lines())
        .hasSize(251)
        .last()
        .isEqualTo("250 lines: 0 events, 250 malformed");
  }

  @Test
  void anEmptyFileHasNoMalformedEvents() throws IOException {
    Cli cli = validate(file());
    assertThat(cli.out().lines()).containsExactly("0 lines: 0 events, 0 malformed");
    assertThat(cli.exitCode()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"no-such-file", "\0", "--max-errors=-1 -", "--max-errors=x -", "", "- -"})
  void exitsWithTwoOnWrongUsage(String args) {
    Cli cli = validate(args.isEmpty() ? new String[0] : args.split(" "));
    assertThat(cli.exitCode()).isEqualTo(2);
    assertThat(cli.err()).isNotBlank().doesNotContain("\0");
    assertThat(cli.out()).isEmpty();
  }

  @Test
  void exitsWithOneIfReadingFails() {
    Cli cli = validate(folder.toString());
    assertThat(cli.exitCode()).isEqualTo(1);
    assertThat(cli.err()).contains("cannot read '" + folder);
  }

  @Test
  void helps() {
    Cli cli = validate("--help");
    assertThat(cli.out()).contains("Usage: bookvotes validate", "--max-errors=<n>", "NDJSON");
    assertThat(cli.exitCode()).isZero();
  }
}

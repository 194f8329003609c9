package org.bookvotes.tutorial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.bookvotes.tutorial.Tutorial.Step;
import org.junit.jupiter.api.Test;

class TutorialTest {

  private static final String TWO_STEPS =
      """
      # A tutorial

      ```sh
      docker run server -c max_worker_processes=8 -c work_mem=1MB
      ```

      ```sql
      SELECT 1 AS one;
      ```

      gives

      ```text
       one
      -----
         1
      ```

      ```sql
      -- session 2
      SELECT state
      FROM pg_stat_activity;
      ```

      ```text
      …
      ```
      The end.
      """;

  @Test
  void takesWhatIsTypedAndWhatComesOfIt() {
    assertThat(Tutorial.parse(TWO_STEPS).steps())
        .containsExactly(
            new Step(8, 1, List.of("SELECT 1 AS one;"), 14, List.of(" one", "-----", "   1")),
            new Step(
                20,
                2,
                List.of("-- session 2", "SELECT state", "FROM pg_stat_activity;"),
                26,
                List.of("…")));
  }

  @Test
  void takesTheSettingsOfTheServer() {
    assertThat(Tutorial.parse(TWO_STEPS).serverSettings())
        .containsExactly("max_worker_processes=8", "work_mem=1MB");
  }

  @Test
  void looksAgainOnlyWhereNothingButAViewOfTheServersIsRead() {
    assertThat(step("SELECT * FROM pg_stat_activity;").isLook()).isTrue();
    assertThat(step("-- session 2", "SELECT * FROM pg_stat_activity;").isLook()).isTrue();
    assertThat(step("SELECT * FROM books;").isLook()).isFalse();
    assertThat(step("SELECT * FROM pg_stat_activity;", "DELETE FROM books;").isLook()).isFalse();
    assertThat(step("SELECT pid FROM pg_stat_activity \\gset").isLook()).isFalse();
    assertThat(step("DELETE FROM books; SELECT * FROM pg_stat_activity;").isLook()).isFalse();
  }

  @Test
  void putsOtherOutputInItsPlace() {
    Tutorial tutorial = Tutorial.parse(TWO_STEPS);
    assertThat(tutorial.withOutputs(List.of())).isEqualTo(TWO_STEPS);
    assertThat(tutorial.withOutputs(List.of(List.of("ERROR:  no"), List.of("a", "b"))))
        .isEqualTo(
            TWO_STEPS.replace(" one\n-----\n   1\n", "ERROR:  no\n").replace("…\n", "a\nb\n"));
  }

  @Test
  void refusesWhatWouldNotBeCompared() {
    assertRefused("```sql\nSELECT 1;\n```\n", "line 2: no output follows");
    assertRefused(
        "```sql\nSELECT 1;\n```\n```sql\nSELECT 2;\n```\n```text\n2\n```\n",
        "line 2: no output follows");
    assertRefused("```sql\nSELECT 1;\n```\n```text\n```\n", "line 2: nothing");
    assertRefused("```text\n1\n```\n", "line 2: output of nothing");
    assertRefused("text\n```sql\nSELECT 1;\n", "line 2: a block that does not end");
    assertRefused("```SQL\nSELECT 1;\n```\n", "line 2: a block of neither");
    assertRefused("```\nSELECT 1;\n```\n", "line 2: a block of neither");
  }

  private static void assertRefused(String markdown, String message) {
    assertThatThrownBy(() -> Tutorial.parse(markdown))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  private static Step step(String... typed) {
    return new Step(1, 1, List.of(typed), 1, List.of("…"));
  }
}

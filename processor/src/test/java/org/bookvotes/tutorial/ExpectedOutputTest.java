package org.bookvotes.tutorial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ExpectedOutputTest {

  @Test
  void comparesEachLine() {
    assertThat(matches("UPDATE 1", "UPDATE 1")).isTrue();
    assertThat(matches("UPDATE 1", "UPDATE 10")).isFalse();
    assertThat(matches("UPDATE 1", "UPDATE 1\nUPDATE 1")).isFalse();
    assertThat(matches("UPDATE 1\nUPDATE 1", "UPDATE 1")).isFalse();
    assertThat(matches("CALL", "NOTICE:  updated 1 rows\nCALL")).isFalse();
    assertThat(matches("CALL", "")).isFalse();
    assertThat(matches("1.5 (a|b)*", "1.5 (a|b)*")).isTrue();
    assertThat(matches("1.5", "1x5")).isFalse();
  }

  @Test
  void lessensTheWidthOfColumnsAndEmptyLines() {
    assertThat(matches(" n \n---\n 1\n(1 row)", "   n  \n------\n    1\n(1 row)\n\n")).isTrue();
    assertThat(matches(" a | b\n---+---\n 1 | 2", "  a  |  b \n-----+----\n   1 |  2")).isTrue();
    assertThat(matches(" a | b\n---+---\n 1 | 2", " a | b\n-------\n 1 | 2")).isFalse();
    assertThat(matches("a b", "ab")).isFalse();
    assertThat(matches("a--b", "a-b")).isFalse();
  }

  @Test
  void takesAnyFigureForAPlaceholder() {
    assertThat(matches("pid <pid>, <cookie>, <n> in <ms>", "pid 1, -5000000000, 17 in 0.123"))
        .isTrue();
    assertThat(matches("pid <pid>", "pid -1")).isFalse();
    assertThat(matches("pid <pid>", "pid ")).isFalse();
    assertThat(matches("pid <pid>", "pid 1a")).isFalse();
    assertThatThrownBy(() -> ExpectedOutput.of(List.of("<pdi>")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("<pdi>");
  }

  @Test
  void takesTheRestOfALineForAnEllipsis() {
    assertThat(matches("HINT:  …", "HINT:  Try again.")).isTrue();
    assertThat(matches("HINT:  …", "DETAIL:  Try again.")).isFalse();
    assertThat(matches("HINT:  …", "HINT:  Try\nagain.")).isFalse();
  }

  @Test
  void takesAnyLinesForAnEllipsisThatStandsAlone() {
    assertThat(matches("a\n…\nb", "a\nb")).isTrue();
    assertThat(matches("a\n…\nb", "a\n1\n2\nb")).isTrue();
    assertThat(matches("a\n…\nb", "a\n1\n2")).isFalse();
    assertThat(matches("…", "")).isTrue();
  }

  @Test
  void passesOverNoErrorThatIsNotShown() {
    assertThat(matches("…", "WARNING:  no")).isTrue();
    for (String error :
        List.of("ERROR:  no", "FATAL:  no", "psql: error: no", "invalid command \\no")) {
      assertThat(matches("a\n…\nb", "a\n" + error + "\nb")).as(error).isFalse();
    }
    assertThat(matches("ERROR:  …\n…", "ERROR:  no\nCONTEXT:  here")).isTrue();
  }

  private static boolean matches(String expected, String actual) {
    return ExpectedOutput.of(expected.lines().toList()).matches(actual.lines().toList());
  }
}

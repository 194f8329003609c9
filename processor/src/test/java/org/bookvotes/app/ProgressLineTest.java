package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProgressLineTest {

  private final StringWriter shown = new StringWriter();
  private final PrintWriter out = new PrintWriter(shown);

  @Test
  void redrawsOneLineOnATerminalAndErasesItAtTheEnd() {
    try (ProgressLine line = new ProgressLine(out, true, Duration.ZERO)) {
      line.show(() -> "1 of 2");
      line.show(() -> "2 of 2");
    }
    assertThat(shown.toString()).isEqualTo("\r\u001b[K1 of 2\r\u001b[K2 of 2\r\u001b[K");
  }

  @Test
  void writesPlainLinesElsewhere() {
    try (ProgressLine line = new ProgressLine(out, false, Duration.ZERO)) {
      line.show(() -> "1 of 2");
      line.show(() -> "2 of 2");
    }
    assertThat(shown.toString().lines()).containsExactly("1 of 2", "2 of 2");
  }

  @Test
  void saysNothingAboutWhatIsDoneSoon() {
    try (ProgressLine line = new ProgressLine(out, true, Duration.ofMinutes(1))) {
      line.show(
          () -> {
            throw new AssertionError("asked too early");
          });
    }
    assertThat(shown.toString()).isEmpty();
  }
}

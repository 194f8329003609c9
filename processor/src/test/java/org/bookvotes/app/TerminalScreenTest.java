package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.bookvotes.app.TerminalScreen.Size;
import org.junit.jupiter.api.Test;

class TerminalScreenTest {

  private static final String BEGIN = "\u001b[?25l\u001b[?7l";
  private static final String END = "\u001b[?7h\u001b[?25h";

  private final StringWriter shown = new StringWriter();

  private String draw(Size size, List<List<String>> drawings) {
    try (TerminalScreen screen = new TerminalScreen(new PrintWriter(shown), () -> size)) {
      drawings.forEach(screen::draw);
    }
    return shown.toString();
  }

  @Test
  void drawsInThePlaceOfWhatItDrewBefore() {
    assertThat(draw(new Size(24, 80), List.of(List.of("one", "two"), List.of("three"))))
        .isEqualTo(
            BEGIN
                + "one\u001b[K\ntwo\u001b[K\n\u001b[J"
                + "\u001b[2Athree\u001b[K\n\u001b[J"
                + END);
  }

  @Test
  void cutsWhatDoesNotFit() {
    assertThat(draw(new Size(3, 5), List.of(List.of("exact", "too long", "third"))))
        .isEqualTo(BEGIN + "exact\u001b[K\n… 2 …\u001b[K\n\u001b[J" + END);
  }

  @Test
  void leavesATerminalAloneThatItDidNotDrawOn() {
    assertThat(draw(new Size(24, 80), List.of())).isEmpty();
  }
}

package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrintableTest {

  @Test
  void leavesWhatPrintsAndEscapesWhatDoesNot() {
    assertThat(Printable.of("Äpfel, 書, 📚 & \"q\"", 100)).isEqualTo("Äpfel, 書, 📚 & \"q\"");
    assertThat(Printable.of("\u001b[31m\u009b\n\t\0\u007f", 100))
        .isEqualTo("\\u001b[31m\\u009b\\u000a\\u0009\\u0000\\u007f");
    assertThat(Printable.of("\u202e\u2066\u200b\u2028\ud800x\udb40\udc01", 100))
        .isEqualTo("\\u202e\\u2066\\u200b\\u2028\\ud800x\\udb40\\udc01");
  }

  @Test
  void cannotBeMistakenForWhatItEscapes() {
    assertThat(Printable.of("\\u001b", 100)).isEqualTo("\\\\u001b");
  }

  @Test
  void cutsBetweenCharacters() {
    assertThat(Printable.of("abcdef", 3)).isEqualTo("abc…");
    assertThat(Printable.of("abc", 3)).isEqualTo("abc");
    assertThat(Printable.of("a📚📚", 2)).isEqualTo("a📚…");
  }
}

package org.bookvotes.app;

/**
 * Text from outside, made fit for a terminal: what does not print is shown as an escape, so that it
 * can neither move the cursor nor turn the line around. Thread-safe.
 */
final class Printable {
  private Printable() {}

  /**
   * The text with control characters, invisible and unassigned ones and lone surrogates as {@code
   * \}{@code u001b}, a backslash doubled, and cut to about {@code mostChars}.
   */
  static String of(String text, int mostChars) {
    StringBuilder printable = new StringBuilder();
    for (int i = 0; i < text.length(); ) {
      if (printable.length() >= mostChars) {
        return printable.append('…').toString();
      }
      int codePoint = text.codePointAt(i);
      int charCount = Character.charCount(codePoint);
      if (codePoint == '\\') {
        printable.append("\\\\");
      } else if (prints(codePoint)) {
        printable.appendCodePoint(codePoint);
      } else {
        for (int unit = i; unit < i + charCount; unit++) {
          printable.append(String.format("\\u%04x", (int) text.charAt(unit)));
        }
      }
      i += charCount;
    }
    return printable.toString();
  }

  private static boolean prints(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.PRIVATE_USE,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}

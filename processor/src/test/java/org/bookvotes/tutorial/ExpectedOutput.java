package org.bookvotes.tutorial;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a tutorial says that psql prints. Words in angle brackets stand for figures that vary, an
 * ellipsis for the rest of a line or, alone, for any lines. The width of columns does not count,
 * empty lines do not either. Immutable.
 */
final class ExpectedOutput {

  private static final Map<String, String> PLACEHOLDERS =
      Map.of(
          "<pid>", "\\d+",
          "<cookie>", "-?\\d+",
          "<n>", "\\d+",
          "<ms>", "\\d+(?:\\.\\d+)?",
          "…", ".*");
  private static final Pattern PLACEHOLDER = Pattern.compile("<\\w+>|…");
  private static final Pattern RULER = Pattern.compile("[-+]+");

  /** Lines but those that no reader would want to have passed over. */
  private static final String ANY_LINES =
      "(?:(?!ERROR:|FATAL:|PANIC:|psql:|invalid command|server closed).*\\n)*?";

  private final Pattern pattern;

  private ExpectedOutput(Pattern pattern) {
    this.pattern = pattern;
  }

  /**
   * Output as it stands in a tutorial.
   *
   * @throws IllegalArgumentException if a word in angle brackets is none of ours
   */
  static ExpectedOutput of(List<String> lines) {
    return new ExpectedOutput(
        Pattern.compile(
            lines.stream()
                .map(ExpectedOutput::canonical)
                .filter(line -> !line.isEmpty())
                .map(line -> line.equals("…") ? ANY_LINES : pattern(line) + "\\n")
                .collect(Collectors.joining())));
  }

  /** Whether {@code actual} is what is expected. */
  boolean matches(List<String> actual) {
    return pattern
        .matcher(
            actual.stream()
                .map(ExpectedOutput::canonical)
                .filter(line -> !line.isEmpty())
                .map(line -> line + "\n")
                .collect(Collectors.joining()))
        .matches();
  }

  private static String canonical(String line) {
    String narrow = line.strip().replaceAll("\\s+", " ");
    return RULER.matcher(narrow).matches() ? narrow.replaceAll("-+", "-") : narrow;
  }

  private static String pattern(String line) {
    StringBuilder result = new StringBuilder();
    Matcher placeholder = PLACEHOLDER.matcher(line);
    int end = 0;
    while (placeholder.find()) {
      String expression = PLACEHOLDERS.get(placeholder.group());
      if (expression == null) {
        throw new IllegalArgumentException(placeholder.group() + " in: " + line);
      }
      result.append(Pattern.quote(line.substring(end, placeholder.start()))).append(expression);
      end = placeholder.end();
    }
    return result.append(Pattern.quote(line.substring(end))).toString();
  }
}

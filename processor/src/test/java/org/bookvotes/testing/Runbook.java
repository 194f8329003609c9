package org.bookvotes.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * {@code docs/runbook.md}: its chapters and the commands in them.
 *
 * @param chapters in order
 * @param blocks in order
 */
public record Runbook(List<String> chapters, List<Block> blocks) {

  private static final Path FILE = Path.of("..", "docs", "runbook.md");
  private static final Pattern HEADING = Pattern.compile("##+ +(.+)");
  private static final Pattern FENCE = Pattern.compile("```+ *(.*)");
  private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{(\\w+):\\?");
  private static final Pattern FUNCTION = Pattern.compile("^(\\w+)\\(\\)", Pattern.MULTILINE);
  private static final Pattern ASKED = Pattern.compile("^ask '([^']+)'$", Pattern.MULTILINE);

  /**
   * Commands in a fence.
   *
   * @param chapter heading that they stand under
   * @param line where they begin, from 1
   * @param kind what follows the fence
   */
  public record Block(String chapter, int line, String kind, String commands) {

    /** The names that who runs the block must set: {@code ${name:?what it is}}. */
    public List<String> placeholders() {
      return all(PLACEHOLDER, commands);
    }

    /** The functions that it defines. */
    public List<String> functions() {
      return all(FUNCTION, commands);
    }

    /** The expressions that it asks Prometheus for. */
    public List<String> asked() {
      return all(ASKED, commands);
    }

    private static List<String> all(Pattern pattern, String text) {
      return pattern.matcher(text).results().map(found -> found.group(1)).distinct().toList();
    }

    @Override
    public String toString() {
      return "runbook.md:" + line + " " + chapter;
    }
  }

  /** Reads the file. */
  public static Runbook read() {
    List<String> lines;
    try {
      lines = Files.readAllLines(FILE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<String> chapters = new ArrayList<>();
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      Matcher heading = HEADING.matcher(lines.get(i));
      Matcher fence = FENCE.matcher(lines.get(i));
      if (heading.matches()) {
        chapters.add(heading.group(1));
      } else if (fence.matches()) {
        int end = i + 1;
        while (!lines.get(end).startsWith("```")) {
          end++;
        }
        String commands =
            lines.subList(i + 1, end).stream().collect(Collectors.joining("\n", "", "\n"));
        blocks.add(
            new Block(
                chapters.isEmpty() ? "" : chapters.getLast(), i + 2, fence.group(1), commands));
        i = end;
      }
    }
    return new Runbook(List.copyOf(chapters), List.copyOf(blocks));
  }

  /** What a link to the chapter ends with, on GitHub and its like. */
  public List<String> anchors() {
    return chapters.stream()
        .map(
            chapter ->
                chapter.toLowerCase(Locale.ROOT).replaceAll("[^\\w\\- ]", "").replace(' ', '-'))
        .toList();
  }
}

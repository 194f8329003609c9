package org.bookvotes.tutorial;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text in Markdown whose blocks of {@code sql} are each followed by a block of {@code text} with
 * what psql prints. Immutable.
 */
final class Tutorial {

  private static final Pattern FENCE = Pattern.compile("```(\\w*)");
  private static final Pattern SESSION = Pattern.compile("-- session (\\d+)");
  private static final Pattern SERVER_SETTING = Pattern.compile("-c (\\w+=\\S+)");

  private final List<String> lines;
  private final List<Step> steps;
  private final List<String> serverSettings;

  private Tutorial(List<String> lines, List<Step> steps, List<String> serverSettings) {
    this.lines = lines;
    this.steps = steps;
    this.serverSettings = serverSettings;
  }

  /**
   * What is typed at once, and what comes of it.
   *
   * @param line of the first line that is typed, from 1
   * @param session who types it: the number of a line {@code -- session 2}, if it begins with one,
   *     else 1
   * @param typed as it stands there
   * @param outputLine of the first line of output, from 1
   * @param output as it stands there
   */
  record Step(int line, int session, List<String> typed, int outputLine, List<String> output) {

    /** Whether it does nothing but read views that show what happens with some delay. */
    boolean isLook() {
      String sql = String.join("\n", typed).replaceFirst("^-- session \\d+\\n", "");
      return sql.startsWith("SELECT")
          && sql.contains("pg_stat_")
          && !sql.contains("\\")
          && sql.indexOf(';') == sql.lastIndexOf(';');
    }
  }

  private record Block(String language, int line, List<String> content) {}

  /**
   * Takes {@code markdown} apart.
   *
   * @throws IllegalArgumentException if something is typed and no output follows before the next
   *     block, or the other way round
   */
  static Tutorial parse(String markdown) {
    List<String> lines = markdown.lines().toList();
    List<Step> steps = new ArrayList<>();
    List<String> serverSettings = new ArrayList<>();
    List<Block> blocks = blocks(lines);
    for (int i = 0; i < blocks.size(); i++) {
      Block block = blocks.get(i);
      switch (block.language()) {
        case "sql" -> {
          if (i + 1 == blocks.size() || !blocks.get(i + 1).language().equals("text")) {
            throw malformed(block.line(), "no output follows what is typed");
          }
          steps.add(step(block, blocks.get(++i)));
        }
        case "text" -> throw malformed(block.line(), "output of nothing that is typed");
        case "sh" -> {
          Matcher setting = SERVER_SETTING.matcher(String.join("\n", block.content()));
          while (setting.find()) {
            serverSettings.add(setting.group(1));
          }
        }
        default -> throw malformed(block.line(), "a block of neither sql nor text nor sh");
      }
    }
    return new Tutorial(lines, List.copyOf(steps), List.copyOf(serverSettings));
  }

  /** What is typed, in order. */
  List<Step> steps() {
    return steps;
  }

  /** What the blocks of {@code sh} give a server by {@code -c name=value}. */
  List<String> serverSettings() {
    return serverSettings;
  }

  /**
   * The same text with other output.
   *
   * @param outputs of the first steps, the others keep what they have
   */
  String withOutputs(List<List<String>> outputs) {
    List<String> result = new ArrayList<>();
    int next = 0;
    for (int i = 0; i < outputs.size(); i++) {
      Step step = steps.get(i);
      result.addAll(lines.subList(next, step.outputLine() - 1));
      result.addAll(outputs.get(i));
      next = step.outputLine() - 1 + step.output().size();
    }
    result.addAll(lines.subList(next, lines.size()));
    return String.join("\n", result) + "\n";
  }

  private static Step step(Block typed, Block output) {
    if (typed.content().isEmpty() || output.content().isEmpty()) {
      throw malformed(typed.line(), "nothing is typed, or nothing comes of it");
    }
    Matcher session = SESSION.matcher(typed.content().getFirst());
    return new Step(
        typed.line(),
        session.matches() ? Integer.parseInt(session.group(1)) : 1,
        typed.content(),
        output.line(),
        output.content());
  }

  private static List<Block> blocks(List<String> lines) {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      Matcher fence = FENCE.matcher(lines.get(i));
      if (!fence.matches()) {
        continue;
      }
      int first = i + 1;
      int end = first;
      while (end < lines.size() && !lines.get(end).equals("```")) {
        end++;
      }
      if (end == lines.size()) {
        throw malformed(i + 1, "a block that does not end");
      }
      blocks.add(new Block(fence.group(1), first + 1, lines.subList(first, end)));
      i = end;
    }
    return blocks;
  }

  private static IllegalArgumentException malformed(int line, String problem) {
    return new IllegalArgumentException("line " + line + ": " + problem);
  }
}

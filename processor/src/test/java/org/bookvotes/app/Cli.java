package org.bookvotes.app;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * A command as a user runs it, in this JVM.
 *
 * @param exitCode what it ended with
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error, logs left out
 */
record Cli(int exitCode, String out, String err) {

  /**
   * Runs a command with those of {@code settings} that it knows, as flags. If it has commands of
   * its own, the first of {@code args} names one.
   */
  static Cli run(Map<Setting, String> settings, String command, String... args) {
    CommandLine commandLine = Main.commandLine();
    CommandLine subcommand = commandLine.getSubcommands().get(command);
    if (subcommand == null) {
      throw new IllegalArgumentException("no such command: " + command);
    }
    List<String> all = new ArrayList<>(List.of(command));
    int nextArg = 0;
    while (nextArg < args.length && subcommand.getSubcommands().containsKey(args[nextArg])) {
      subcommand = subcommand.getSubcommands().get(args[nextArg]);
      all.add(args[nextArg++]);
    }
    CommandSpec spec = subcommand.getCommandSpec();
    settings.forEach(
        (setting, value) -> {
          if (spec.findOption(setting.flag()) != null) {
            all.add(setting.flag() + "=" + value);
          }
        });
    all.addAll(List.of(args).subList(nextArg, args.length));

    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    commandLine.setOut(new PrintWriter(out, true));
    commandLine.setErr(new PrintWriter(err, true));
    int exitCode = commandLine.execute(all.toArray(String[]::new));
    return new Cli(exitCode, out.toString(), err.toString());
  }

  /** The commands that {@code doctor} gives to be pasted at {@code place}. */
  List<String> fixes(String place) {
    List<String> fixes = new ArrayList<>();
    boolean there = false;
    for (String line : out.lines().toList()) {
      if (line.startsWith("      fix, ")) {
        there = line.equals("      fix, " + place + ":");
      } else if (there && line.startsWith("        ")) {
        fixes.add(line.strip());
      } else {
        there = false;
      }
    }
    return fixes;
  }

  /** The findings of {@code doctor} that are not as they should be. */
  List<String> problems() {
    return out.lines().filter(l -> l.startsWith("FAIL") || l.startsWith("warn")).toList();
  }
}

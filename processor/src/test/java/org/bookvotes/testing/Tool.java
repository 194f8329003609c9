package org.bookvotes.testing;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program that an example needs and this machine may have or not. Immutable.
 *
 * @param command how it is called; nothing if the example is a program itself
 * @param missing what is missing and how to get it, empty if it is there
 */
public record Tool(List<String> command, String missing) {

  private static final int TIMEOUT_SECONDS = 60;

  /** What came of a program. */
  private record Ended(int exitCode, String output) {}

  /** The Java that runs the tests. */
  public static Tool java() {
    return new Tool(
        List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()), "");
  }

  /** kcat, for scripts that call it. */
  public static Tool kcat() {
    Ended version = tryRun(List.of("kcat", "-V"));
    return new Tool(
        List.of(), version.exitCode() == 0 ? "" : "no kcat (Debian's package kcat): " + version);
  }

  /** A Python 3 that has the module: the one on the path, or the system's. */
  public static Tool pythonWith(String module) {
    for (String python : List.of("python3", "/usr/bin/python3")) {
      if (tryRun(List.of(python, "-c", "import " + module)).exitCode() == 0) {
        return new Tool(List.of(python), "");
      }
    }
    return new Tool(
        List.of(), "no Python 3 with " + module + " (Debian's package python3-confluent-kafka)");
  }

  /** A Node that can load the module in the folder. */
  public static Tool nodeWith(Path folder, String module) {
    if (!Files.isDirectory(folder.resolve("node_modules"))) {
      return new Tool(List.of(), "no modules in " + folder + " (npm ci)");
    }
    Ended load =
        run(
            folder,
            Map.of(),
            List.of("node", "--input-type=module", "--eval", "import '" + module + "'"));
    return new Tool(
        List.of("node"),
        load.exitCode() == 0 ? "" : "no Node that can load " + module + ": " + load);
  }

  /**
   * Runs the tool, or the example itself, in a folder.
   *
   * @throws IllegalStateException if it does not end with 0 in a minute
   */
  public void run(
      Path folder,
      Map<String, String> environment,
      List<String> arguments,
      List<String> moreArguments) {
    List<String> line = new ArrayList<>(command);
    line.addAll(arguments);
    line.addAll(moreArguments);
    if (command.isEmpty()) {
      line.set(0, folder.resolve(arguments.getFirst()).toString());
    }
    Ended ended = run(folder, environment, line);
    if (ended.exitCode() != 0) {
      throw new IllegalStateException(line + " ended with " + ended);
    }
  }

  private static Ended tryRun(List<String> line) {
    return run(Path.of("."), Map.of(), line);
  }

  private static Ended run(Path folder, Map<String, String> environment, List<String> line) {
    try {
      File output = File.createTempFile("bookvotes-example", ".log");
      try {
        ProcessBuilder builder =
            new ProcessBuilder(line)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output);
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        boolean ended = process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        if (!ended) {
          process.destroyForcibly().waitFor();
        }
        return new Ended(
            process.exitValue(), (ended ? "" : "timeout; ") + Files.readString(output.toPath()));
      } finally {
        Files.delete(output.toPath());
      }
    } catch (IOException e) {
      return new Ended(-1, e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while " + line + " ran", e);
    }
  }
}

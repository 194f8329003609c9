package org.bookvotes.chaos;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Runs the {@code docker} command. Thread-safe. */
final class Docker {

  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  private final Map<String, String> environment;
  private volatile @Nullable Thread ender;

  /**
   * @param environment variables for the command, beside those of this process
   */
  Docker(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /** From now on every command is refused but those on the calling thread. */
  void end() {
    ender = Thread.currentThread();
  }

  /**
   * Runs {@code docker arguments...} and returns what it printed on standard output.
   *
   * @throws FailedException if it exits with another code than 0
   */
  String run(String... arguments) {
    try {
      File output = File.createTempFile("chaos-docker", ".out");
      File errors = File.createTempFile("chaos-docker", ".err");
      try {
        int code = execute(output, errors, arguments);
        String printed = read(output);
        if (code != 0) {
          throw new FailedException(String.join(" ", arguments), code, read(errors).strip());
        }
        return printed;
      } finally {
        Files.deleteIfExists(output.toPath());
        Files.deleteIfExists(errors.toPath());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same with what it printed on standard error in between. */
  String runMixed(String... arguments) {
    try {
      File output = File.createTempFile("chaos-docker", ".log");
      try {
        runInto(output, arguments);
        return read(output);
      } finally {
        Files.deleteIfExists(output.toPath());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same, with all that it prints written to {@code file}. */
  void runInto(File file, String... arguments) {
    try {
      int code = execute(file, file, arguments);
      if (code != 0) {
        throw new FailedException(String.join(" ", arguments), code, "see " + file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int execute(File output, File errors, String... arguments) throws IOException {
    if (ender != null && !Thread.currentThread().equals(ender)) {
      throw new FailedException(String.join(" ", arguments), -1, "the run is being ended");
    }
    List<String> command = new ArrayList<>(List.of("docker"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(output);
    builder.environment().putAll(environment);
    if (errors.equals(output)) {
      builder.redirectErrorStream(true);
    } else {
      builder.redirectError(errors);
    }
    Process process = builder.start();
    try {
      process.getOutputStream().close();
      if (!process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new FailedException(String.join(" ", arguments), -1, "no end after " + TIMEOUT);
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for docker", e);
    }
  }

  private static String read(File file) throws IOException {
    return Files.readString(file.toPath(), StandardCharsets.UTF_8);
  }

  /** A command of docker did not do what it was asked to. */
  static final class FailedException extends RuntimeException {
    FailedException(String command, int code, String message) {
      super("docker " + command + " exits with " + code + ": " + message);
    }
  }
}

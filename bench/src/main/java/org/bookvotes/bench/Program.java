package org.bookvotes.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process of a contestant. Used by one thread. */
final class Program implements AutoCloseable {

  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(20);

  private final String name;
  private final Process process;
  private final Path output;
  private final long startNanos;

  private Program(String name, Process process, Path output, long startNanos) {
    this.name = name;
    this.process = process;
    this.output = output;
    this.startNanos = startNanos;
  }

  /**
   * Starts a JVM like the one that this runs in.
   *
   * @param arguments of {@code java}
   */
  static Program java(String name, Map<String, String> environment, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(arguments);
    Path output = Files.createTempFile("bookvotes-bench-", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().putAll(environment);
    long startNanos = System.nanoTime();
    return new Program(name, builder.start(), output, startNanos);
  }

  /** Time since the process was started. */
  Duration age() {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  /**
   * Nothing if it runs.
   *
   * @throws IllegalStateException with the end of its output if it has ended
   */
  void mustRun() throws IOException {
    if (!process.isAlive()) {
      throw new IllegalStateException(name + " ended with " + process.exitValue() + ":\n" + tail());
    }
  }

  /** Waits until it ends by itself. */
  void awaitEnd(Duration timeout) throws IOException, InterruptedException {
    if (!process.waitFor(timeout)) {
      throw new IllegalStateException(name + " runs on after " + timeout + ":\n" + tail());
    }
    if (process.exitValue() != 0) {
      throw new IllegalStateException(name + " ended with " + process.exitValue() + ":\n" + tail());
    }
  }

  /**
   * Waits until it has printed {@code text}.
   *
   * @throws IllegalStateException if it ended before, or took longer
   */
  void awaitOutput(String text, Duration timeout) throws IOException, InterruptedException {
    long deadlineNanos = System.nanoTime() + timeout.toNanos();
    while (!output().contains(text)) {
      if (!process.isAlive() && !output().contains(text)) {
        throw new IllegalStateException(name + " ended without '" + text + "':\n" + tail());
      }
      if (System.nanoTime() > deadlineNanos) {
        throw new IllegalStateException(name + " did not say '" + text + "':\n" + tail());
      }
      Thread.sleep(LOOK_INTERVAL);
    }
  }

  /** What it has printed. */
  String output() throws IOException {
    return Files.readString(output);
  }

  private String tail() throws IOException {
    List<String> lines = Files.readAllLines(output);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size()));
  }

  /** Processor time used until now, by all its threads. */
  Duration cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** Most memory that it held at once, in bytes, as the kernel counts it. */
  long peakMemoryBytes() throws IOException {
    return memoryBytes("VmHWM:");
  }

  /** Memory that it holds now, in bytes, as the kernel counts it. */
  long memoryBytes() throws IOException {
    return memoryBytes("VmRSS:");
  }

  private long memoryBytes(String line) throws IOException {
    for (String status : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (status.startsWith(line)) {
        return Long.parseLong(status.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    throw new IllegalStateException(name + " has no " + line + " it has ended");
  }

  /** How often its threads were put on a processor because something woke them. */
  long wakeUps() throws IOException {
    long sum = 0;
    try (var tasks = Files.list(Path.of("/proc/" + process.pid() + "/task"))) {
      for (Path task : tasks.toList()) {
        for (String line : Files.readAllLines(task.resolve("status"))) {
          if (line.startsWith("voluntary_ctxt_switches:")) {
            sum += Long.parseLong(line.replaceAll("[^0-9]", ""));
          }
        }
      }
    }
    return sum;
  }

  /** Ends it in order, by force if that takes too long. */
  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      if (!process.waitFor(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        process.waitFor(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    Files.deleteIfExists(output);
  }
}

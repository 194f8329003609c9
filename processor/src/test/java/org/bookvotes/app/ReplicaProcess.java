package org.bookvotes.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A replica in a JVM of its own, from the packaged jar: one that can be killed. */
final class ReplicaProcess implements Replica {

  private static final Pattern PORT = Pattern.compile("serving on port (\\d+)");
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);

  private final Process process;
  private final CompletableFuture<Integer> port = new CompletableFuture<>();
  private final List<String> log = Collections.synchronizedList(new ArrayList<>());

  private ReplicaProcess(Process process) {
    this.process = process;
    Thread.ofVirtual().start(this::readLog);
  }

  /** Starts {@code bookvotes run}. */
  static ReplicaProcess start(Map<Setting, String> settings) {
    return start(settings, List.of(), "run");
  }

  /**
   * Starts a command; one other than {@code run} has no port.
   *
   * @param jvmOptions such as {@code -Xmx256m}
   */
  static ReplicaProcess start(
      Map<Setting, String> settings, List<String> jvmOptions, String... command) {
    Path jar = Path.of("target", "bookvotes.jar");
    if (!Files.exists(jar)) {
      throw new IllegalStateException(
          jar.toAbsolutePath() + " is missing: these tests run after 'package'");
    }
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.add("-XX:TieredStopAtLevel=1");
    line.addAll(jvmOptions);
    line.addAll(List.of("-jar", jar.toString()));
    line.addAll(List.of(command));
    ProcessBuilder builder = new ProcessBuilder(line);
    settings.forEach((setting, value) -> builder.environment().put(setting.variable(), value));
    try {
      return new ReplicaProcess(builder.redirectErrorStream(true).start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void readLog() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        log.add(line);
        Matcher serving = PORT.matcher(line);
        if (serving.find()) {
          port.complete(Integer.valueOf(serving.group(1)));
        }
      }
    } catch (IOException e) {
      log.add("the log broke off: " + e);
    } finally {
      port.completeExceptionally(new IllegalStateException("ended before it served:\n" + log()));
    }
  }

  @Override
  public int port() {
    return port.orTimeout(60, TimeUnit.SECONDS).join();
  }

  /** Everything logged so far. */
  String log() {
    synchronized (log) {
      return String.join("\n", log);
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Ends the process at once, as the kernel does it (SIGKILL). */
  void kill() {
    process.destroyForcibly();
    awaitExit();
  }

  /** Asks the process to end (SIGTERM) and returns its exit code. */
  int terminate() {
    process.destroy();
    return awaitExit();
  }

  /** Process id. */
  long pid() {
    return process.pid();
  }

  /** Freezes the process (SIGSTOP): its connections stay open, nobody answers. */
  void freeze() {
    signal("STOP");
  }

  /** Lets a frozen process go on (SIGCONT). */
  void thaw() {
    signal("CONT");
  }

  private void signal(String name) {
    try {
      Process kill =
          new ProcessBuilder("kill", "-" + name, Long.toString(pid())).inheritIO().start();
      if (kill.waitFor() != 0) {
        throw new IllegalStateException("the signal " + name + " could not be sent");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Waits until the process has ended and returns its exit code. */
  int awaitExit() {
    try {
      if (!process.waitFor(STOP_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("the replica did not end in " + STOP_TIMEOUT + ":\n" + log());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      terminate();
    }
  }
}

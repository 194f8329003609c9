package org.bookvotes.chaos;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * One container of the stack. Thread-safe; that no two faults strike it at once is {@link
 * Targets}'s business.
 *
 * @param name that docker knows it by
 * @param service its name in the compose file
 * @param address in the stack's network
 */
record Container(Docker docker, String name, String service, String address) {

  /** Sends a signal to its first process, such as {@code KILL}. */
  void signal(String signal) {
    docker.run("kill", "--signal", signal, name);
  }

  /** Starts it again after it has ended. */
  void start() {
    docker.run("start", name);
  }

  /** Waits until it has ended; empty if it does not in time, else its exit code. */
  Optional<Integer> awaitEnd(Duration timeout) {
    Instant deadline = Instant.now().plus(timeout);
    while (isRunning()) {
      if (Instant.now().isAfter(deadline)) {
        return Optional.empty();
      }
      Thread.onSpinWait(); // Each look takes some ten milliseconds.
    }
    return Optional.of(
        Integer.valueOf(docker.run("inspect", "--format", "{{.State.ExitCode}}", name).strip()));
  }

  boolean isRunning() {
    return docker.run("inspect", "--format", "{{.State.Running}}", name).strip().equals("true");
  }

  /** When it was started last. */
  Instant startedAt() {
    return Instant.parse(docker.run("inspect", "--format", "{{.State.StartedAt}}", name).strip());
  }

  /** What it has logged since then. */
  String logSince(Instant time) {
    return docker.runMixed("logs", "--since", time.toString(), name);
  }

  /** Runs a command in it and returns what that printed. */
  String execute(String... command) {
    String[] arguments = new String[command.length + 2];
    arguments[0] = "exec";
    arguments[1] = name;
    System.arraycopy(command, 0, arguments, 2, command.length);
    return docker.run(arguments);
  }
}

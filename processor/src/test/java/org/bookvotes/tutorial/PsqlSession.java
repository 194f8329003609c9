package org.bookvotes.tutorial;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.model.Frame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.testcontainers.postgresql.PostgreSQLContainer;

/**
 * A psql that runs beside its server, in the same container, and is typed into. Used by one thread.
 */
final class PsqlSession implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final PipedOutputStream keyboard = new PipedOutputStream();
  private final Screen screen = new Screen();
  private int inputCount;

  private PsqlSession() {}

  /** Starts psql as the server's user in its database. The caller closes it. */
  static PsqlSession open(PostgreSQLContainer server) {
    PsqlSession session = new PsqlSession();
    DockerClient docker = server.getDockerClient();
    // Errors and results in the order in which they come: one stream, a line at a time.
    String psql =
        docker
            .execCreateCmd(server.getContainerId())
            .withAttachStdin(true)
            .withAttachStdout(true)
            .withAttachStderr(true)
            .withCmd(
                "sh",
                "-c",
                "exec stdbuf --output=L psql --no-psqlrc --username \"$1\" --dbname \"$2\" 2>&1",
                "psql",
                server.getUsername(),
                server.getDatabaseName())
            .exec()
            .getId();
    try {
      docker
          .execStartCmd(psql)
          .withStdIn(new PipedInputStream(session.keyboard))
          .exec(session.screen);
    } catch (IOException e) {
      throw new IllegalStateException("psql cannot be started", e);
    }
    return session;
  }

  /**
   * Types lines and returns those that psql prints until it has done all of it.
   *
   * @throws IllegalStateException if that takes minutes, or psql ends
   */
  List<String> type(List<String> lines) {
    String end = "end of input " + ++inputCount;
    try {
      keyboard.write(
          (String.join("\n", lines) + "\n\\echo " + end + "\n").getBytes(StandardCharsets.UTF_8));
      keyboard.flush();
    } catch (IOException e) {
      throw new IllegalStateException("psql has ended", e);
    }
    return screen.linesUntil(end);
  }

  /** Ends psql. */
  @Override
  public void close() throws IOException {
    keyboard.close();
    screen.close();
  }

  /** What psql prints, line by line. Written by the client's thread, read by the session's. */
  private static final class Screen extends ResultCallback.Adapter<Frame> {

    /** Stands after the last line; psql prints no line feed within a line. */
    private static final String ENDED = "\n";

    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    @Override
    public void onNext(Frame frame) {
      for (byte b : frame.getPayload()) {
        if (b == '\n') {
          lines.add(line.toString(StandardCharsets.UTF_8));
          line.reset();
        } else {
          line.write(b);
        }
      }
    }

    @Override
    public void onComplete() {
      lines.add(ENDED);
      super.onComplete();
    }

    @Override
    public void onError(Throwable throwable) {
      lines.add(ENDED);
      super.onError(throwable);
    }

    List<String> linesUntil(String end) {
      List<String> result = new ArrayList<>();
      while (true) {
        String next;
        try {
          next = lines.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IllegalStateException("interrupted", e);
        }
        if (next == null || next.equals(ENDED)) {
          throw new IllegalStateException(
              "psql " + (next == null ? "says no more" : "has ended") + " after " + result);
        }
        if (next.equals(end)) {
          return result;
        }
        result.add(next);
      }
    }
  }
}

package org.bookvotes.bench;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.bookvotes.postgres.SqlFile;
import org.jspecify.annotations.Nullable;

/**
 * Looks every few seconds what the server and the processor have grown to, on a thread of its own.
 * Made, ended and read by another one.
 */
final class SoakWatch implements AutoCloseable {

  private static final SqlFile LOOK = SqlFile.of(SoakWatch.class, "soak_look.sql");

  /**
   * What was seen at one moment. Sizes are in MB.
   *
   * @param seconds since the beginning
   * @param staleBooks number of marks
   * @param deadRows that a vacuum of the books could remove, as the server estimates
   * @param walMegabytes written since the server was made
   * @param counted votes
   * @param memory that the processor holds (RSS)
   */
  record Look(
      double seconds,
      double heap,
      double index,
      double staleHeap,
      double staleBooks,
      double deadRows,
      double walMegabytes,
      double counted,
      double memory) {}

  private final Connection connection;
  private final Program program;
  private final Duration interval;
  private final long startNanos = System.nanoTime();
  private final CountDownLatch stop = new CountDownLatch(1);
  // Written by the thread, read when it has ended.
  private final List<Look> looks = new ArrayList<>();
  private final FutureTask<@Nullable Void> task = new FutureTask<>(this::watch);

  private SoakWatch(Connection connection, Program program, Duration interval) {
    this.connection = connection;
    this.program = program;
    this.interval = interval;
  }

  static SoakWatch start(PostgresServer postgres, Program program, Duration interval)
      throws SQLException {
    SoakWatch watch = new SoakWatch(postgres.connect(), program, interval);
    Thread.ofPlatform().name("soak-watch").daemon().start(watch.task);
    return watch;
  }

  private @Nullable Void watch() throws SQLException, IOException, InterruptedException {
    try (PreparedStatement statement = LOOK.prepare(connection)) {
      do {
        looks.add(look(statement));
      } while (!stop.await(interval.toNanos(), TimeUnit.NANOSECONDS));
    }
    return null;
  }

  private Look look(PreparedStatement statement) throws SQLException, IOException {
    try (ResultSet row = statement.executeQuery()) {
      row.next();
      return new Look(
          (System.nanoTime() - startNanos) / 1e9,
          row.getDouble("heap") / 1e6,
          row.getDouble("index") / 1e6,
          row.getDouble("stale_heap") / 1e6,
          row.getDouble("stale_books"),
          row.getDouble("dead_rows"),
          row.getDouble("wal") / 1e6,
          row.getDouble("counted"),
          program.memoryBytes() / 1e6);
    }
  }

  /** Ends the watch, and returns all that it saw. */
  List<Look> end() throws ExecutionException, InterruptedException {
    stop.countDown();
    task.get();
    return List.copyOf(looks);
  }

  /** One value of each look, as a line. */
  static Plot.Series series(String name, List<Look> looks, ToDoubleFunction<Look> value) {
    return new Plot.Series(
        name,
        looks.stream()
            .map(look -> new Plot.Point(look.seconds(), value.applyAsDouble(look)))
            .toList());
  }

  /** Growth a second between neighbouring looks, as a line. */
  static Plot.Series rate(String name, List<Look> looks, ToDoubleFunction<Look> value) {
    List<Plot.Point> points = new ArrayList<>();
    for (int i = 1; i < looks.size(); i++) {
      Look from = looks.get(i - 1);
      Look to = looks.get(i);
      double growth = value.applyAsDouble(to) - value.applyAsDouble(from);
      points.add(new Plot.Point(to.seconds(), growth / (to.seconds() - from.seconds())));
    }
    return new Plot.Series(name, points);
  }

  /** What a look says, for people. */
  static String describe(Look look) {
    return String.format(
        Locale.ROOT,
        "heap %,.0f MB, %,.0f stale, %,.0f dead rows, RSS %,.0f MB",
        look.heap(),
        look.staleBooks(),
        look.deadRows(),
        look.memory());
  }

  @Override
  public void close() throws SQLException {
    stop.countDown();
    connection.close();
  }
}

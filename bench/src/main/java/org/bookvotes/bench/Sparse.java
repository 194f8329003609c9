package org.bookvotes.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bookvotes.postgres.SqlFile;
import org.bookvotes.workers.WorkerCommand;

/** The same number of stale books, in a large table and in a small one. */
final class Sparse implements Benchmark {

  private static final SqlFile VOTE = SqlFile.of(Sparse.class, "vote_for_books.sql");

  private static final int STALE = 100_000;
  private static final int FEW = 200_000;
  private static final int MANY = 10_000_000;
  private static final WorkerCommand.Recalculate COMMAND =
      new WorkerCommand.Recalculate(1000, Duration.ofMinutes(30));

  private static final Metric TIME = new Metric("time", "s");
  private static final Metric TIME_A_BOOK = new Metric("time a stale book", "µs");
  private static final Metric SERVER_CPU = new Metric("server's processor time", "s");
  private static final Metric WAL = new Metric("WAL", "MB");

  @Override
  public String name() {
    return "sparse";
  }

  @Override
  public String title() {
    return "A few stale books among many";
  }

  @Override
  public Result run(Options options) throws Exception {
    int stale = options.scaled(STALE);
    List<Row> rows;
    try (BenchNetwork network = new BenchNetwork();
        PostgresServer server = PostgresServer.start(network);
        WorkerSession worker = new WorkerSession(server)) {
      BookTable table = BookTable.migrate(server, options.root());
      rows =
          Rounds.inTurn(
              options.rounds(),
              List.of(
                  contestant(server, worker, table, options.scaled(FEW), stale),
                  contestant(server, worker, table, options.scaled(MANY), stale)),
              options.log());
    }
    Figure slower = rows.get(1).figure(TIME).over(rows.get(0).figure(TIME));
    Map<String, String> settings = new LinkedHashMap<>(PostgresServer.SETTINGS);
    settings.put("batch", COMMAND.batchSize() + " books");
    settings.put("workers", "1");
    return new Result(
        name(),
        title(),
        options.scale(),
        settings,
        List.of(new Result.Table("", rows)),
        List.of(Goal.atMost(1.5, "time among 10,000,000 books to time among 200,000", slower)),
        List.of(),
        List.of(
            "One worker from slot to release. The stale books are chosen by chance; a vote for each and"
                + " its mark come after a CHECKPOINT and are not in the time, so that the pages were"
                + " written to before, as they are when votes make books stale."));
  }

  private static Contestant contestant(
      PostgresServer server, WorkerSession worker, BookTable table, int books, int stale) {
    return new Contestant(
        String.format(Locale.ROOT, "%,d stale of %,d", stale, books),
        () -> {
          table.fill(books);
          vote(server, stale);
          String began = table.now();
          double walBytes = server.walBytes();
          Duration cpu = server.cpu();
          long startNanos = System.nanoTime();
          long recalculated = worker.recalculate(COMMAND);
          double seconds = (System.nanoTime() - startNanos) / 1e9;
          Map<Metric, Double> measured = new LinkedHashMap<>();
          measured.put(TIME, seconds);
          measured.put(TIME_A_BOOK, seconds / stale * 1e6);
          measured.put(SERVER_CPU, server.cpu().minus(cpu).toNanos() / 1e9);
          measured.put(WAL, (server.walBytes() - walBytes) / 1e6);
          if (recalculated != stale || table.rated(began) != stale) {
            throw new IllegalStateException(
                recalculated + " of " + stale + " stale books were rated");
          }
          return measured;
        });
  }

  private static void vote(PostgresServer server, int stale) throws SQLException {
    try (Connection connection = server.connect();
        PreparedStatement statement = VOTE.prepare(connection)) {
      statement.setInt(1, stale);
      statement.execute();
    }
  }
}

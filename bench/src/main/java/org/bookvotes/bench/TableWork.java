package org.bookvotes.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bookvotes.postgres.SqlFile;

/** Measures what work on a whole table of books costs and leaves behind. Used by one thread. */
final class TableWork {

  static final Metric TIME = new Metric("time", "s");
  static final Metric TIME_A_BOOK = new Metric("time a book", "µs");
  static final Metric RATED = new Metric("books done", "%");
  static final Metric WAL = new Metric("WAL", "MB");
  static final Metric HEAP = new Metric("heap", "×");
  static final Metric INDEX = new Metric("index", "×");
  static final Metric DEAD = new Metric("dead rows left", "");
  static final Metric HOT = new Metric("HOT updates", "%");
  static final Metric SERVER_CPU = new Metric("server's processor time", "s");

  private static final SqlFile STATE = SqlFile.of(TableWork.class, "table_state.sql");

  private final PostgresServer server;
  private final BookTable table;

  /** Needs the extension pgstattuple, which it makes. */
  TableWork(PostgresServer server, BookTable table) throws SQLException {
    this.server = server;
    this.table = table;
    server.execute("CREATE EXTENSION IF NOT EXISTS pgstattuple");
  }

  /** Does the work and returns what else it has measured. */
  @FunctionalInterface
  interface Work {
    Map<Metric, Double> run() throws Exception;
  }

  private record State(double heap, double indexes, double updates, double hot) {}

  /**
   * Fills the table anew and does the work once.
   *
   * @param mayBeCutOff whether the work may leave books as they were
   * @throws IllegalStateException if it left a wrong rating, or books as they were
   */
  Map<Metric, Double> measure(int books, boolean mayBeCutOff, Work work) throws Exception {
    table.fill(books);
    State before = state();
    String began = table.now();
    double walBytes = server.walBytes();
    Duration cpu = server.cpu();
    long startNanos = System.nanoTime();
    Map<Metric, Double> more = work.run();
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    double serverSeconds = server.cpu().minus(cpu).toNanos() / 1e9;
    walBytes = server.walBytes() - walBytes;
    State after = state();
    // Before anybody reads the table, which clears pages.
    double dead = server.number("SELECT dead_tuple_count FROM pgstattuple('books')");

    long rated = table.rated(began);
    if (rated != books && !mayBeCutOff) {
      throw new IllegalStateException(rated + " of " + books + " books were rated");
    }
    Map<Metric, Double> measured = new LinkedHashMap<>();
    measured.put(TIME, seconds);
    measured.putAll(more);
    measured.put(TIME_A_BOOK, seconds / rated * 1e6);
    measured.put(RATED, 100.0 * rated / books);
    measured.put(SERVER_CPU, serverSeconds);
    measured.put(WAL, walBytes / 1e6);
    measured.put(HEAP, after.heap() / before.heap());
    measured.put(INDEX, after.indexes() / before.indexes());
    measured.put(HOT, 100 * (after.hot() - before.hot()) / (after.updates() - before.updates()));
    measured.put(DEAD, dead);
    return measured;
  }

  private State state() throws SQLException {
    try (Connection connection = server.connect();
        PreparedStatement statement = STATE.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return new State(
          row.getDouble("heap"),
          row.getDouble("indexes"),
          row.getDouble("updates"),
          row.getDouble("hot"));
    }
  }
}

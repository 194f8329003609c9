package org.bookvotes.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.bookvotes.postgres.SqlFile;

/** Makes the peers of one pair of servers. Used by one thread. */
final class IngestPeers implements AutoCloseable {

  /** Of every JVM that is compared: nobody gains by taking more of the machine's memory. */
  static final List<String> JVM = List.of("-Xms1g", "-Xmx1g");

  private static final SqlFile OFFSETS_MARK = SqlFile.of(IngestPeers.class, "offsets_mark.sql");
  private static final SqlFile EVENTS_MARK = SqlFile.of(IngestPeers.class, "events_mark.sql");

  private final Servers servers;
  private final Path root;
  // One for all looks: connecting costs the server more than the look does.
  private final Connection watch;

  IngestPeers(Servers servers, Path root) throws SQLException {
    this.servers = servers;
    this.root = root;
    this.watch = servers.postgres().connect();
  }

  /** Ingest alone: like its peers it recalculates nothing. */
  IngestPeer ingestOnly() {
    return new IngestPeer(
        "Bookvotes, ingest only",
        group -> program("ingest", IngestOnly.class, group),
        program -> mark(OFFSETS_MARK),
        program -> VoteTotals.ofBooks(servers.postgres()));
  }

  /** The whole of it, as shipped: ratings are recalculated while votes come in. */
  IngestPeer whole() {
    return new IngestPeer(
        "Bookvotes, ratings too",
        group -> servers.bookvotes().run(group, JVM).program(),
        program -> mark(OFFSETS_MARK),
        program -> VoteTotals.ofBooks(servers.postgres()),
        Optional.of(
            program ->
                servers.postgres().number("SELECT count(*) FROM bookvotes.stale_books") == 0));
  }

  /** Debezium's JDBC sink: a row an event. */
  IngestPeer debezium(int tasks) {
    DebeziumSink sink = new DebeziumSink(servers, root, tasks);
    QuietWal quiet = new QuietWal(watch);
    return new IngestPeer(
        "Debezium JDBC sink, " + tasks + (tasks == 1 ? " task" : " tasks"),
        group -> {
          quiet.begin();
          return sink.start(group);
        },
        // The table is counted while it is all but empty, and then no more until nobody writes.
        program -> quiet.look(() -> mark(EVENTS_MARK)),
        program -> sink.counted());
  }

  /** A consumer with an update an event, so many in a transaction. */
  IngestPeer handWritten(int eventsPerTransaction) {
    return new IngestPeer(
        String.format(Locale.ROOT, "hand-written, %,d a transaction", eventsPerTransaction),
        group -> program("hand-written", HandWritten.class, group, "" + eventsPerTransaction),
        program -> Mark.last(program.output()),
        program -> VoteTotals.ofBooks(servers.postgres()));
  }

  /** What cannot be outrun by a consumer in one thread: no database at all. */
  IngestPeer decodeOnly() {
    return new IngestPeer(
        "the limit: decode, write nothing",
        group -> program("decode", VoteReader.class, group),
        program -> Mark.last(program.output()),
        program -> Mark.totals(program.output()));
  }

  private Program program(String name, Class<?> main, String group, String... more)
      throws IOException {
    List<String> arguments = new ArrayList<>(JVM);
    Path jar = root.resolve("bench/target/bookvotes-bench.jar");
    arguments.addAll(List.of("-cp", jar.toString(), main.getName()));
    arguments.addAll(List.of(servers.kafka().bootstrapServers(), group));
    arguments.addAll(List.of(more));
    return Program.java(name, servers.postgres().environment(), arguments);
  }

  private Mark mark(SqlFile query) throws SQLException {
    try (PreparedStatement statement = query.prepare(watch);
        ResultSet row = statement.executeQuery()) {
      row.next();
      long events = row.getLong("events");
      return events == 0 ? Mark.NONE : new Mark(row.getTimestamp("at").toInstant(), events);
    }
  }

  @Override
  public void close() throws SQLException {
    watch.close();
  }
}

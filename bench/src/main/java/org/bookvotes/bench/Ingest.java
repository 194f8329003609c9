package org.bookvotes.bench;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bookvotes.postgres.SqlFile;

/** How fast a topic full of votes gets into the database, and at what cost. */
final class Ingest implements Benchmark {

  private static final int VOTES = 2_000_000;
  private static final int BOOKS = 100_000;
  private static final SqlFile VOTE_EVENTS = SqlFile.of(Ingest.class, "vote_events.sql");

  @Override
  public String name() {
    return "ingest";
  }

  @Override
  public String title() {
    return "Votes from Kafka into PostgreSQL, beside Debezium's JDBC sink and a hand-written consumer";
  }

  @Override
  public Result run(Options options) throws Exception {
    int votes = options.scaled(VOTES);
    int books = options.scaled(BOOKS);
    try (Servers servers = Servers.start(options.root(), Map.of());
        IngestPeers peers = new IngestPeers(servers, options.root())) {
      makeEventTable(servers.postgres());
      VoteTotals expected = fill(servers, votes, books);
      options.log().say(String.format(Locale.ROOT, "  the topic has %,d votes", expected.events()));

      List<IngestPeer> debezium = List.of(peers.debezium(1), peers.debezium(2));
      List<IngestPeer> handWritten = List.of(peers.handWritten(500), peers.handWritten(5000));
      List<IngestPeer> all = new ArrayList<>(List.of(peers.ingestOnly(), peers.whole()));
      all.addAll(debezium);
      all.addAll(handWritten);
      all.add(peers.decodeOnly());
      IngestAttempt attempt = new IngestAttempt(servers, expected, books);
      List<Row> rows =
          Rounds.inTurn(
              options.rounds(), all.stream().map(attempt::contestant).toList(), options.log());

      Figure own = rows.getFirst().figure(IngestAttempt.RATE);
      return new Result(
          name(),
          title(),
          options.scale(),
          settings(votes, books),
          List.of(new Result.Table("", rows)),
          List.of(
              Goal.atLeast(
                  3, "ingest only, over the best of Debezium's", own.over(best(rows, debezium))),
              Goal.atLeast(
                  10, "ingest only, over the best hand-written", own.over(best(rows, handWritten))),
              Goal.atLeast(
                  0.5,
                  "ingest only, over the limit",
                  own.over(rows.getLast().figure(IngestAttempt.RATE)))),
          List.of(),
          NOTES);
    }
  }

  private static void makeEventTable(PostgresServer postgres) throws SQLException {
    try (Connection connection = postgres.connect();
        PreparedStatement statement = VOTE_EVENTS.prepare(connection)) {
      statement.execute();
    }
  }

  /** Fills the topic, and reads it once to know what everybody must come to. */
  private static VoteTotals fill(Servers servers, int votes, int books)
      throws IOException, InterruptedException {
    try (Program produce = servers.bookvotes().produce(votes, books, 0)) {
      long sent = Bookvotes.awaitSent(produce);
      return VoteReader.totals(servers.kafka().bootstrapServers(), "bench-fill", sent);
    }
  }

  private static Figure best(List<Row> rows, List<IngestPeer> peers) {
    List<String> names = peers.stream().map(IngestPeer::name).toList();
    return rows.stream()
        .filter(row -> names.contains(row.contestant()))
        .map(row -> row.figure(IngestAttempt.RATE))
        .max(Comparator.comparingDouble(Figure::median))
        .orElseThrow();
  }

  private static Map<String, String> settings(int votes, int books) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put(
        "votes",
        String.format(
            Locale.ROOT,
            "%,d over %,d books, Zipf with exponent 1, in %d partitions, lz4",
            votes,
            books,
            Servers.PARTITIONS));
    settings.put("each JVM", String.join(" ", IngestPeers.JVM));
    settings.put("PostgreSQL", PostgresServer.SETTINGS.toString());
    settings.put("Debezium 3.5.0.Final", DebeziumSink.SETTINGS.toString());
    return settings;
  }

  private static final List<String> NOTES =
      List.of(
          "Events a second are those between the commit of a program's first transaction and the"
              + " commit of its last (of the program without a database: between the ends of its first"
              + " and its last poll), the events of the first left out. Commits are timed by the server"
              + " (track_commit_timestamp); the hand-written consumer and the limit tell their own"
              + " times.",
          "The program's processor time is taken over the same span. That of database and broker is"
              + " all that their containers use from the program's start to its end, and so is the"
              + " write-ahead log.",
          "After each run votes up, votes down and the sum over book ids in the database are compared"
              + " with the topic. A run that differs ends the benchmark without a result.",
          "Not the same work: Debezium writes a row an event, which somebody has to sum yet, at least"
              + " once; the hand-written consumer updates a row an event, at least once; Bookvotes counts"
              + " exactly once and marks the books whose ratings are to be recalculated. Only \"ratings"
              + " too\" recalculates; its last column tells how long that went on behind the last"
              + " vote.");
}

package org.bookvotes.bench;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Lets one peer consume the whole topic once, and measures it.
 *
 * <p>Time runs from the commit of its first transaction to the commit of its last, and the events
 * of the first do not count: neither the start of the JVM nor joining the group is part of it, for
 * anybody. Used by one thread.
 */
final class IngestAttempt {

  static final Metric RATE = new Metric("events a second", "");
  static final Metric PROGRAM_CPU = new Metric("processor time a million events, program", "s");
  static final Metric DATABASE_CPU = new Metric("database", "s");
  static final Metric BROKER_CPU = new Metric("broker", "s");
  static final Metric WAL = new Metric("write-ahead log an event", "bytes");
  static final Metric BEHIND = new Metric("done after the last event", "s");

  private static final Duration TIMEOUT = Duration.ofMinutes(15);
  private static final Duration FIRST_LOOKS = Duration.ofMillis(10);
  private static final Duration LATER_LOOKS = Duration.ofMillis(100);

  private final Servers servers;
  private final VoteTotals expected;
  private final int books;
  private int attempts;

  /**
   * @param expected what the events on the topic come to
   * @param books that they are for
   */
  IngestAttempt(Servers servers, VoteTotals expected, int books) {
    this.servers = servers;
    this.expected = expected;
    this.books = books;
  }

  Contestant contestant(IngestPeer peer) {
    return new Contestant(peer.name(), () -> run(peer));
  }

  private Map<Metric, Double> run(IngestPeer peer)
      throws IOException, SQLException, InterruptedException {
    reset();
    Duration databaseCpu = servers.postgres().cpu();
    Duration brokerCpu = servers.kafka().cpu();
    double wal = servers.postgres().walBytes();
    attempts++;
    try (Program program = peer.starter().start("bench-" + attempts)) {
      Mark first = await(peer, program, 1, FIRST_LOOKS);
      Duration programCpu = program.cpu();
      Mark last = await(peer, program, expected.events(), LATER_LOOKS);
      long lastNanos = System.nanoTime();
      while (peer.done().isPresent() && !peer.done().get().at(program)) {
        program.mustRun();
        Thread.sleep(LATER_LOOKS);
      }
      double behind = seconds(Duration.ofNanos(System.nanoTime() - lastNanos));
      Duration programUsed = program.cpu().minus(programCpu);
      wal = servers.postgres().walBytes() - wal;
      Duration databaseUsed = servers.postgres().cpu().minus(databaseCpu);
      Duration brokerUsed = servers.kafka().cpu().minus(brokerCpu);
      VoteTotals counted = peer.counted().at(program);
      if (!counted.equals(expected)) {
        throw new IllegalStateException(
            peer.name() + " counted " + counted + ", on the topic is " + expected);
      }
      double events = last.events() - first.events();
      double millions = expected.events() / 1e6;
      Map<Metric, Double> measured = new LinkedHashMap<>();
      measured.put(RATE, events / seconds(Duration.between(first.at(), last.at())));
      measured.put(PROGRAM_CPU, seconds(programUsed) / (events / 1e6));
      measured.put(DATABASE_CPU, seconds(databaseUsed) / millions);
      measured.put(BROKER_CPU, seconds(brokerUsed) / millions);
      measured.put(WAL, wal / expected.events());
      if (peer.done().isPresent()) {
        measured.put(BEHIND, behind);
      }
      return measured;
    }
  }

  private Mark await(IngestPeer peer, Program program, long events, Duration pause)
      throws IOException, SQLException, InterruptedException {
    long deadlineNanos = System.nanoTime() + TIMEOUT.toNanos();
    Mark mark = peer.mark().at(program);
    while (mark.events() < events) {
      program.mustRun();
      if (System.nanoTime() > deadlineNanos) {
        throw new IllegalStateException(
            peer.name()
                + " has come to "
                + mark.events()
                + " of "
                + expected.events()
                + " events in "
                + TIMEOUT
                + ":\n"
                + program.output());
      }
      Thread.sleep(pause);
      mark = peer.mark().at(program);
    }
    return mark;
  }

  /** The same beginning for everybody, with nothing left for the server to clean up. */
  private void reset() throws SQLException {
    servers
        .postgres()
        .execute(
            "TRUNCATE books, vote_events, bookvotes.stale_marks, bookvotes.stale_batches, bookvotes.partition_offsets, bookvotes.dead_letters",
            "INSERT INTO books (book_id, title) SELECT n, 'Book ' || n FROM generate_series(1, "
                + books
                + ") AS n",
            "VACUUM (ANALYZE) books",
            "CHECKPOINT");
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}

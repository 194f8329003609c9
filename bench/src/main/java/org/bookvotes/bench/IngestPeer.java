package org.bookvotes.bench;

import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;

/**
 * A program that consumes the topic of votes. Used by one thread.
 *
 * @param name as the tables have it
 * @param starter starts it
 * @param mark how far it has come; asked often, so that it must cost next to nothing
 * @param counted what its events come to, asked once when it has come to the end
 * @param done whether what it does behind the last event is done too; empty if it does nothing
 */
record IngestPeer(
    String name,
    Starter starter,
    Look<Mark> mark,
    Look<VoteTotals> counted,
    Optional<Look<Boolean>> done) {

  /** Of a peer that does nothing behind the last event. */
  IngestPeer(String name, Starter starter, Look<Mark> mark, Look<VoteTotals> counted) {
    this(name, starter, mark, counted, Optional.empty());
  }

  /** Starts the program with a consumer group that is new. */
  @FunctionalInterface
  interface Starter {
    Program start(String group) throws IOException;
  }

  /** A look at the program, or at the database that it writes to. */
  @FunctionalInterface
  interface Look<T> {
    T at(Program program) throws IOException, SQLException;
  }
}

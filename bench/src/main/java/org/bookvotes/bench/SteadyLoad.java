package org.bookvotes.bench;

import java.io.IOException;
import java.time.Duration;
import org.bookvotes.contracts.VoteTopics;

/** A producer that sends votes at a steady rate until it is closed. Used by one thread. */
final class SteadyLoad implements AutoCloseable {

  // More than can be sent: the producer is stopped.
  private static final long ENDLESS = 1_000_000_000L;
  private static final Duration REGISTER_TIMEOUT = Duration.ofMinutes(10);

  private final Servers servers;
  private final Program produce;
  private long sentBefore;
  private long beginNanos;

  private SteadyLoad(Servers servers, Program produce) {
    this.servers = servers;
    this.produce = produce;
  }

  /**
   * Starts it and returns when it sends.
   *
   * @param books that votes are sent for, by Zipf's law
   * @param votesPerSecond 0: as fast as possible
   */
  @SuppressWarnings("resource")
  static SteadyLoad start(Servers servers, int books, double votesPerSecond)
      throws IOException, InterruptedException {
    Program produce = servers.bookvotes().produce(ENDLESS, books, votesPerSecond);
    try {
      produce.awaitOutput("of them new", REGISTER_TIMEOUT);
    } catch (IOException | InterruptedException | RuntimeException e) {
      produce.close();
      throw e;
    }
    SteadyLoad load = new SteadyLoad(servers, produce);
    load.begin();
    return load;
  }

  /** From now on the rate is taken. */
  void begin() throws InterruptedException {
    sentBefore = servers.kafka().recordCount(VoteTopics.VOTES);
    beginNanos = System.nanoTime();
  }

  /** Votes a second since {@link #begin}, with those of everybody. */
  double rate() throws IOException, InterruptedException {
    produce.mustRun();
    long sent = servers.kafka().recordCount(VoteTopics.VOTES) - sentBefore;
    return sent / ((System.nanoTime() - beginNanos) / 1e9);
  }

  @Override
  public void close() throws IOException {
    produce.close();
  }
}

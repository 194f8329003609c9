package org.bookvotes.bench;

import java.time.Instant;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.bookvotes.contracts.MalformedVoteException;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteEventCodec;
import org.bookvotes.contracts.VoteRecord;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/** Reads and writes votes as JSON, many different ones. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class CodecBenchmark {

  private static final int VOTES = 10_000;
  private static final Headers NO_HEADERS = new RecordHeaders();

  private VoteEvent[] events = new VoteEvent[0];
  private byte[][] bodies = new byte[0][];

  /** The same votes each time. */
  @Setup
  public void draw() {
    SplittableRandom random = new SplittableRandom(1);
    events = new VoteEvent[VOTES];
    bodies = new byte[VOTES][];
    for (int i = 0; i < VOTES; i++) {
      events[i] =
          new VoteEvent(
              new UUID(random.nextLong(), random.nextLong()),
              1 + random.nextInt(100_000),
              random.nextInt(5) == 0 ? Vote.DOWN : Vote.UP,
              Instant.ofEpochSecond(1_767_225_600L + i, random.nextInt(1_000_000) * 1000L));
      bodies[i] = VoteEventCodec.encode(events[i]);
    }
  }

  /** JSON to events, as ingest reads records without headers. */
  @Benchmark
  @OperationsPerInvocation(VOTES)
  public void decode(Blackhole sink) throws MalformedVoteException {
    for (byte[] body : bodies) {
      sink.consume(VoteRecord.decode(NO_HEADERS, body));
    }
  }

  /** Events to JSON. */
  @Benchmark
  @OperationsPerInvocation(VOTES)
  public void encode(Blackhole sink) {
    for (VoteEvent event : events) {
      sink.consume(VoteEventCodec.encode(event));
    }
  }
}

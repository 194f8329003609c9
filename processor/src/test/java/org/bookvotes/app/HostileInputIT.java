package org.bookvotes.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteEventCodec;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.testing.DeadLetterAudit;
import org.bookvotes.testing.HostileRecords;
import org.bookvotes.testing.HostileRecords.Hostile;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A replica with little memory, and somebody who writes to its topic what he likes. The seed can be
 * given: {@code -Dbookvotes.hostile.seed=N}.
 */
class HostileInputIT {

  private static final Logger LOG = LoggerFactory.getLogger(HostileInputIT.class);

  private static final long SEED = Long.getLong("bookvotes.hostile.seed", 57_721_566L);
  private static final int HOSTILE = Integer.getInteger("bookvotes.hostile.records", 200_000);
  private static final int PARTITIONS = 4;
  private static final int BOOKS = 200;
  private static final int MIB = 1 << 20;
  private static final int LARGEST = 10 * MIB;
  // A gzip batch of a few hundred KiB that holds more than the replica's memory.
  private static final int COMPRESSIBLE = 320;

  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\u2028\u2029&&[^\\n\\t]]");
  private static final Pattern ENOUGH =
      Pattern.compile("set max.message.bytes of that topic to at least (\\d+)");

  private final Random random = new Random(SEED);
  private final HostileRecords hostile = new HostileRecords(SEED, BOOKS);
  private final DeadLetterAudit audit = new DeadLetterAudit();

  @Test
  void countsTheGoodVotesAndPutsAllElseAsideInLittleMemory() throws Exception {
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(PARTITIONS)) {
      database.insertBooks(BOOKS);
      topics.setMaxMessageBytes(topics.votes(), LARGEST + MIB);
      topics.setMaxMessageBytes(topics.deadLetters(), LARGEST + 2 * MIB);
      Tally tally = new Tally(SEED, BOOKS);
      LOG.info("seed {}: {} hostile records", SEED, HOSTILE);
      sendAll(topics, tally);
      sendCompressible(topics);

      try (ReplicaProcess replica =
          ReplicaProcess.start(Replica.settings(database, topics), List.of("-Xmx256m"), "run")) {
        tally.awaitRated(database, topics);

        long twice = audit.assertComplete(topics, topics.deadLetters());
        assertThat(replica.metric("bookvotes_dead_letters_total{reason=\"malformed\"}"))
            .isGreaterThan(HOSTILE / 2.0);
        String metrics = replica.get("/metrics").body();
        LOG.info(
            "{} dead letters, {} of them twice, heap {} of {} MiB used",
            audit.size(),
            twice,
            heapMib(metrics, "jvm_memory_used_bytes"),
            heapMib(metrics, "jvm_memory_max_bytes"));
        assertThat(heapMib(metrics, "jvm_memory_max_bytes")).isLessThanOrEqualTo(256);
        assertThat(metrics)
            .as("both Kafka clients")
            .containsPattern("kafka_consumer_fetch_manager_records_consumed_total\\{")
            .containsPattern(
                "kafka_producer_record_send_total\\{client_id=\"bookvotes-dead-letters\"");

        assertThat(replica.isAlive()).isTrue();
        assertThat(replica.terminate()).as(replica.log()).isZero();
        assertThat(replica.log()).doesNotContain("OutOfMemoryError", "ERROR");
        assertNoForgery(replica.log());
      }
    }
  }

  @Test
  void tellsHowToGoOnWhenADeadLetterIsTooLargeForItsTopicAndGoesOn() throws Exception {
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(1)) {
      database.insertBooks(BOOKS);
      topics.setMaxMessageBytes(topics.votes(), 4 * MIB);
      Tally tally = new Tally(SEED, BOOKS);
      Map<Setting, String> settings = Replica.settings(database, topics);
      settings.put(Setting.LOG_LEVEL, "debug");

      try (KafkaProducer<byte[], byte[]> producer = producer(topics, 16 << 10, "none");
          ReplicaProcess replica = ReplicaProcess.start(settings, List.of("-Xmx256m"), "run")) {
        List<Sent> sent = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
          topics.sendVotes(i % 100 == 0 ? tally.cast(100) : List.of());
          sent.add(send(hostile.next(), topics, 0, producer));
        }
        expectAll(sent);
        tally.awaitCounted(database, topics);
        Sent tooLarge = send(hostile.large(3 * MIB), topics, 0, producer);
        expectAll(List.of(tooLarge));
        RecordMetadata large = await(tooLarge.acknowledged());
        topics.sendVotes(tally.cast(100));

        Awaitility.await("tells how to go on")
            .atMost(Duration.ofSeconds(30))
            .until(() -> ENOUGH.matcher(replica.log()).find());
        assertThat(replica.log())
            .containsPattern(
                "WARN .*the event at "
                    + Pattern.quote(topics.votes() + "-0 offset " + large.offset() + " ")
                    + ".* dead letter of 3\\d{6} bytes it is too large for "
                    + Pattern.quote(topics.deadLetters()));
        assertThat(replica.metric("bookvotes_ingest_failures_total{sqlstate=\"dead-letters\"}"))
            .isPositive();
        assertThat(Tally.offsetsIn(database, topics).get(0)).isLessThanOrEqualTo(large.offset());

        Matcher enough = ENOUGH.matcher(replica.log());
        assertThat(enough.find()).isTrue();
        topics.setMaxMessageBytes(topics.deadLetters(), Long.parseLong(enough.group(1)));
        tally.awaitRated(database, topics);
        assertThat(audit.assertComplete(topics, topics.deadLetters())).isZero();

        assertThat(replica.terminate()).as(replica.log()).isZero();
        assertThat(replica.log()).as("the log at debug").contains("is a dead letter, malformed");
        assertNoForgery(replica.log());
      }
    }
  }

  /** Good votes, hostile records and now and then a large one, over all partitions. */
  private void sendAll(TestTopics topics, Tally tally) throws Exception {
    List<Future<RecordMetadata>> votes = new ArrayList<>();
    List<Sent> sent = new ArrayList<>();
    try (KafkaProducer<byte[], byte[]> producer = producer(topics, 64 << 10, "none")) {
      for (int i = 0; i < HOSTILE; i++) {
        if (i % 5 == 0) {
          VoteEvent event = tally.cast(1).getFirst();
          votes.add(producer.send(vote(topics, random.nextInt(PARTITIONS), event)));
        }
        Hostile next =
            switch (i % (HOSTILE / 10)) {
              case 5 -> hostile.large(LARGEST);
              case 6, 7 -> hostile.largeHeader();
              case 8, 9, 10, 11 -> hostile.manyHeaders();
              case 12 -> hostile.large(MIB + 1);
              default -> hostile.next();
            };
        sent.add(send(next, topics, random.nextInt(PARTITIONS), producer));
      }
    }
    for (Future<RecordMetadata> vote : votes) {
      await(vote);
    }
    expectAll(sent);
  }

  private void sendCompressible(TestTopics topics) throws Exception {
    List<Sent> sent = new ArrayList<>();
    try (KafkaProducer<byte[], byte[]> producer = producer(topics, COMPRESSIBLE * MIB, "gzip")) {
      for (int i = 0; i < COMPRESSIBLE; i++) {
        sent.add(send(hostile.compressible(), topics, 0, producer));
      }
    }
    expectAll(sent);
  }

  private record Sent(Future<RecordMetadata> acknowledged, String digest, String reason) {}

  private static Sent send(
      Hostile next, TestTopics topics, int partition, KafkaProducer<byte[], byte[]> producer) {
    return new Sent(
        producer.send(
            new ProducerRecord<>(
                topics.votes(), partition, next.key(), next.value(), next.headers())),
        DeadLetterAudit.digest(next),
        next.reason());
  }

  private void expectAll(List<Sent> sent) throws InterruptedException {
    for (Sent record : sent) {
      audit.expect(await(record.acknowledged()), record.digest(), record.reason());
    }
  }

  private static KafkaProducer<byte[], byte[]> producer(
      TestTopics topics, int batchBytes, String compression) {
    return new KafkaProducer<>(
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            topics.bootstrapServers(),
            ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
            LARGEST + MIB,
            ProducerConfig.BUFFER_MEMORY_CONFIG,
            Math.max(64 * MIB, batchBytes + 2 * MIB),
            ProducerConfig.BATCH_SIZE_CONFIG,
            batchBytes,
            ProducerConfig.LINGER_MS_CONFIG,
            batchBytes > MIB ? 60_000 : 5,
            ProducerConfig.COMPRESSION_TYPE_CONFIG,
            compression),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private static ProducerRecord<byte[], byte[]> vote(
      TestTopics topics, int partition, VoteEvent event) {
    return new ProducerRecord<>(
        topics.votes(),
        partition,
        VoteTopics.key(event.bookId()).getBytes(UTF_8),
        VoteEventCodec.encode(event));
  }

  private static RecordMetadata await(Future<RecordMetadata> send) throws InterruptedException {
    try {
      return send.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("Kafka refused: " + e.getCause(), e.getCause());
    }
  }

  /** Nothing that a record says begins a line of the log or moves a terminal's cursor. */
  private static void assertNoForgery(String log) {
    assertThat(log.lines()).noneMatch(line -> line.startsWith(HostileRecords.FORGED_LINE));
    assertThat(CONTROL.matcher(log).results().map(r -> (int) r.group().charAt(0)))
        .as("control characters in the log")
        .isEmpty();
  }

  /** Sum of the samples of the heap. */
  private static long heapMib(String metrics, String name) {
    Matcher samples =
        Pattern.compile("(?m)^" + name + "\\{area=\"heap\"[^}]*} (\\S+)$").matcher(metrics);
    double bytes = 0;
    while (samples.find()) {
      bytes += Math.max(0, Double.parseDouble(samples.group(1)));
    }
    return Math.round(bytes / MIB);
  }
}

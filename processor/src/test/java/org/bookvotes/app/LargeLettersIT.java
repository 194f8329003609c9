package org.bookvotes.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands with less memory than the letters of one answer of the broker take. */
class LargeLettersIT {

  private static final int MIB = 1 << 20;
  private static final int LETTERS = 60;
  private static final int LETTER_BYTES = 10 * MIB;

  @ParameterizedTest
  @ValueSource(strings = {"list", "redrive"})
  void readsManyLargeLettersInLittleMemory(String command) throws Exception {
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(1)) {
      send(topics);
      Map<Setting, String> settings = Replica.settings(database, topics);

      try (ReplicaProcess process =
          ReplicaProcess.start(settings, List.of("-Xmx128m"), "dead-letters", command)) {
        int exitCode = process.awaitExit();

        assertThat(exitCode).as(process.log()).isZero();
        assertThat(process.log())
            .containsPattern(
                command.equals("list") ? "malformed +0 +0 +60\\b" : "not committed +60\\b")
            .doesNotContain("OutOfMemoryError", "ERROR");
        assertThat(process.log().lines().filter(line -> line.contains("@")))
            .hasSize(command.equals("list") ? LETTERS : 0);
      }
    }
  }

  /** All to one partition, compressed to some 10 KiB each. */
  private static void send(TestTopics topics) throws Exception {
    byte[] key = "1".getBytes(UTF_8);
    byte[] value = "x".repeat(LETTER_BYTES).getBytes(UTF_8);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                topics.bootstrapServers(),
                ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                LETTER_BYTES + MIB,
                ProducerConfig.BUFFER_MEMORY_CONFIG,
                8 * LETTER_BYTES,
                ProducerConfig.BATCH_SIZE_CONFIG,
                4 * LETTER_BYTES,
                ProducerConfig.COMPRESSION_TYPE_CONFIG,
                "gzip"),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      List<Future<RecordMetadata>> sends = new ArrayList<>();
      for (int offset = 0; offset < LETTERS; offset++) {
        List<Header> headers =
            List.of(
                header(VoteTopics.DEAD_LETTER_REASON, VoteTopics.REASON_MALFORMED),
                header(VoteTopics.DEAD_LETTER_TOPIC, topics.votes()),
                header(VoteTopics.DEAD_LETTER_PARTITION, "0"),
                header(VoteTopics.DEAD_LETTER_OFFSET, Integer.toString(offset)));
        sends.add(
            producer.send(new ProducerRecord<>(topics.deadLetters(), 0, key, value, headers)));
      }
      for (Future<RecordMetadata> send : sends) {
        send.get();
      }
    }
  }

  private static Header header(String name, String value) {
    return new RecordHeader(name, value.getBytes(UTF_8));
  }
}

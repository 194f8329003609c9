package org.bookvotes.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.utils.Utils;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteRecord;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.Tally.Count;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.bookvotes.testing.Tool;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The examples of docs/producers.md, run as a reader runs them, on a real Kafka with a replica that
 * counts. Those whose tool is not to be had are skipped.
 */
class ExamplesIT {

  private static final Logger LOG = LoggerFactory.getLogger(ExamplesIT.class);

  private static final Path FOLDER = Path.of("..", "contracts", "examples").toAbsolutePath();
  // Where the hash of a key decides, and no power of two, where hashes that differ may agree.
  private static final int PARTITIONS = 7;
  private static final int BOOKS = 12;

  @SuppressWarnings("ImmutableEnumChecker") // Paths, and tools, which are immutable.
  enum Example {
    JAVA(
        "java", Tool.java(), "-cp", Path.of("target/lib").toAbsolutePath() + "/*", "SendVote.java"),
    KCAT("kcat", Tool.kcat(), "vote.sh"),
    KCAT_CLOUD_EVENT("kcat", Tool.kcat(), "cloudevent.sh"),
    PYTHON("python", Tool.pythonWith("confluent_kafka"), "vote.py"),
    PYTHON_CLOUD_EVENT("python", Tool.pythonWith("confluent_kafka"), "cloudevent.py"),
    NODE("node", Tool.nodeWith(FOLDER.resolve("node"), "@platformatic/kafka"), "vote.js");

    private final Path folder;
    private final Tool tool;
    private final List<String> arguments;

    Example(String folder, Tool tool, String... arguments) {
      this.folder = FOLDER.resolve(folder);
      this.tool = tool;
      this.arguments = List.of(arguments);
    }

    boolean isCloudEvent() {
      return name().endsWith("CLOUD_EVENT");
    }
  }

  @ParameterizedTest
  @EnumSource
  void sendsVotesThatAreCounted(Example example) throws Exception {
    String missing = example.tool.missing();
    if (!missing.isEmpty()) {
      LOG.warn("the example {} is skipped: {}", example, missing);
    }
    Assumptions.assumeTrue(missing.isEmpty(), missing);

    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(PARTITIONS)) {
      database.insertBooks(BOOKS);
      Tally tally = new Tally(1, BOOKS);
      try (Replica replica = Replica.inProcess(Replica.settings(database, topics)).awaitReady()) {
        for (Vote vote : Vote.values()) {
          long book = vote == Vote.UP ? 5 : 12;
          example.tool.run(
              example.folder,
              Map.of(
                  Setting.KAFKA_BOOTSTRAP_SERVERS.variable(), topics.bootstrapServers(),
                  Setting.VOTES_TOPIC.variable(), topics.votes()),
              example.arguments,
              List.of(Long.toString(book), vote.name()));
          tally.expect(book, vote == Vote.UP ? new Count(1, 0) : new Count(0, 1));
        }
        tally.awaitRated(database, topics);
        assertThat(replica.metric("bookvotes_dead_letters_total{reason=\"malformed\"}")).isZero();
      }

      List<ConsumerRecord<byte[], byte[]>> records = topics.readVotes();
      assertThat(records).hasSize(Vote.values().length);
      for (ConsumerRecord<byte[], byte[]> record : records) {
        assertKeepsToTheContract(record, example.isCloudEvent());
      }
    }
  }

  private static void assertKeepsToTheContract(
      ConsumerRecord<byte[], byte[]> record, boolean cloudEvent) throws Exception {
    VoteEvent event = VoteRecord.decode(record.headers(), record.value());
    byte[] key = VoteTopics.key(event.bookId()).getBytes(UTF_8);
    assertThat(record.key()).isEqualTo(key);
    assertThat(record.partition())
        .as("the partition in which producers of all languages put this book")
        .isEqualTo(Utils.toPositive(Utils.murmur2(key)) % PARTITIONS);
    assertThat(record.headers().lastHeader(VoteRecord.CE_ID) != null).isEqualTo(cloudEvent);
    assertThat(new String(record.value(), UTF_8).contains("eventId")).isEqualTo(!cloudEvent);
  }
}

package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What {@code doctor} finds on a real Kafka, and that the commands it prints mend it. */
class DoctorTopicsIT {

  private static final String SHELL = "in a shell";

  private final TestDatabase database = Servers.newDatabase();
  private final TestTopics topics = Servers.newTopics(12);
  private final Map<Setting, String> settings = new EnumMap<>(Replica.settings(database, topics));

  @AfterEach
  void close() {
    database.close();
    topics.close();
  }

  @Test
  void findsABrokerThatIsNotThere() {
    settings.put(Setting.KAFKA_BOOTSTRAP_SERVERS, "localhost:1,nowhere.invalid:9092");

    assertThat(doctorFails())
        .singleElement()
        .asString()
        .startsWith("FAIL  kafka: no broker answers: nothing listens at localhost:1")
        .endsWith("; the host of nowhere.invalid:9092 is unknown");
  }

  @Test
  void findsMissingTopics() throws Exception {
    settings.put(Setting.VOTES_TOPIC, topics.votes() + "-new");
    settings.put(Setting.DEAD_LETTER_TOPIC, topics.votes() + "-new.dead-letters");

    Cli report = Cli.run(settings, "doctor");
    assertThat(report.problems())
        .containsExactly(
            "FAIL  topic " + topics.votes() + "-new: missing",
            "FAIL  topic " + topics.votes() + "-new.dead-letters: missing");
    KafkaTools.run(Servers.kafka(), report.fixes(SHELL));
    try {
      assertMended();
      assertThat(Cli.run(settings, "doctor").out())
          .contains("-new: 12 partitions", "-new.dead-letters: 3 partitions");
    } finally {
      topics
          .admin()
          .deleteTopics(
              List.of(settings.get(Setting.VOTES_TOPIC), settings.get(Setting.DEAD_LETTER_TOPIC)))
          .all()
          .get();
    }
  }

  @Test
  void findsATopicWithOnePartition() throws Exception {
    try (TestTopics narrow = Servers.newTopics(1)) {
      settings.put(Setting.VOTES_TOPIC, narrow.votes());

      Cli report = Cli.run(settings, "doctor");
      assertThat(report.problems())
          .containsExactly(
              "warn  topic "
                  + narrow.votes()
                  + ": only one partition: one replica does all the work, a rebalance has nothing"
                  + " to share");
      assertThat(report.exitCode()).isZero();

      KafkaTools.run(Servers.kafka(), report.fixes(SHELL));
      assertMended();
      assertThat(Cli.run(settings, "doctor").out())
          .contains("topic " + narrow.votes() + ": 12 partitions");
    }
  }

  @Test
  void findsADeadLetterTopicWithoutRoomForTheHeaders() throws Exception {
    setTopic("max.message.bytes", "2097152");

    Cli report = Cli.run(settings, "doctor");
    assertThat(report.problems())
        .singleElement()
        .asString()
        .startsWith("warn  topic " + topics.deadLetters() + ": max.message.bytes is 2097152");
    KafkaTools.run(Servers.kafka(), report.fixes(SHELL));
    assertMended();
  }

  @Test
  void findsTopicSettingsThatLoseVotesOrRefuseThem() throws Exception {
    setTopic("cleanup.policy", "compact");
    setTopic("min.insync.replicas", "2");

    Cli report = Cli.run(settings, "doctor");
    assertThat(report.exitCode()).isEqualTo(1);
    assertThat(report.problems())
        .containsExactly(
            "FAIL  topic "
                + topics.votes()
                + ": cleanup.policy is compact: compaction keeps only the last event of each book",
            "FAIL  topic "
                + topics.votes()
                + ": min.insync.replicas is 2, but there are 1 replicas: nothing can be written");
    KafkaTools.run(Servers.kafka(), report.fixes(SHELL));
    assertMended();
  }

  private void setTopic(String name, String value) throws InterruptedException, ExecutionException {
    topics
        .admin()
        .incrementalAlterConfigs(
            Map.of(
                new ConfigResource(ConfigResource.Type.TOPIC, topics.votes()),
                List.of(new AlterConfigOp(new ConfigEntry(name, value), OpType.SET))))
        .all()
        .get();
  }

  private List<String> doctorFails() {
    Cli report = Cli.run(settings, "doctor");
    assertThat(report.exitCode()).isEqualTo(1);
    return report.problems();
  }

  private void assertMended() {
    Cli report = Cli.run(settings, "doctor");
    assertThat(report.problems()).isEmpty();
    assertThat(report.exitCode()).isZero();
  }
}

package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TopicCommandsTest {

  private final TopicCommands commands = new TopicCommands("a:9092,b:9092", "");

  @Test
  void writesCommandsOfKafkasTools() {
    assertThat(commands.create("book-votes", 12, 3))
        .isEqualTo(
            "kafka-topics.sh --bootstrap-server a:9092,b:9092 --create --topic book-votes"
                + " --partitions 12 --replication-factor 3");
    assertThat(commands.addPartitions("book-votes", 12))
        .isEqualTo(
            "kafka-topics.sh --bootstrap-server a:9092,b:9092 --alter --topic book-votes"
                + " --partitions 12");
    assertThat(commands.setConfig("book-votes", "cleanup.policy=delete"))
        .isEqualTo(
            "kafka-configs.sh --bootstrap-server a:9092,b:9092 --alter --entity-type topics"
                + " --entity-name book-votes --add-config cleanup.policy=delete");
    assertThat(commands.allowGroup("ANONYMOUS", "bookvotes", "Read", "Describe"))
        .isEqualTo(
            "kafka-acls.sh --bootstrap-server a:9092,b:9092 --add --allow-principal User:ANONYMOUS"
                + " --operation Read --operation Describe --group bookvotes");
  }

  @Test
  void givesTheToolsTheSettingsOfTheClient() {
    assertThat(new TopicCommands("a:1", "\"$FILE\"").addPartitions("t", 2))
        .isEqualTo(
            "kafka-topics.sh --bootstrap-server a:1 --command-config \"$FILE\" --alter --topic t"
                + " --partitions 2");
  }

  @Test
  void quotesForTheShell() {
    assertThat(commands.allowTopic("CN=it's me", "t", "Write"))
        .contains("--allow-principal 'User:CN=it'\\''s me' --operation Write --topic t");
  }
}

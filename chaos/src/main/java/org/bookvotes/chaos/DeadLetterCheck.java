package org.bookvotes.chaos;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.bookvotes.chaos.VoteLoad.BadEvent;
import org.bookvotes.contracts.VoteTopics;

/** Compares the bad events that were sent with the dead letters. */
final class DeadLetterCheck {

  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  private DeadLetterCheck() {}

  /**
   * Every bad event must be on the dead-letter topic at least once, as it was, with its reason, and
   * in the table of those that were given up exactly once; and nothing else may be there.
   *
   * @param bad acknowledged bad events, by offset
   */
  static List<Check> check(Stack stack, Map<TopicPartition, Map<Long, BadEvent>> bad)
      throws SQLException {
    Map<TopicPartition, Map<Long, BadEvent>> letters = new HashMap<>();
    long letterCount = read(stack, letters);
    long sent = bad.values().stream().mapToLong(Map::size).sum();
    List<Check> checks = new ArrayList<>();
    checks.add(
        Check.none(
            "bad events without their dead letter, of " + Text.count(sent),
            missing(bad, letters),
            Text.count(letterCount) + " letters: a crash may send one again"));
    checks.add(Check.none("good events among the letters", missing(letters, bad), ""));
    checks.add(
        Check.none(
            "bad events that are not given up in the database", missing(bad, rows(stack)), ""));
    checks.add(
        Check.none("good events that are given up in the database", missing(rows(stack), bad), ""));
    return checks;
  }

  /** What {@code there} lacks, or has otherwise. */
  private static List<String> missing(
      Map<TopicPartition, Map<Long, BadEvent>> events,
      Map<TopicPartition, Map<Long, BadEvent>> there) {
    List<String> missing = new ArrayList<>();
    events.forEach(
        (partition, byOffset) ->
            byOffset.forEach(
                (offset, event) -> {
                  BadEvent found = there.getOrDefault(partition, Map.of()).get(offset);
                  if (found == null || !found.isSameAs(event)) {
                    missing.add(partition + " offset " + offset + ", " + event.reason());
                  }
                }));
    return missing;
  }

  private static Map<TopicPartition, Map<Long, BadEvent>> rows(Stack stack) throws SQLException {
    Map<TopicPartition, Map<Long, BadEvent>> rows = new HashMap<>();
    try (Connection connection = stack.connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT topic, partition, source_offset, reason FROM bookvotes.dead_letters")) {
      while (row.next()) {
        rows.computeIfAbsent(
                new TopicPartition(row.getString("topic"), row.getInt("partition")),
                partition -> new HashMap<>())
            .put(row.getLong("source_offset"), new BadEvent(row.getString("reason"), 0));
      }
    }
    return rows;
  }

  /** Reads the whole topic; returns how many letters there are. */
  private static long read(Stack stack, Map<TopicPartition, Map<Long, BadEvent>> found) {
    Properties properties = stack.kafka();
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    Instant deadline = Instant.now().plus(TIMEOUT);
    long letters = 0;
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          IntStream.range(0, consumer.partitionsFor(VoteTopics.DEAD_LETTERS).size())
              .mapToObj(partition -> new TopicPartition(VoteTopics.DEAD_LETTERS, partition))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.getOrDefault(p, 0L))) {
        if (Instant.now().isAfter(deadline)) {
          throw new IllegalStateException("the dead letters cannot be read in " + TIMEOUT);
        }
        for (ConsumerRecord<byte[], byte[]> letter : consumer.poll(Duration.ofSeconds(1))) {
          letters++;
          found
              .computeIfAbsent(
                  new TopicPartition(
                      header(letter, VoteTopics.DEAD_LETTER_TOPIC),
                      Integer.parseInt(header(letter, VoteTopics.DEAD_LETTER_PARTITION))),
                  partition -> new HashMap<>())
              .put(
                  Long.valueOf(header(letter, VoteTopics.DEAD_LETTER_OFFSET)),
                  new BadEvent(
                      header(letter, VoteTopics.DEAD_LETTER_REASON),
                      VoteLoad.digest(letter.key(), letter.value())));
        }
      }
    }
    return letters;
  }

  private static String header(ConsumerRecord<byte[], byte[]> letter, String name) {
    Header header = letter.headers().lastHeader(name);
    if (header == null) {
      throw new IllegalStateException("a dead letter has no header " + name + ": " + letter);
    }
    return new String(header.value(), StandardCharsets.UTF_8);
  }
}

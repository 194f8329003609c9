package org.bookvotes.chaos;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
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
import org.bookvotes.contracts.VoteTopics;

/** Compares the bad events that were sent with the dead letters. */
final class DeadLetterCheck {

  private DeadLetterCheck() {}

  /**
   * Every bad event must be on the dead-letter topic at least once, with its reason, and no good
   * one.
   *
   * @param bad offset and reason of each bad event that was acknowledged
   */
  static void check(Stack stack, Map<TopicPartition, Map<Long, String>> bad, List<Check> checks) {
    Map<TopicPartition, Map<Long, String>> found = new HashMap<>();
    long letters = read(stack, found);
    List<String> missing = new ArrayList<>();
    List<String> unexpected = new ArrayList<>();
    long sent = 0;
    for (Map.Entry<TopicPartition, Map<Long, String>> partition : bad.entrySet()) {
      Map<Long, String> there = found.getOrDefault(partition.getKey(), Map.of());
      for (Map.Entry<Long, String> event : partition.getValue().entrySet()) {
        sent++;
        if (!event.getValue().equals(there.get(event.getKey()))) {
          missing.add(partition.getKey() + " offset " + event.getKey() + ", " + event.getValue());
        }
      }
    }
    for (Map.Entry<TopicPartition, Map<Long, String>> partition : found.entrySet()) {
      Map<Long, String> expected = bad.getOrDefault(partition.getKey(), Map.of());
      for (Map.Entry<Long, String> event : partition.getValue().entrySet()) {
        if (!expected.containsKey(event.getKey())) {
          unexpected.add(
              partition.getKey() + " offset " + event.getKey() + ", " + event.getValue());
        }
      }
    }
    checks.add(
        Check.of(
            "bad events without a dead letter, of " + Text.count(sent),
            missing.isEmpty(),
            "0",
            Oracle.some(missing)
                + " ("
                + Text.count(letters)
                + " letters: a crash may send one again)"));
    checks.add(
        Check.of(
            "good events among the letters", unexpected.isEmpty(), "0", Oracle.some(unexpected)));
  }

  /** Reads the whole topic; returns how many letters there are. */
  private static long read(Stack stack, Map<TopicPartition, Map<Long, String>> found) {
    Properties properties = stack.kafka();
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
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
                  header(letter, VoteTopics.DEAD_LETTER_REASON));
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

package org.bookvotes.ingest;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.GroupProtocol;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.errors.WakeupException;
import org.bookvotes.ingest.VoteBatch.Range;
import org.bookvotes.observability.ProcessorListener;
import org.bookvotes.postgres.SqlState;
import org.bookvotes.postgres.SqlTrouble;
import org.bookvotes.postgres.Transactions;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Polls votes and sums them, on the thread that calls {@link #run}, which owns the Kafka consumer;
 * {@link VoteWriter} writes them meanwhile. Only {@link #stop}, {@link #isAssigned} and {@link
 * #deadLetterProducer} may be called from other threads.
 *
 * <p>A partition whose offset in the database is not known for sure is {@linkplain Positions
 * unpositioned}: paused until the offset has been read and sought. Every partition begins so, and
 * every doubt (a failed transaction, a fence) brings it back there: votes in memory are never
 * written a second time, they are read again.
 */
public final class VoteConsumer {

  private static final Logger LOG = LoggerFactory.getLogger(VoteConsumer.class);

  private static final Duration POLL_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
  // What comes to a database that has nothing to do waits for the poll that is being decoded.
  private static final int MOST_RECORDS_PER_POLL = 5_000;
  // Longer than any write takes: the partitions that go are written to the end.
  private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(30);
  // A broker's answer is held in memory until it is polled. With PollBudget, what a replica holds
  // is bounded by the number of its brokers and partitions and by the longest event.
  private static final int MOST_BYTES_PER_FETCH = 16 << 20;

  private final Properties client;
  private final String topic;
  private final String group;
  private final VoteStore store;
  private final DeadLetters deadLetters;
  private final BatchLimit limit = new BatchLimit();
  private final VoteWriter writer;
  private final ProcessorListener listener;
  private final java.util.function.Consumer<Consumer<?, ?>> onOpened;

  // All owned by the thread of run().
  private final Positions positions = new Positions();
  private final UncountableBooks uncountable = new UncountableBooks();
  private final Backoff backoff = new Backoff();
  private final PollBudget budget = new PollBudget();
  private final PartitionLag lag;

  private volatile boolean stopping;
  private volatile boolean assigned;
  // Set while run() has one; read by those who wake it.
  private volatile @Nullable Consumer<byte[], byte[]> open;

  /**
   * @param client Kafka settings; those that the guarantees rest on are overridden
   * @param topic of the votes
   * @param deadLetterTopic for events that cannot be counted
   * @param group consumer group
   * @param replica name of this replica, for people
   * @param onMarked called after each commit that left stale books; must return at once
   * @param onOpened called with each Kafka consumer, to bind meters
   */
  public VoteConsumer(
      Properties client,
      String topic,
      String deadLetterTopic,
      String group,
      String replica,
      Transactions transactions,
      ProcessorListener listener,
      Runnable onMarked,
      java.util.function.Consumer<Consumer<?, ?>> onOpened) {
    this.client = client;
    this.topic = topic;
    this.group = group;
    this.store = new VoteStore(transactions, replica);
    this.deadLetters = new DeadLetters(client, deadLetterTopic, listener);
    this.writer = new VoteWriter(store, deadLetters, limit, listener, onMarked, this::wake);
    this.listener = listener;
    this.lag = new PartitionLag(listener);
    this.onOpened = onOpened;
  }

  /** Whether this member has joined the group and knows the offsets of all its partitions. */
  public boolean isAssigned() {
    return assigned;
  }

  /** The producer of dead letters, to bind meters. */
  public Producer<?, ?> deadLetterProducer() {
    return deadLetters.producer();
  }

  /** Ends {@link #run} when what was polled is written. */
  public void stop() {
    stopping = true;
    wake();
  }

  private void wake() {
    Consumer<byte[], byte[]> consumer = open;
    if (consumer != null) {
      consumer.wakeup();
    }
  }

  /**
   * Consumes until stopped, then leaves the group.
   *
   * @throws KafkaException on an error that trying again does not mend, such as a missing
   *     authorization
   * @throws IllegalStateException if the offsets in the database do not fit the topic
   */
  public void run() throws InterruptedException {
    try (deadLetters;
        writer) {
      writer.start();
      try {
        consume(GroupProtocol.CONSUMER);
      } catch (UnsupportedVersionException e) {
        LOG.info(
            "the broker lacks the consumer group protocol of KIP-848, going on with the classic one: {}",
            e.getMessage());
        consume(GroupProtocol.CLASSIC);
      }
    } finally {
      assigned = false;
    }
  }

  private void consume(GroupProtocol protocol) throws InterruptedException {
    Consumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties(protocol), budget.deserializer(), budget.deserializer());
    try {
      onOpened.accept(consumer);
      open = consumer;
      consumer.subscribe(List.of(topic), new Rebalance(consumer));
      while (!stopping) {
        try {
          step(consumer);
        } catch (WakeupException e) {
          LOG.debug("woken", e);
        } catch (RetriableException e) {
          LOG.warn("Kafka did not answer as it should, trying again: {}", e.getMessage());
        }
      }
      writer.awaitIdle(DRAIN_TIMEOUT);
      settle(consumer);
    } finally {
      open = null;
      consumer.close(CloseOptions.timeout(CLOSE_TIMEOUT));
    }
  }

  private Properties properties(GroupProtocol protocol) {
    Properties properties = new Properties();
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, Integer.toString(MOST_RECORDS_PER_POLL));
    properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, Integer.toString(MOST_BYTES_PER_FETCH));
    properties.putAll(client);
    properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    properties.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, protocol.name());
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    // The offsets are in the database: a position that the broker does not have must be seen, not
    // silently moved.
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    return properties;
  }

  private void step(Consumer<byte[], byte[]> consumer) throws InterruptedException {
    settle(consumer);
    position(consumer);
    assigned =
        positions.unpositioned().isEmpty()
            && positions.nexts().keySet().containsAll(consumer.assignment())
            && consumer.groupMetadata().generationId() > 0
            && (!positions.nexts().isEmpty() || topicExists(consumer));
    lag.measure(consumer);
    Duration pause = backoff.remaining();
    // A paused member polls on: it keeps its place in the group.
    ConsumerRecords<byte[], byte[]> records;
    budget.renew();
    try {
      records =
          consumer.poll(
              positions.unpositioned().isEmpty() || pause.compareTo(POLL_TIMEOUT) > 0
                  ? POLL_TIMEOUT
                  : pause);
    } catch (OffsetOutOfRangeException e) {
      OffsetGap.leave(consumer, positions, e.offsetOutOfRangePartitions(), deadLetters.topic());
      return;
    }
    // Without records too: behind an aborted transaction there is nothing to count, but to pass.
    if (!records.nextOffsets().isEmpty()) {
      collect(records);
    }
  }

  /** A spare replica has no partitions, and neither has anybody while the topic is missing. */
  private boolean topicExists(Consumer<byte[], byte[]> consumer) {
    try {
      return !consumer.partitionsFor(topic, CLOSE_TIMEOUT).isEmpty();
    } catch (RetriableException e) {
      LOG.debug("whether the topic exists cannot be told", e);
      return false;
    }
  }

  private void position(Consumer<byte[], byte[]> consumer) {
    if (positions.unpositioned().isEmpty() || !backoff.remaining().isZero()) {
      return;
    }
    try {
      Map<TopicPartition, Long> offsets = store.offsets(positions.unpositioned());
      positions.seek(consumer, offsets);
      offsets.forEach(lag::counted);
    } catch (SQLException e) {
      listener.batchFailed(SqlState.of(e));
      backoff.failed();
      LOG.warn(
          "the offsets cannot be read, try {} follows in {} ms: {}",
          backoff.failures() + 1,
          backoff.remaining().toMillis(),
          SqlTrouble.describe(e));
    }
  }

  private void collect(ConsumerRecords<byte[], byte[]> records) throws InterruptedException {
    VoteBatch waiting = writer.takeBack();
    VoteBatch batch =
        waiting == null ? new VoteBatch(deadLetters.uncommitted(), uncountable) : waiting;
    batch.add(records, positions.nexts());
    records.nextOffsets().forEach((partition, next) -> positions.advance(partition, next.offset()));
    boolean full =
        limit.isReached(batch)
            // What is read a second time goes in small steps: a batch that went beyond what was
            // judged might be found to hold more of its kind.
            || !uncountable.isEmpty();
    writer.offer(batch);
    while (full && !stopping && !writer.awaitTaken(POLL_TIMEOUT)) {
      LOG.debug("a full batch waits for the one that is being written");
    }
  }

  /** Acts on what has become of the batches. */
  private void settle(Consumer<byte[], byte[]> consumer) {
    tellKafka(consumer);
    VoteWriter.Trouble trouble = writer.takeTrouble();
    if (trouble == null) {
      return;
    }
    switch (trouble) {
      case VoteWriter.Trouble.Fenced fenced ->
          LOG.warn(
              "{} moved on by another consumer: reading again from where it has come to",
              fenced.partitions());
      case VoteWriter.Trouble.Uncountable uncounted -> {
        // Not for partitions that were revoked meanwhile: it would never come to an end for them.
        Map<TopicPartition, Range> ours = new HashMap<>(uncounted.ranges());
        ours.keySet().retainAll(positions.nexts().keySet());
        if (!ours.isEmpty()) {
          uncountable.add(
              uncounted.books().bookIds(),
              new UncountableBooks.Verdict(uncounted.books().reason(), uncounted.books().detail()),
              ours);
        }
      }
      case VoteWriter.Trouble.Failed failed -> {
        listener.batchFailed(failed.state());
        backoff.failed();
        LOG.warn(
            "a batch of votes was not written, try {} follows in {} ms: {}",
            backoff.failures() + 1,
            backoff.remaining().toMillis(),
            failed.message());
      }
      case VoteWriter.Trouble.Broken broken ->
          throw new IllegalStateException("votes cannot be written", broken.cause());
    }
    // What was read behind that batch is dropped with it; and whether it was committed all the
    // same, only the database can tell. Not consumer.assignment(): it loses partitions at any time
    // once onPartitionsRevoked was told.
    positions.unposition(consumer, positions.nexts().keySet());
  }

  /** Only for lag tools: the offsets that count are in the database. */
  private void tellKafka(Consumer<byte[], byte[]> consumer) {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    writer
        .takeCommitted()
        .forEach(
            (partition, next) -> {
              backoff.succeeded();
              lag.counted(partition, next);
              uncountable.committed(partition, next);
              if (positions.nexts().containsKey(partition)) {
                offsets.put(partition, new OffsetAndMetadata(next));
              }
            });
    if (!offsets.isEmpty()) {
      consumer.commitAsync(
          offsets,
          (committedOffsets, e) -> {
            if (e != null) {
              LOG.debug("Kafka did not take the offsets, lag tools are behind", e);
            }
          });
    }
  }

  private final class Rebalance implements ConsumerRebalanceListener {
    private final Consumer<byte[], byte[]> consumer;

    Rebalance(Consumer<byte[], byte[]> consumer) {
      this.consumer = consumer;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      // Without it the poll that brought them would wait to its end for records of partitions that
      // have no position yet.
      consumer.wakeup();
      if (partitions.isEmpty()) {
        return;
      }
      LOG.info("assigned {}", partitions);
      positions.assigned(consumer, partitions);
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      if (partitions.isEmpty()) {
        return;
      }
      LOG.info("revoked {}", partitions);
      drain();
      tellKafka(consumer);
      positions.revoked(partitions);
      partitions.forEach(deadLetters::forget);
      partitions.forEach(uncountable::forget);
    }

    /** What is written now need not be read again by who has the partitions next. */
    private void drain() {
      try {
        if (!writer.awaitIdle(DRAIN_TIMEOUT)) {
          LOG.warn("the votes of revoked partitions are still being written, the fence decides");
          // What waits behind them must not outlive the positions that it rests on: a partition
          // that comes back is read again from the database's offset.
          writer.takeBack();
          positions.unposition(consumer, positions.nexts().keySet());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}

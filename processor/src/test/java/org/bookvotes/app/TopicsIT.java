package org.bookvotes.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteEventCodec;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Topics whose offsets have holes, lose their beginning or start again. */
class TopicsIT {

  private static final int BOOKS = 50;

  @Test
  void countsNoVoteOfAnAbortedTransactionAndPassesItsOffsets() {
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(2)) {
      database.insertBooks(BOOKS);
      Tally tally = new Tally(13, BOOKS);
      Tally aborted = new Tally(14, BOOKS);

      try (Replica replica = Replica.inProcess(Replica.settings(database, topics));
          KafkaProducer<byte[], byte[]> producer = transactionalProducer(topics)) {
        replica.awaitReady();
        producer.initTransactions();
        for (int i = 0; i < 5; i++) {
          producer.beginTransaction();
          assertThat(send(producer, topics, tally.cast(100))).hasSize(100);
          producer.commitTransaction();
          producer.beginTransaction();
          List<Future<RecordMetadata>> sends = send(producer, topics, aborted.cast(100));
          producer.flush();
          assertThat(sends).allMatch(sent -> sent.state() == Future.State.SUCCESS);
          producer.abortTransaction();
        }
        // The last ones on the topic: the offsets pass them without anything to count behind them.
        tally.awaitRated(database, topics);

        topics.sendVotes(tally.cast(100));
        tally.awaitRated(database, topics);
        assertThat(replica.metric("bookvotes_votes_total{vote=\"UP\"}"))
            .isEqualTo((double) tally.up());
      }
    }
  }

  @Test
  void goesOnBehindEventsThatKafkaDeletedAndSaysSo() throws Exception {
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    Logger logger = (Logger) LoggerFactory.getLogger("org.bookvotes.ingest");
    log.start();
    logger.addAppender(log);
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(1)) {
      database.insertBooks(BOOKS);
      Tally tally = new Tally(15, BOOKS);
      Map<Setting, String> settings = Replica.settings(database, topics);
      try (Replica replica = Replica.inProcess(settings)) {
        replica.awaitReady();
        topics.sendVotes(tally.cast(20));
        tally.awaitRated(database, topics);
      }
      topics.sendVotes(new Tally(16, BOOKS).cast(30));
      TopicPartition partition = new TopicPartition(topics.votes(), 0);
      topics.admin().deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(50))).all().get();
      topics.sendVotes(tally.cast(10));

      try (Replica replica = Replica.inProcess(settings)) {
        replica.awaitReady();
        tally.awaitRated(database, topics);
        topics.sendVotes(tally.cast(10));
        tally.awaitRated(database, topics);
      }
      assertThat(List.copyOf(log.list))
          .filteredOn(event -> event.getLevel() == Level.ERROR)
          .extracting(ILoggingEvent::getFormattedMessage)
          .singleElement()
          .asString()
          .contains(partition.toString(), "20 to 49", "deleted");
    } finally {
      logger.detachAppender(log);
    }
  }

  @Test
  void endsWithTheWayOutWhenTheTopicWasMadeAnew() {
    try (TestDatabase database = Servers.newDatabase();
        TestTopics topics = Servers.newTopics(1)) {
      database.insertBooks(BOOKS);
      Tally tally = new Tally(17, BOOKS);
      Map<Setting, String> settings = Replica.settings(database, topics);
      try (Replica replica = Replica.inProcess(settings)) {
        replica.awaitReady();
        topics.send(0, null, "no vote".getBytes(UTF_8));
        topics.sendVotes(tally.cast(100));
        tally.awaitRated(database, topics);
      }
      assertThat(database.queryLong("SELECT count(*) FROM bookvotes.dead_letters")).isEqualTo(1);

      topics.recreateVotes();
      try (ReplicaProcess replica = ReplicaProcess.start(settings)) {
        assertThat(replica.awaitExit()).isEqualTo(1);
        String ofPartition = " WHERE topic = '" + topics.votes() + "' AND partition = 0";
        String wayOut =
            "DELETE FROM bookvotes.partition_offsets"
                + ofPartition
                + "; DELETE FROM bookvotes.dead_letters"
                + ofPartition;
        assertThat(replica.log())
            .contains(
                "offset 101 of " + topics.votes() + "-0",
                "make " + topics.deadLetters() + " anew too",
                wayOut);

        database.execute(wayOut);
        assertThat(database.queryLong("SELECT count(*) FROM bookvotes.dead_letters")).isZero();
      }
      topics.sendVotes(tally.cast(10));
      try (Replica replica = Replica.inProcess(settings)) {
        replica.awaitReady();
        tally.awaitRated(database, topics);
      }
    }
  }

  private static KafkaProducer<byte[], byte[]> transactionalProducer(TestTopics topics) {
    return new KafkaProducer<>(
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            topics.bootstrapServers(),
            ProducerConfig.TRANSACTIONAL_ID_CONFIG,
            "producer-of-" + topics.votes()),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private static List<Future<RecordMetadata>> send(
      KafkaProducer<byte[], byte[]> producer, TestTopics topics, List<VoteEvent> events) {
    List<Future<RecordMetadata>> sends = new ArrayList<>();
    for (VoteEvent event : events) {
      byte[] key = VoteTopics.key(event.bookId()).getBytes(UTF_8);
      sends.add(
          producer.send(new ProducerRecord<>(topics.votes(), key, VoteEventCodec.encode(event))));
    }
    return sends;
  }
}

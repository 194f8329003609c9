import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteProducerSettings;
import org.bookvotes.contracts.VoteTopics;

/** Sends one vote: java -cp CLASSPATH SendVote.java BOOK_ID UP|DOWN */
public final class SendVote {

  public static void main(String[] args) throws Exception {
    Map<String, String> environment = System.getenv();
    Map<String, Object> settings = new HashMap<>(VoteProducerSettings.recommended());
    settings.put(
        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
        environment.getOrDefault("BOOKVOTES_KAFKA_BOOTSTRAP_SERVERS", "localhost:9092"));
    String topic = environment.getOrDefault("BOOKVOTES_VOTES_TOPIC", VoteTopics.VOTES);

    VoteEvent vote =
        new VoteEvent(
            UUID.randomUUID(), Long.parseLong(args[0]), Vote.valueOf(args[1]), Instant.now());
    try (var producer = new KafkaProducer<String, VoteEvent>(settings)) {
      // Whoever sends many does not wait for each, but gives send() a callback.
      producer.send(new ProducerRecord<>(topic, VoteTopics.key(vote.bookId()), vote)).get();
    }
  }
}

package org.bookvotes.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Commands whose statements take longer the larger the bookstore is: they have no limit. A trigger
 * refuses sessions that have one.
 */
class LongStatementIT {

  private final TestDatabase database = Servers.newDatabase();
  private final TestTopics topics = Servers.newTopics(1);
  private final Map<Setting, String> settings = Replica.settings(database, topics);

  @AfterEach
  void close() {
    topics.close();
    database.close();
  }

  @Test
  void produceHasNoLimit() {
    refuseLimitedSessions("INSERT ON books");
    assertDone(Cli.run(settings, "produce", "--count=10", "--books=3"));
  }

  @Test
  void recalculateHasNoLimitWhileItMarks() {
    database.insertBooks(3);
    refuseLimitedSessions("INSERT ON bookvotes.stale_ranges");
    assertDone(Cli.run(settings, "recalculate", "--all"));
    assertThat(database.queryLong("SELECT count(*) FROM books WHERE rating_at IS NOT NULL"))
        .isEqualTo(3);
  }

  @Test
  void redriveHasNoLimit() {
    topics.sendAll(
        List.of(
            new ProducerRecord<>(
                topics.deadLetters(),
                0,
                "1".getBytes(UTF_8),
                "no vote".getBytes(UTF_8),
                List.of(
                    header(VoteTopics.DEAD_LETTER_TOPIC, topics.votes()),
                    header(VoteTopics.DEAD_LETTER_PARTITION, "0"),
                    header(VoteTopics.DEAD_LETTER_OFFSET, "0")))));
    database.execute(
        "INSERT INTO bookvotes.dead_letters (topic, partition, source_offset, reason)"
            + " VALUES (?, 0, 0, 'malformed')",
        topics.votes());
    refuseLimitedSessions("UPDATE ON bookvotes.dead_letters");
    Cli redrive = Cli.run(settings, "dead-letters", "redrive");
    assertDone(redrive);
    assertThat(redrive.out()).containsPattern("still malformed +1\n");
  }

  private void refuseLimitedSessions(String event) {
    database.execute(
        """
        CREATE FUNCTION refuse_limited() RETURNS trigger LANGUAGE plpgsql AS $refuse$
        BEGIN
          IF current_setting('statement_timeout') <> '0' THEN
            RAISE EXCEPTION 'this session has a limit of %%', current_setting('statement_timeout');
          END IF;
          RETURN NULL;
        END
        $refuse$;
        CREATE TRIGGER refuse_limited BEFORE %s FOR EACH STATEMENT EXECUTE FUNCTION refuse_limited()
        """
            .formatted(event));
  }

  private static void assertDone(Cli command) {
    assertThat(command.exitCode()).as(command.err()).isZero();
  }

  private static Header header(String name, String value) {
    return new RecordHeader(name, value.getBytes(UTF_8));
  }
}

package org.bookvotes.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.bookvotes.contracts.Vote;
import org.bookvotes.contracts.VoteEvent;
import org.junit.jupiter.api.Test;

class ServersIT {

  @Test
  void givesEachTestAMigratedDatabaseOfItsOwn() throws SQLException {
    try (TestDatabase one = Servers.newDatabase();
        TestDatabase other = Servers.newDatabase()) {
      one.insertBooks(3);

      assertThat(one.queryLong("SELECT count(*) FROM books")).isEqualTo(3);
      assertThat(other.queryLong("SELECT count(*) FROM books")).isZero();
      assertThat(one.queryString("SHOW timezone")).isEqualTo("Asia/Kathmandu");
      try (Connection connection = one.connect();
          Statement statement = connection.createStatement()) {
        statement.execute("SELECT pid FROM pg_background_launch('SELECT 1')");
      }
    }
  }

  @Test
  void dropsADatabaseThatIsInUse() throws SQLException {
    TestDatabase database = Servers.newDatabase();
    try (Connection connection = database.connect()) {
      database.close();
      assertThat(connection.isValid(1)).isFalse();
    }
  }

  @Test
  void givesEachTestTopicsOfItsOwn() {
    try (TestTopics topics = Servers.newTopics(12)) {
      topics.send(7, "1".getBytes(UTF_8), "no vote".getBytes(UTF_8));
      topics.sendVotes(List.of(new VoteEvent(UUID.randomUUID(), 1, Vote.UP, Instant.now())));
      topics.sendAll(
          List.of(new ProducerRecord<>(topics.deadLetters(), null, "x".getBytes(UTF_8))));

      assertThat(topics.readVotes()).hasSize(2);
      assertThat(topics.readDeadLetters()).hasSize(1);
    }
  }
}

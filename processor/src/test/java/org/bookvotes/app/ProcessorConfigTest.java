package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.bookvotes.app.ProcessorConfig.InvalidSettingsException;
import org.bookvotes.app.ProcessorConfig.Shown;
import org.bookvotes.workers.WorkerEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessorConfigTest {

  @Test
  void hasTheDocumentedDefaults() {
    ProcessorConfig config = read(Map.of());

    assertThat(config.kafkaBootstrapServers()).isEqualTo("localhost:9092");
    assertThat(config.kafkaProperties()).isEmpty();
    assertThat(config.votesTopic()).isEqualTo("book-votes");
    assertThat(config.deadLetterTopic()).isEqualTo("book-votes.dead-letters");
    assertThat(config.consumerGroup()).isEqualTo("bookvotes");
    assertThat(config.databaseUrl()).isEqualTo("jdbc:postgresql://localhost:5432/bookstore");
    assertThat(config.workerEngine()).isEqualTo(WorkerEngine.AUTO);
    assertThat(config.workerSlots()).isEqualTo(4);
    assertThat(config.launchAttempts()).isEqualTo(10);
    assertThat(config.launchRetryDelay()).isEqualTo(Duration.ofMillis(100));
    assertThat(config.fallbackAfter()).isEqualTo(Duration.ofSeconds(15));
    assertThat(config.batchSize()).isEqualTo(1000);
    assertThat(config.workerTimeBudget()).isEqualTo(Duration.ofSeconds(10));
    assertThat(config.httpPort()).isEqualTo(8080);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "KAFKA_BOOTSTRAP_SERVERS | kafka | host:port",
        "KAFKA_BOOTSTRAP_SERVERS | kafka:9092,,x:1 | host:port",
        "KAFKA_BOOTSTRAP_SERVERS | kafka:99999 | host:port",
        "VOTES_TOPIC | .. | topic name",
        "VOTES_TOPIC | book votes | topic name",
        "DEAD_LETTER_TOPIC | a/b | topic name",
        "DEAD_LETTER_TOPIC | book-votes | other than VOTES_TOPIC",
        "DATABASE_URL | postgres://localhost/bookstore | jdbc:postgresql://",
        "DATABASE_URL | jdbc:postgresql://localhost:abc/x | jdbc:postgresql://",
        "DATABASE_URL | jdbc:postgresql://localhost:70000/x | jdbc:postgresql://",
        "WORKER_ENGINE | pg_cron | [auto, dblink, pg_background]",
        "WORKER_SLOTS | 0 | from 1 to 1000",
        "WORKER_SLOTS | -1 | from 1 to 1000",
        "WORKER_SLOTS | four | from 1 to 1000",
        "WORKER_SLOTS | 99999999999 | from 1 to 1000",
        "LAUNCH_ATTEMPTS | 0 | from 1 to 1000",
        "LAUNCH_RETRY_DELAY | 100 | ISO 8601",
        "LAUNCH_RETRY_DELAY | PT0S | from PT0.001S to PT1S",
        "LAUNCH_RETRY_DELAY | PT2S | from PT0.001S to PT1S",
        "FALLBACK_AFTER | 15 | ISO 8601",
        "FALLBACK_AFTER | -PT1S | from PT0S to PT1H",
        "FALLBACK_AFTER | PT2H | from PT0S to PT1H",
        "BATCH_SIZE | 0 | from 1 to 100000",
        "WORKER_TIME_BUDGET | PT2H | from PT0.1S to PT1H",
        "WORKER_TIME_BUDGET | -PT1S | from PT0.1S to PT1H",
        "HTTP_PORT | 65536 | from 0 to 65535",
        "LOG_FORMAT | xml | [json, plain]",
        "LOG_LEVEL | loud | debug",
        "DATABASE_PASSWORD_FILE | does/not/exist | readable file",
        "KAFKA_PROPERTIES | does/not/exist | readable properties file",
      })
  void refusesWhatMakesNoSenseByNameValueAndWhatIsAllowed(
      String name, String value, String allowed) {
    assertThatThrownBy(() -> read(Map.of("BOOKVOTES_" + name, value)))
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessageContaining("BOOKVOTES_" + name + " is '" + value + "'")
        .hasMessageContaining(allowed);
  }

  @Test
  void namesAllProblemsAtOnce() {
    assertThatThrownBy(
            () ->
                read(
                    Map.of(
                        "BOOKVOTES_WORKER_SLOTS",
                        "0",
                        "BOOKVOTES_BATCH_SIZE",
                        "x",
                        "BOOKVOTES_HTTP_PORT",
                        "-5")))
        .hasMessageContainingAll("WORKER_SLOTS", "BATCH_SIZE", "HTTP_PORT");
  }

  @Test
  void prefersAFlagToItsVariable() {
    assertThat(
            ProcessorConfig.read(
                    Map.of(Setting.WORKER_SLOTS, "7"), Map.of("BOOKVOTES_WORKER_SLOTS", "3"))
                .workerSlots())
        .isEqualTo(7);
  }

  @Test
  void readsTheEngineInAnyCase() {
    assertThat(read(Map.of("BOOKVOTES_WORKER_ENGINE", "DBlink")).workerEngine())
        .isEqualTo(WorkerEngine.DBLINK);
    assertThat(read(Map.of("BOOKVOTES_WORKER_ENGINE", "pg_background")).workerEngine())
        .isEqualTo(WorkerEngine.PG_BACKGROUND);
  }

  @Test
  void takesAnEmptyVariableForNotGiven() {
    assertThat(read(Map.of("BOOKVOTES_WORKER_SLOTS", "")).workerSlots()).isEqualTo(4);
  }

  @Test
  void readsThePasswordFromAFileWithoutItsLineBreak(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("password"), "s3cret \n");
    assertThat(read(Map.of("BOOKVOTES_DATABASE_PASSWORD_FILE", file.toString())).databasePassword())
        .isEqualTo("s3cret ");
  }

  @Test
  void refusesAPasswordGivenTwice(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("password"), "a");
    Map<String, String> both = new HashMap<>();
    both.put("BOOKVOTES_DATABASE_PASSWORD_FILE", file.toString());
    both.put("BOOKVOTES_DATABASE_PASSWORD", "b");
    assertThatThrownBy(() -> read(both)).hasMessageContaining("only one of");
  }

  @Test
  void readsFurtherKafkaSettingsFromAFile(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("kafka.properties"), "security.protocol=SSL\n");
    assertThat(read(Map.of("BOOKVOTES_KAFKA_PROPERTIES", file.toString())).kafkaProperties())
        .containsEntry("security.protocol", "SSL");
  }

  @Test
  void keepsPasswordsOutOfTextAndMessages() {
    assertThat(read(Map.of("BOOKVOTES_DATABASE_PASSWORD", "s3cret")).toString())
        .doesNotContain("s3cret");
    assertThatThrownBy(
            () ->
                read(
                    Map.of(
                        "BOOKVOTES_DATABASE_URL", "postgres://me:s3cret@host/db?password=s3cret")))
        .hasMessageContaining("DATABASE_URL")
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void showsSettingsWithoutWhatMayBeSecret(@TempDir Path directory) throws IOException {
    Path kafka = Files.writeString(directory.resolve("kafka.properties"), "sasl.password=s3cret\n");
    Path password = Files.writeString(directory.resolve("password"), "s3cret");
    ProcessorConfig config =
        read(
            Map.of(
                "BOOKVOTES_DATABASE_URL",
                "jdbc:postgresql://me:s3cret@db:5432/bookstore?sslpassword=s3cret&user=me",
                "BOOKVOTES_DATABASE_PASSWORD_FILE",
                password.toString(),
                "BOOKVOTES_KAFKA_PROPERTIES",
                kafka.toString(),
                "BOOKVOTES_WORKER_SLOTS",
                "7"));

    assertThat(config.shown())
        .contains(
            new Shown("BOOKVOTES_DATABASE_URL", "jdbc:postgresql://db:5432/bookstore", true),
            new Shown("BOOKVOTES_DATABASE_PASSWORD_FILE", "password", true),
            new Shown("BOOKVOTES_KAFKA_PROPERTIES", "kafka.properties", true),
            new Shown("BOOKVOTES_WORKER_SLOTS", "7", true),
            new Shown("BOOKVOTES_BATCH_SIZE", "1000", false))
        .extracting(Shown::name)
        .hasSize(Setting.values().length - 1)
        .doesNotContain("BOOKVOTES_DATABASE_PASSWORD");
    assertThat(config.shown().toString()).doesNotContain("s3cret");
    assertThat(read(Map.of("BOOKVOTES_DATABASE_PASSWORD", "s3cret")).shown().toString())
        .doesNotContain("s3cret");
  }

  private static ProcessorConfig read(Map<String, String> environment) {
    return ProcessorConfig.read(Map.of(), environment);
  }
}

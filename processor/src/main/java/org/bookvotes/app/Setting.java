package org.bookvotes.app;

import java.util.Locale;
import org.bookvotes.contracts.VoteTopics;

/** Every setting: an environment variable and a flag of each command that uses it. */
enum Setting {
  KAFKA_BOOTSTRAP_SERVERS(
      "localhost:9092", "Addresses of the Kafka brokers, host:port, comma-separated."),
  KAFKA_PROPERTIES("", "File with further Kafka client settings, for example TLS and SASL."),
  VOTES_TOPIC(VoteTopics.VOTES, "Topic of the vote events."),
  DEAD_LETTER_TOPIC(VoteTopics.DEAD_LETTERS, "Topic for events that cannot be counted."),
  CONSUMER_GROUP("bookvotes", "Consumer group of the replicas."),
  DATABASE_URL("jdbc:postgresql://localhost:5432/bookstore", "JDBC address of the database."),
  DATABASE_USER("bookstore", "User of the database."),
  DATABASE_PASSWORD("bookstore", "Password of the user."),
  DATABASE_PASSWORD_FILE("", "File with the password, instead of DATABASE_PASSWORD."),
  WORKER_ENGINE(
      "auto",
      "What workers are launched with: pg_background, dblink, or auto for pg_background if the database has it,"
          + " else dblink."),
  WORKER_SLOTS(
      "4", "Most background workers of Bookvotes at once on the database, over all replicas."),
  LAUNCH_ATTEMPTS("10", "How often a launch is tried while the server has no worker to give."),
  LAUNCH_RETRY_DELAY(
      "PT0.1S", "Pause after the first refused launch; doubles with jitter up to PT1S."),
  FALLBACK_AFTER(
      "PT15S",
      "For how long launches must have been refused before small batches are recalculated without a"
          + " worker; PT0S is never."),
  BATCH_SIZE("1000", "Books that a worker recalculates in one transaction."),
  WORKER_TIME_BUDGET("PT10S", "How long one worker goes on taking batches."),
  HTTP_PORT("8080", "Port for health, metrics and status; 0 takes a free one."),
  LOG_FORMAT("plain", "plain or json."),
  LOG_LEVEL("info", "error, warn, info, debug or trace.");

  /** What the name of every environment variable begins with. */
  static final String PREFIX = "BOOKVOTES_";

  private final String defaultValue;
  private final String description;

  Setting(String defaultValue, String description) {
    this.defaultValue = defaultValue;
    this.description = description;
  }

  String variable() {
    return PREFIX + name();
  }

  String flag() {
    return "--" + name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  String defaultValue() {
    return defaultValue;
  }

  String description() {
    return description;
  }
}

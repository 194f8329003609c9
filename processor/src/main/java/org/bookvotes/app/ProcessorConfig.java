package org.bookvotes.app;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.bookvotes.postgres.Database;
import org.bookvotes.workers.WorkerEngine;
import org.jspecify.annotations.Nullable;

/**
 * All settings, checked. The only reader of environment variables. Immutable.
 *
 * @param kafkaBootstrapServers {@code host:port}, comma-separated
 * @param kafkaProperties further settings of every Kafka client
 * @param votesTopic topic of the vote events
 * @param deadLetterTopic topic for events that cannot be counted
 * @param consumerGroup consumer group of the replicas
 * @param databaseUrl JDBC address
 * @param databaseUser user
 * @param databasePassword password, empty for none
 * @param workerEngine with what workers are launched
 * @param workerSlots most workers at once, over all replicas
 * @param launchAttempts how often a launch is tried, the first included
 * @param launchRetryDelay pause after the first refused launch
 * @param fallbackAfter for how long launches must have been refused before small batches are
 *     recalculated without a worker; zero: never
 * @param batchSize books a worker recalculates in one transaction
 * @param workerTimeBudget how long one worker goes on
 * @param httpPort management port, 0 for any free one
 * @param logFormat {@code plain} or {@code json}
 * @param logLevel lowest level that is logged
 * @param shown every setting but the passwords, for people, in order
 */
record ProcessorConfig(
    String kafkaBootstrapServers,
    Properties kafkaProperties,
    String votesTopic,
    String deadLetterTopic,
    String consumerGroup,
    String databaseUrl,
    String databaseUser,
    String databasePassword,
    WorkerEngine workerEngine,
    int workerSlots,
    int launchAttempts,
    Duration launchRetryDelay,
    Duration fallbackAfter,
    int batchSize,
    Duration workerTimeBudget,
    int httpPort,
    String logFormat,
    String logLevel,
    List<Shown> shown) {

  /**
   * Settings that make no sense: one line for each, with its name, its value and what is allowed.
   */
  static final class InvalidSettingsException extends RuntimeException {
    InvalidSettingsException(List<String> problems) {
      super(String.join(System.lineSeparator(), problems));
    }
  }

  /**
   * A setting as it may be shown to anybody.
   *
   * @param name of its environment variable
   * @param value of a file only the name, of an address only what cannot be a password
   * @param given false if it is the default
   */
  record Shown(String name, String value, boolean given) {}

  private static final String PORT =
      "(6553[0-5]|655[0-2]\\d|65[0-4]\\d{2}|6[0-4]\\d{3}|[1-5]?\\d{1,4})";
  private static final Pattern SERVERS =
      Pattern.compile(
          "([^\\s,:\\[\\]]+|\\[[0-9a-fA-F:]+]):PORT(,([^\\s,:\\[\\]]+|\\[[0-9a-fA-F:]+]):PORT)*"
              .replace("PORT", PORT));
  private static final Pattern TOPIC = Pattern.compile("(?!\\.{1,2}$)[a-zA-Z0-9._-]{1,249}");

  /**
   * Reads and checks every setting.
   *
   * @param flags values given as flags
   * @param environment environment variables; a flag wins over its variable
   * @throws InvalidSettingsException with all problems at once
   */
  static ProcessorConfig read(Map<Setting, String> flags, Map<String, String> environment) {
    Reading reading = new Reading(flags, environment);
    ProcessorConfig config =
        new ProcessorConfig(
            reading.matching(
                Setting.KAFKA_BOOTSTRAP_SERVERS, SERVERS, "host:port, comma-separated"),
            reading.kafkaProperties(),
            reading.matching(
                Setting.VOTES_TOPIC, TOPIC, "a topic name: letters, digits, '.', '_', '-'"),
            reading.matching(
                Setting.DEAD_LETTER_TOPIC, TOPIC, "a topic name: letters, digits, '.', '_', '-'"),
            reading.filled(Setting.CONSUMER_GROUP),
            reading.databaseUrl(),
            reading.filled(Setting.DATABASE_USER),
            reading.databasePassword(),
            reading.workerEngine(),
            reading.number(Setting.WORKER_SLOTS, 1, 1000),
            reading.number(Setting.LAUNCH_ATTEMPTS, 1, 1000),
            reading.duration(
                Setting.LAUNCH_RETRY_DELAY, Duration.ofMillis(1), Duration.ofSeconds(1)),
            reading.duration(Setting.FALLBACK_AFTER, Duration.ZERO, Duration.ofHours(1)),
            reading.number(Setting.BATCH_SIZE, 1, 100_000),
            reading.duration(
                Setting.WORKER_TIME_BUDGET, Duration.ofMillis(100), Duration.ofHours(1)),
            reading.number(Setting.HTTP_PORT, 0, 65_535),
            reading.oneOf(Setting.LOG_FORMAT, Set.of("plain", "json")),
            reading.oneOf(Setting.LOG_LEVEL, Set.of("error", "warn", "info", "debug", "trace")),
            reading.shown());
    if (config.votesTopic.equals(config.deadLetterTopic)) {
      reading.problem(
          Setting.DEAD_LETTER_TOPIC,
          config.deadLetterTopic,
          "a topic other than VOTES_TOPIC: dead letters would come back as votes");
    }
    if (!reading.problems.isEmpty()) {
      throw new InvalidSettingsException(reading.problems);
    }
    return config;
  }

  /** The secrets stay out of logs. */
  @Override
  public String toString() {
    return "ProcessorConfig[kafka="
        + kafkaBootstrapServers
        + ", group="
        + consumerGroup
        + ", slots="
        + workerSlots
        + "]";
  }

  private static final class Reading {
    private final Map<Setting, String> flags;
    private final Map<String, String> environment;
    private final List<String> problems = new ArrayList<>();

    Reading(Map<Setting, String> flags, Map<String, String> environment) {
      this.flags = flags;
      this.environment = environment;
    }

    /**
     * The value as given, or null. An empty environment variable counts as not given: compose files
     * pass those on.
     */
    private @Nullable String given(Setting setting) {
      String flag = flags.get(setting);
      if (flag != null) {
        return flag;
      }
      String variable = environment.get(setting.variable());
      return variable == null || variable.isEmpty() ? null : variable;
    }

    private String value(Setting setting) {
      String given = given(setting);
      return given == null ? setting.defaultValue() : given;
    }

    void problem(Setting setting, String value, String allowed) {
      problems.add(setting.variable() + " is '" + value + "', allowed is " + allowed);
    }

    private <T> T parsed(
        Setting setting, Function<String, @Nullable T> parse, T fallback, String allowed) {
      String value = value(setting);
      T result = parse.apply(value);
      if (result == null) {
        problem(setting, value, allowed);
        return fallback;
      }
      return result;
    }

    String matching(Setting setting, Pattern pattern, String allowed) {
      return parsed(setting, v -> pattern.matcher(v).matches() ? v : null, "", allowed);
    }

    String filled(Setting setting) {
      return parsed(setting, v -> v.isBlank() ? null : v, "", "any text that is not blank");
    }

    String oneOf(Setting setting, Set<String> allowed) {
      return parsed(
          setting,
          v -> allowed.contains(v.toLowerCase(Locale.ROOT)) ? v.toLowerCase(Locale.ROOT) : null,
          "",
          "one of " + allowed.stream().sorted().toList());
    }

    WorkerEngine workerEngine() {
      String value = value(Setting.WORKER_ENGINE).toLowerCase(Locale.ROOT);
      for (WorkerEngine engine : WorkerEngine.values()) {
        if (engine.setting().equals(value)) {
          return engine;
        }
      }
      problem(
          Setting.WORKER_ENGINE,
          value(Setting.WORKER_ENGINE),
          "one of "
              + Arrays.stream(WorkerEngine.values()).map(WorkerEngine::setting).sorted().toList());
      return WorkerEngine.AUTO;
    }

    int number(Setting setting, int least, int most) {
      return parsed(
          setting,
          v -> {
            try {
              int number = Integer.parseInt(v.strip());
              return number >= least && number <= most ? number : null;
            } catch (NumberFormatException e) {
              return null;
            }
          },
          least,
          "a whole number from " + least + " to " + most);
    }

    Duration duration(Setting setting, Duration least, Duration most) {
      return parsed(
          setting,
          v -> {
            try {
              Duration duration = Duration.parse(v.strip());
              return duration.compareTo(least) >= 0 && duration.compareTo(most) <= 0
                  ? duration
                  : null;
            } catch (DateTimeException e) {
              return null;
            }
          },
          least,
          "an ISO 8601 duration from " + least + " to " + most + ", such as PT0.5S");
    }

    String databaseUrl() {
      String url = value(Setting.DATABASE_URL);
      if (!Database.understands(url)) {
        problem(Setting.DATABASE_URL, withoutPassword(url), "jdbc:postgresql://host:port/database");
      }
      return url;
    }

    private static String withoutPassword(String url) {
      return url.replaceAll("(?i)(password=)[^&]*", "$1***").replaceAll("//[^/@]*@", "//***@");
    }

    String databasePassword() {
      String file = given(Setting.DATABASE_PASSWORD_FILE);
      if (file == null) {
        return value(Setting.DATABASE_PASSWORD);
      }
      if (given(Setting.DATABASE_PASSWORD) != null) {
        problem(
            Setting.DATABASE_PASSWORD_FILE,
            file,
            "only one of DATABASE_PASSWORD and DATABASE_PASSWORD_FILE");
        return "";
      }
      try {
        return Files.readString(Path.of(file)).replaceFirst("\\R+$", "");
      } catch (IOException | InvalidPathException e) {
        problem(Setting.DATABASE_PASSWORD_FILE, file, "a readable file (" + e + ")");
        return "";
      }
    }

    List<Shown> shown() {
      List<Shown> shown = new ArrayList<>();
      for (Setting setting : Setting.values()) {
        Optional<String> value =
            switch (setting) {
              case DATABASE_PASSWORD -> Optional.empty();
              case DATABASE_PASSWORD_FILE, KAFKA_PROPERTIES ->
                  Optional.of(value(setting).replaceFirst(".*[/\\\\]", ""));
              case DATABASE_URL ->
                  Optional.of(
                      value(setting).replaceFirst("[?&;].*", "").replaceFirst("//[^/]*@", "//"));
              case KAFKA_BOOTSTRAP_SERVERS,
                  VOTES_TOPIC,
                  DEAD_LETTER_TOPIC,
                  CONSUMER_GROUP,
                  DATABASE_USER,
                  WORKER_ENGINE,
                  WORKER_SLOTS,
                  LAUNCH_ATTEMPTS,
                  LAUNCH_RETRY_DELAY,
                  FALLBACK_AFTER,
                  BATCH_SIZE,
                  WORKER_TIME_BUDGET,
                  HTTP_PORT,
                  LOG_FORMAT,
                  LOG_LEVEL ->
                  Optional.of(value(setting));
            };
        value.ifPresent(
            text -> shown.add(new Shown(setting.variable(), text, given(setting) != null)));
      }
      return List.copyOf(shown);
    }

    Properties kafkaProperties() {
      Properties properties = new Properties();
      String file = given(Setting.KAFKA_PROPERTIES);
      if (file != null) {
        try (Reader reader = Files.newBufferedReader(Path.of(file), StandardCharsets.UTF_8)) {
          properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
          problem(Setting.KAFKA_PROPERTIES, file, "a readable properties file (" + e + ")");
        }
      }
      return properties;
    }
  }
}

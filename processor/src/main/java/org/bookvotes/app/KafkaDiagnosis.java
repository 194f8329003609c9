package org.bookvotes.app;

import static org.bookvotes.app.Finding.fail;
import static org.bookvotes.app.Finding.ok;
import static org.bookvotes.app.Finding.warn;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.bookvotes.app.Finding.Fix;
import org.jspecify.annotations.Nullable;

/** What a start needs of Kafka: looks, judges, and says how to mend it. */
final class KafkaDiagnosis {

  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Duration SOCKET_TIMEOUT = Duration.ofSeconds(2);
  private static final int MOST_REPLICAS = 3;
  private static final int DEAD_LETTER_HEADROOM_BYTES = 64 << 10;

  private static final Pattern JAAS_USER = Pattern.compile("username\\s*=\\s*\"?([^\"\\s;]+)");

  private final ProcessorConfig config;
  private final TopicCommands commands;
  private final Consumer<Finding> report;

  /**
   * @param clientFile file with the client's settings as a shell takes it, empty for none
   * @param report told each finding as soon as there is one
   */
  KafkaDiagnosis(ProcessorConfig config, String clientFile, Consumer<Finding> report) {
    this.config = config;
    this.commands = new TopicCommands(config.kafkaBootstrapServers(), clientFile);
    this.report = report;
  }

  /** Looks at everything that can be looked at. */
  void run() throws InterruptedException {
    Properties client = Processor.kafkaClient(config);
    client.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) TIMEOUT.toMillis());
    client.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) TIMEOUT.toMillis());
    try (Admin admin = Admin.create(client)) {
      Collection<Node> brokers = get(admin.describeCluster().nodes());
      report.accept(
          ok("kafka", brokers.size() + " broker(s) at " + config.kafkaBootstrapServers()));
      int replicas = Math.min(brokers.size(), MOST_REPLICAS);
      topic(
          admin,
          config.votesTopic(),
          AclOperation.READ,
          TopicCommands.VOTES_PARTITION_COUNT,
          replicas);
      topic(
          admin,
          config.deadLetterTopic(),
          AclOperation.WRITE,
          TopicCommands.DEAD_LETTERS_PARTITION_COUNT,
          replicas);
      report.accept(group(admin));
      report.accept(protocol(admin));
    } catch (KafkaException e) {
      report.accept(unreachable(e));
    }
  }

  private Finding unreachable(KafkaException e) {
    String servers = config.kafkaBootstrapServers();
    Fix otherAddress =
        new Fix(
            "in a shell, with the right address instead of HOST",
            List.of("export " + Setting.KAFKA_BOOTSTRAP_SERVERS.variable() + "=HOST:9092"));
    return switch (e) {
      case AuthenticationException refused ->
          fail(
              "kafka",
              servers + " refuses these credentials: " + refused.getMessage(),
              new Fix(
                  "in a shell, with a file of client settings that has the right ones",
                  List.of("export " + Setting.KAFKA_PROPERTIES.variable() + "=client.properties")));
      case TimeoutException silent -> {
        List<String> problems = connectionProblems(servers);
        yield problems.isEmpty()
            ? fail(
                "kafka",
                servers
                    + " takes connections but does not answer within 5 s: it may want TLS or SASL, or it advertises"
                    + " an address that cannot be reached from here",
                new Fix(
                    "for TLS and SASL, in a shell, with a file of client settings",
                    List.of(
                        "export " + Setting.KAFKA_PROPERTIES.variable() + "=client.properties")),
                new Fix(
                    "else in the broker's server.properties, with an address that is known here",
                    List.of("advertised.listeners=PLAINTEXT://" + servers.split(",", 2)[0])))
            : fail(
                "kafka",
                "no broker answers: " + String.join("; ", problems),
                new Fix(
                    "start it, with Docker Compose", List.of("docker compose up --detach kafka")),
                otherAddress);
      }
      default -> fail("kafka", servers + ": " + root(e), otherAddress);
    };
  }

  /**
   * Why no TCP connection can be made, for each server; empty if at least one takes connections.
   */
  private static List<String> connectionProblems(String servers) {
    List<String> problems = new ArrayList<>();
    for (String server : servers.split(",", -1)) {
      int colon = server.lastIndexOf(':');
      InetSocketAddress address =
          new InetSocketAddress(
              server.substring(0, colon), Integer.parseInt(server.substring(colon + 1)));
      if (address.isUnresolved()) {
        problems.add("the host of " + server + " is unknown");
        continue;
      }
      try (Socket socket = new Socket()) {
        socket.connect(address, (int) SOCKET_TIMEOUT.toMillis());
        return List.of();
      } catch (IOException e) {
        problems.add("nothing listens at " + server + " (" + e.getMessage() + ")");
      }
    }
    return problems;
  }

  private void topic(
      Admin admin, String topic, AclOperation needed, int partitionCount, int replicationFactor)
      throws InterruptedException {
    String subject = "topic " + topic;
    TopicDescription description;
    try {
      description =
          get(
              admin
                  .describeTopics(
                      List.of(topic), new DescribeTopicsOptions().includeAuthorizedOperations(true))
                  .topicNameValues()
                  .get(topic));
    } catch (UnknownTopicOrPartitionException e) {
      report.accept(
          fail(
              subject,
              "missing",
              Fix.shell(
                  commands.create(topic, partitionCount, replicationFactor)
                      + (topic.equals(config.deadLetterTopic())
                          ? " --config max.message.bytes=2097152"
                          : ""))));
      return;
    } catch (AuthorizationException e) {
      report.accept(notAllowed(topic, needed));
      return;
    } catch (ApiException e) {
      report.accept(fail(subject, "cannot be looked at: " + root(e)));
      return;
    }
    Set<AclOperation> allowed = description.authorizedOperations();
    if (allowed != null && !allowed.contains(needed)) {
      report.accept(notAllowed(topic, needed));
      return;
    }
    List<Finding> problems =
        new ArrayList<>(
            settingProblems(admin, subject, topic, description.partitions().getFirst()));
    partitionProblem(subject, topic, description, partitionCount).ifPresent(problems::add);
    if (problems.isEmpty()) {
      problems.add(ok(subject, description.partitions().size() + " partitions"));
    }
    problems.forEach(report);
  }

  private Optional<Finding> partitionProblem(
      String subject, String topic, TopicDescription description, int partitionCount) {
    List<TopicPartitionInfo> partitions = description.partitions();
    List<Integer> leaderless =
        partitions.stream()
            .filter(p -> p.leader() == null)
            .map(TopicPartitionInfo::partition)
            .toList();
    if (!leaderless.isEmpty()) {
      return Optional.of(
          fail(
              subject,
              "partitions " + leaderless + " have no leader",
              new Fix(
                  "start the brokers that have them",
                  List.of("docker compose up --detach kafka"))));
    }
    // Dead letters are few: one partition does for them.
    if (partitions.size() == 1 && topic.equals(config.votesTopic())) {
      return Optional.of(
          warn(
              subject,
              "only one partition: one replica does all the work, a rebalance has nothing to share",
              Fix.shell(commands.addPartitions(topic, partitionCount))));
    }
    return Optional.empty();
  }

  private List<Finding> settingProblems(
      Admin admin, String subject, String topic, TopicPartitionInfo partition)
      throws InterruptedException {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    Config settings;
    try {
      settings = get(admin.describeConfigs(List.of(resource)).values().get(resource));
    } catch (ApiException e) {
      // Looking at settings is a right of its own that the processor does not need.
      return List.of();
    }
    List<Finding> problems = new ArrayList<>();
    String policy = value(settings, TopicConfig.CLEANUP_POLICY_CONFIG);
    if (policy.contains(TopicConfig.CLEANUP_POLICY_COMPACT)) {
      problems.add(
          fail(
              subject,
              "cleanup.policy is " + policy + ": compaction keeps only the last event of each book",
              Fix.shell(commands.setConfig(topic, "cleanup.policy=delete"))));
    }
    if (topic.equals(config.deadLetterTopic())) {
      deadLetterSizeProblem(admin, subject, value(settings, TopicConfig.MAX_MESSAGE_BYTES_CONFIG))
          .ifPresent(problems::add);
    }
    String insync = value(settings, TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG);
    int replicaCount = partition.replicas().size();
    if (!insync.isEmpty() && Integer.parseInt(insync) > replicaCount) {
      problems.add(
          fail(
              subject,
              "min.insync.replicas is "
                  + insync
                  + ", but there are "
                  + replicaCount
                  + " replicas: nothing can be written",
              Fix.shell(commands.setConfig(topic, "min.insync.replicas=" + replicaCount))));
    }
    return problems;
  }

  /**
   * An event at the votes topic's limit is longer with the headers that tell why it was put aside.
   */
  private Optional<Finding> deadLetterSizeProblem(Admin admin, String subject, String mostBytes)
      throws InterruptedException {
    ConfigResource votes = new ConfigResource(ConfigResource.Type.TOPIC, config.votesTopic());
    String votesBytes;
    try {
      votesBytes =
          value(
              get(admin.describeConfigs(List.of(votes)).values().get(votes)),
              TopicConfig.MAX_MESSAGE_BYTES_CONFIG);
    } catch (ApiException e) {
      return Optional.empty();
    }
    if (votesBytes.isEmpty() || mostBytes.isEmpty()) {
      return Optional.empty();
    }
    long needed = Long.parseLong(votesBytes) + DEAD_LETTER_HEADROOM_BYTES;
    return Long.parseLong(mostBytes) >= needed
        ? Optional.empty()
        : Optional.of(
            warn(
                subject,
                "max.message.bytes is "
                    + mostBytes
                    + ", the votes topic's "
                    + votesBytes
                    + ": the longest events do not fit with their headers and would stop their partition",
                Fix.shell(
                    commands.setConfig(config.deadLetterTopic(), "max.message.bytes=" + needed))));
  }

  private static String value(Config settings, String name) {
    ConfigEntry entry = settings.get(name);
    return entry == null || entry.value() == null ? "" : entry.value();
  }

  private Finding notAllowed(String topic, AclOperation needed) {
    String operation = needed == AclOperation.READ ? "Read" : "Write";
    return fail(
        "topic " + topic,
        principal() + " may not " + operation.toLowerCase(Locale.ROOT) + " it",
        Fix.shell(commands.allowTopic(principal(), topic, operation, "Describe")));
  }

  private Finding group(Admin admin) throws InterruptedException {
    String group = config.consumerGroup();
    String subject = "group " + group;
    try {
      Set<AclOperation> allowed =
          get(admin
                  .describeConsumerGroups(
                      List.of(group),
                      new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true))
                  .describedGroups()
                  .get(group))
              .authorizedOperations();
      if (allowed != null && !allowed.contains(AclOperation.READ)) {
        return groupNotAllowed(subject, group);
      }
    } catch (AuthorizationException e) {
      return groupNotAllowed(subject, group);
    } catch (ApiException e) {
      // A group that nobody has joined yet is described as missing, by newer brokers.
      return ok(subject, "nobody has joined it yet");
    }
    return ok(subject, principal() + " may join it");
  }

  private Finding groupNotAllowed(String subject, String group) {
    return fail(
        subject,
        principal() + " may not join it",
        Fix.shell(commands.allowGroup(principal(), group, "Read", "Describe")));
  }

  private static Finding protocol(Admin admin) throws InterruptedException {
    FinalizedVersionRange version =
        get(admin.describeFeatures().featureMetadata()).finalizedFeatures().get("group.version");
    return ok(
        "rebalance protocol",
        version != null && version.maxVersionLevel() >= 1
            ? "the broker has the new one (KIP-848)"
            : "the broker has the classic one only, which works too");
  }

  /** Who we are to the broker, as far as our settings tell. */
  private String principal() {
    String jaas = config.kafkaProperties().getProperty(SaslConfigs.SASL_JAAS_CONFIG, "");
    Matcher user = JAAS_USER.matcher(jaas);
    return user.find() ? user.group(1) : "ANONYMOUS";
  }

  /** The result, or the {@link KafkaException} that Kafka answered with. */
  private static <T> T get(@Nullable KafkaFuture<T> future) throws InterruptedException {
    if (future == null) {
      throw new IllegalStateException("Kafka's client has left a question unanswered");
    }
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof KafkaException kafka) {
        throw kafka;
      }
      throw new KafkaException(String.valueOf(e.getCause()), e.getCause());
    }
  }

  private static String root(Throwable e) {
    return e.getCause() == null ? String.valueOf(e.getMessage()) : root(e.getCause());
  }
}

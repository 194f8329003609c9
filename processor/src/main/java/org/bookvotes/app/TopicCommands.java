package org.bookvotes.app;

/**
 * Commands for a shell that mend topics, with Kafka's own tools.
 *
 * @param bootstrapServers addresses of the brokers
 * @param clientFile file with the client's settings as a shell takes it, empty for none
 */
record TopicCommands(String bootstrapServers, String clientFile) {

  static final int VOTES_PARTITION_COUNT = 12;
  static final int DEAD_LETTERS_PARTITION_COUNT = 3;

  String create(String topic, int partitionCount, int replicationFactor) {
    return topics("--create --topic " + quoted(topic) + " --partitions " + partitionCount)
        + " --replication-factor "
        + replicationFactor;
  }

  String addPartitions(String topic, int partitionCount) {
    return topics("--alter --topic " + quoted(topic) + " --partitions " + partitionCount);
  }

  String setConfig(String topic, String setting) {
    return tool("kafka-configs.sh", "--alter --entity-type topics --entity-name " + quoted(topic))
        + " --add-config "
        + setting;
  }

  String allowTopic(String principal, String topic, String... operations) {
    return allow(principal, operations) + " --topic " + quoted(topic);
  }

  String allowGroup(String principal, String group, String... operations) {
    return allow(principal, operations) + " --group " + quoted(group);
  }

  private String allow(String principal, String... operations) {
    StringBuilder command = new StringBuilder(tool("kafka-acls.sh", "--add"));
    command.append(" --allow-principal ").append(quoted("User:" + principal));
    for (String operation : operations) {
      command.append(" --operation ").append(operation);
    }
    return command.toString();
  }

  private String topics(String arguments) {
    return tool("kafka-topics.sh", arguments);
  }

  private String tool(String name, String arguments) {
    String client = clientFile.isEmpty() ? "" : " --command-config " + clientFile;
    return name + " --bootstrap-server " + bootstrapServers + client + " " + arguments;
  }

  /** For a POSIX shell; only quoted where it must be. */
  static String quoted(String argument) {
    return argument.matches("[A-Za-z0-9._:/=@%+,-]+")
        ? argument
        : "'" + argument.replace("'", "'\\''") + "'";
  }
}

package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.kafka.KafkaContainer;

/** Kafka's own command-line tools. */
final class KafkaTools {

  // All tools are on the class path of the image, whichever scripts it has for them.
  private static final String SCRIPTS =
      """
      kafka-acls.sh() { kafka-run-class.sh org.apache.kafka.tools.AclCommand "$@"; }
      kafka-configs.sh() { kafka-run-class.sh kafka.admin.ConfigCommand "$@"; }
      PATH=/opt/kafka/bin:$PATH
      """;

  private KafkaTools() {}

  /**
   * Runs commands as they are, but for the broker's address, which is another beside the broker.
   */
  static void run(KafkaContainer server, List<String> commands)
      throws IOException, InterruptedException {
    assertThat(commands).isNotEmpty();
    for (String command : commands) {
      String beside = command.replace(server.getBootstrapServers(), "localhost:9093");
      ExecResult result = server.execInContainer("bash", "-c", SCRIPTS + beside);
      assertThat(result.getExitCode()).as("%s: %s", beside, result).isZero();
    }
  }
}

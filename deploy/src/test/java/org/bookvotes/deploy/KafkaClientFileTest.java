package org.bookvotes.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The client's settings of component {@code tls}, read by Kafka's client itself. */
class KafkaClientFileTest {

  private static final String TEXT =
      Kustomization.production().ofKind("ConfigMap").stream()
          .map(configMap -> configMap.at("/data/kafka.properties"))
          .filter(file -> !file.isMissingNode())
          .findAny()
          .orElseThrow()
          .asText();

  @TempDir Path mounted;

  @Test
  void theClientTakesCertificateAndKeyFromTheMountedFiles() throws IOException {
    Files.createDirectory(mounted.resolve("kafka-user"));
    Files.writeString(mounted.resolve("kafka-user/user.crt"), "the certificate\nin lines\n");
    Files.writeString(mounted.resolve("kafka-user/user.key"), "the key");

    ConsumerConfig config = new ConsumerConfig(properties(mounted.toString()));

    assertThat(config.getString(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG)).isEqualTo("SSL");
    assertThat(config.getPassword(SslConfigs.SSL_KEYSTORE_CERTIFICATE_CHAIN_CONFIG).value())
        .isEqualTo("the certificate\nin lines");
    assertThat(config.getPassword(SslConfigs.SSL_KEYSTORE_KEY_CONFIG).value()).isEqualTo("the key");
    assertThat(config.getString(SslConfigs.SSL_TRUSTSTORE_LOCATION_CONFIG))
        .isEqualTo(mounted + "/kafka-ca/ca.crt");
  }

  @Test
  void everyFileOfItIsMounted() {
    var container = Kustomization.production().deployment().container("bookvotes");
    Set<String> mounts = Set.copyOf(container.path("volumeMounts").findValuesAsText("mountPath"));
    Set<String> named =
        properties("/etc/bookvotes").values().stream()
            .map(Object::toString)
            .filter(value -> value.contains("/etc/bookvotes/"))
            .map(value -> value.replaceAll("^.*(/etc/bookvotes/[a-z-]+).*$", "$1"))
            .collect(Collectors.toSet());

    assertThat(named)
        .containsExactlyInAnyOrder("/etc/bookvotes/kafka-ca", "/etc/bookvotes/kafka-user");
    assertThat(mounts).containsAll(named);
  }

  /** The file, with {@code directory} in the place of the one that is mounted. */
  private static Properties properties(String directory) {
    Properties properties = new Properties();
    try {
      properties.load(new StringReader(TEXT.replace("/etc/bookvotes", directory)));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, "localhost:9");
    properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    return properties;
  }
}

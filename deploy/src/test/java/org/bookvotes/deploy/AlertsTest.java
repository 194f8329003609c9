package org.bookvotes.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class AlertsTest {

  @Test
  void theOperatorGetsTheAlertsThatPromtoolTests() throws IOException {
    assertThat(read("k8s/components/prometheus-operator/prometheus-rule.yaml").get("spec"))
        .as("the head of prometheus-rule.yaml tells how to bring it up to date")
        .isEqualTo(read("prometheus/alerts.yml"));
  }

  private static JsonNode read(String file) throws IOException {
    return new YAMLMapper().readTree(Kustomization.DEPLOY.resolve(file).toFile());
  }
}

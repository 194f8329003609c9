package org.bookvotes.observability;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MetersTest {

  @Test
  void tellsWhichVersionRuns() {
    try (Meters meters = new Meters()) {
      meters.tellVersion("1.2.3");
      assertThat(meters.scrape()).contains("\nbookvotes_build_info{version=\"1.2.3\"} 1\n");
    }
  }
}

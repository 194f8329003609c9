package org.bookvotes.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OracleTest {

  @ParameterizedTest
  @CsvSource({"0, 0, 0", "1, 0, 0.206543", "0, 1, 0", "50, 50, 0.403830", "100, 0, 0.963005"})
  void ratesByTheLowerBoundOfWilson(long up, long down, double rating) {
    assertThat(Oracle.wilson(up, down)).isCloseTo(rating, within(1e-5));
  }

  @Test
  void aKindThatStruckTooRarelyIsNamed() {
    Map<FaultKind, Long> planned = new EnumMap<>(FaultKind.class);
    planned.put(FaultKind.DISK_FULL, 10L);
    planned.put(FaultKind.CUT_KAFKA, 10L);

    assertThat(
            Oracle.checkStrikes(Map.of(FaultKind.DISK_FULL, 10L, FaultKind.CUT_KAFKA, 10L), planned)
                .passed())
        .isTrue();
    Check missing = Oracle.checkStrikes(Map.of(FaultKind.DISK_FULL, 10L), planned);
    assertThat(missing.passed()).isFalse();
    assertThat(missing.seen()).contains("cut-kafka 0 of 10");
  }

  @Test
  void whatCannotBeCheckedHasFailed() throws InterruptedException {
    List<Check> checks =
        Check.all(
            "votes",
            () -> {
              throw new IllegalStateException("no answer");
            });

    assertThat(checks).hasSize(1);
    assertThat(checks.getFirst().passed()).isFalse();
    assertThat(checks.getFirst().seen()).contains("no answer");
  }
}

package org.bookvotes.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bookvotes.chaos.Report.Goal;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {

  private static final Check GOOD = Check.none("votes", List.of(), "");
  private static final Check BAD = Check.none("votes", List.of("book 7", "book 9"), "of 10");

  @Test
  void hasPassedOnlyIfEveryCheckHas() {
    assertThat(report(List.of(GOOD, GOOD)).passed()).isTrue();
    assertThat(report(List.of(GOOD, BAD)).passed()).isFalse();
    assertThat(report(List.of(GOOD, BAD)).text())
        .contains("BROKEN", "2, such as book 7 (of 10)")
        .doesNotContain("everything held");
  }

  @Test
  void aTimeThatNeverCameMissesItsGoalAndNoneIsNoGoalMet() {
    assertThat(ratingGoal()).isEqualTo("not measured");
    assertThat(ratingGoal(Duration.ofSeconds(1), Duration.ofSeconds(10))).isEqualTo("met");
    assertThat(ratingGoal(Duration.ofSeconds(1), Duration.ofMillis(10_001))).isEqualTo("missed");
    assertThat(ratingGoal(Duration.ofSeconds(1), null)).isEqualTo("missed");
  }

  @Test
  void onlyAReplicaThatHeldASlotHasOneToBeTakenOver() {
    Recovery held = recovery(Duration.ofSeconds(1), true);
    Recovery never = recovery(null, true);
    Recovery none = recovery(null, false);

    assertThat(slotGoal(none)).isEqualTo("not measured");
    assertThat(slotGoal(none, held)).isEqualTo("met");
    assertThat(slotGoal(held, never)).isEqualTo("missed");
    assertThat(never.isComplete()).isFalse();
    assertThat(none.isComplete()).isTrue();
  }

  @Test
  void tellsMedianAndWorstOfEachKind() {
    Report report =
        Report.of(
            1,
            Instant.now(),
            Map.of(),
            List.of(GOOD),
            List.of(
                incident(recovery(Duration.ofSeconds(3), true), Duration.ZERO),
                incident(recovery(Duration.ofSeconds(1), true), Duration.ZERO),
                incident(recovery(Duration.ofSeconds(2), true), Duration.ZERO)));

    assertThat(report.recoveries()).hasSize(1);
    assertThat(report.recoveries().getFirst().slotTaken()).hasToString("2.00 s / 3.00 s");
    assertThat(report.text()).contains("| replica-kill | strike | 3 ");
  }

  @Test
  void isWrittenAsJson(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("report.json");
    report(List.of(GOOD, BAD)).write(file);

    JsonNode json = new ObjectMapper().readTree(file.toFile());
    assertThat(json.get("seed").asLong()).isEqualTo(1);
    assertThat(json.get("passed").asBoolean()).isFalse();
    assertThat(json.get("checks").get(1).get("seen").asText()).contains("book 7");
  }

  private static Report report(List<Check> checks) {
    return Report.of(1, Instant.now(), Map.of("books", "3000"), checks, List.of());
  }

  private static String ratingGoal(@Nullable Duration... ratings) {
    List<Incident> incidents =
        Arrays.stream(ratings).map(rating -> incident(recovery(null, false), rating)).toList();
    return goals(incidents).getFirst().result();
  }

  private static String slotGoal(Recovery... recoveries) {
    List<Incident> incidents =
        Arrays.stream(recoveries).map(recovery -> incident(recovery, Duration.ZERO)).toList();
    return goals(incidents).getLast().result();
  }

  private static List<Goal> goals(List<Incident> incidents) {
    return Report.of(1, Instant.now(), Map.of(), List.of(GOOD), incidents).goals();
  }

  private static Recovery recovery(@Nullable Duration slotTaken, boolean killed) {
    Duration second = Duration.ofSeconds(1);
    return new Recovery(second, second, second, second, slotTaken, killed);
  }

  private static Incident incident(Recovery recovery, @Nullable Duration ratingAfterEnd) {
    return new Incident(
        new Fault(1, FaultKind.REPLICA_KILL, Duration.ofSeconds(3), 4),
        true,
        "replica-2",
        Instant.now(),
        Duration.ofSeconds(3),
        Duration.ofSeconds(1),
        ratingAfterEnd,
        recovery);
  }
}

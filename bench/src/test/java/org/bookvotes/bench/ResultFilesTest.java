package org.bookvotes.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultFilesTest {

  private static final Metric RATE = new Metric("rate", "");
  private static final Metric TIME = new Metric("time", "s");

  @TempDir private Path directory = Path.of("");

  private static Result result(String name, double scale, double bound) {
    Map<Metric, List<Double>> values = new LinkedHashMap<>();
    values.put(RATE, List.of(30.0, 10.0, 20.0));
    values.put(TIME, List.of(1.0, 2.0, 3.0));
    Row ours = Row.of("ours", values);
    Row theirs = Row.of("theirs", Map.of(RATE, List.of(5.0, 5.0, 4.0)));
    return new Result(
        name,
        "Ours beside theirs",
        scale,
        Map.of("votes", "many"),
        List.of(new Result.Table("", List.of(ours, theirs))),
        List.of(Goal.atLeast(bound, "ours / theirs", ours.figure(RATE).over(theirs.figure(RATE)))),
        List.of(
            new Plot(
                name + "-plot",
                "Rate",
                "",
                List.of(new Plot.Series("rate", List.of(new Plot.Point(0, 1)))))),
        List.of("A note."));
  }

  private String read(String file) throws Exception {
    return Files.readString(directory.resolve(file));
  }

  @Test
  void jsonHasEachRound() throws Exception {
    new ResultFiles(directory).write(result("ingest", 1, 3), 3);
    JsonNode json = new ObjectMapper().readTree(read("ingest.json"));
    JsonNode row = json.at("/tables/0/rows/0");
    assertThat(row.get("contestant").asText()).isEqualTo("ours");
    assertThat(row.at("/figures/0/values")).hasToString("[30.0,10.0,20.0]");
    assertThat(row.at("/figures/0/median").asDouble()).isEqualTo(20.0);
    assertThat(row.at("/figures/0/min").asDouble()).isEqualTo(10.0);
    assertThat(row.at("/figures/0/max").asDouble()).isEqualTo(30.0);
    assertThat(json.at("/goals/0/met").asBoolean()).isTrue();
  }

  @Test
  void pageHasTableGoalsPlotsAndNotes() throws Exception {
    new ResultFiles(directory).write(result("ingest", 1, 3), 3);
    assertThat(read("ingest.md"))
        .startsWith("# Ours beside theirs\n")
        .contains("Medians of 3 rounds in turn")
        .contains("| | rate | time |\n|---|---:|---:|\n")
        .contains("| ours | 20.0 (10.0–30.0) | 2.00 (1.00–3.00) s |\n")
        .contains("| theirs | 5.00 (4.00–5.00) |  |\n")
        .contains("| ours / theirs ≥ 3.00 × | 5.00 (2.00–6.00) × | met |\n")
        .contains("![Rate](ingest-plot.svg)")
        .contains("- A note.")
        .contains("- votes: many")
        .doesNotContain("trial");
    assertThat(read("ingest-plot.svg")).startsWith("<svg ");
  }

  @Test
  void missedGoalsAndTrialsAreSaidAloud() throws Exception {
    new ResultFiles(directory).write(result("ingest", 0.02, 7), 3);
    assertThat(read("ingest.md"))
        .contains("**Only a trial: the work is scaled by 0.02.**")
        .contains("| ours / theirs ≥ 7.00 × | 5.00 (2.00–6.00) × | **missed** |\n");
    assertThat(read("README.md")).contains("(a trial)").contains("**missed**");
  }

  @Test
  void goalsOfEarlierBenchmarksStay() throws Exception {
    ResultFiles files = new ResultFiles(directory);
    files.write(result("soak", 1, 3), 3);
    files.write(result("ingest", 1, 7), 3);
    files.write(result("ingest", 1, 3), 3);
    assertThat(read("README.md").lines().filter(line -> line.contains(".md)")))
        .hasSize(3)
        .anyMatch(line -> line.startsWith("| [ingest](ingest.md) | ours / theirs ≥ 3.00 ×"))
        .anyMatch(line -> line.startsWith("| [soak](soak.md) | "));
  }
}

package org.bookvotes.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes results to a directory: for each benchmark JSON with every round's figure, Markdown and
 * plots, and a page with the goals of all. Used by one thread.
 */
final class ResultFiles {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Path directory;

  ResultFiles(Path directory) {
    this.directory = directory;
  }

  /** Writes one result, in place of that benchmark's last one, and the page of the goals anew. */
  void write(Result result, int rounds) throws IOException {
    Files.createDirectories(directory);
    Map<String, String> machine = Machine.describe();
    String day = LocalDate.now(ZoneOffset.UTC).toString();
    Files.writeString(
        directory.resolve(result.name() + ".json"),
        JSON.writeValueAsString(json(result, rounds, machine, day)) + "\n");
    Files.writeString(
        directory.resolve(result.name() + ".md"), markdown(result, rounds, machine, day));
    for (Plot plot : result.plots()) {
      Files.writeString(directory.resolve(plot.name() + ".svg"), Svg.draw(plot));
    }
    writeGoals();
  }

  private static ObjectNode json(
      Result result, int rounds, Map<String, String> machine, String day) {
    ObjectNode json = JSON.createObjectNode();
    json.put("benchmark", result.name()).put("title", result.title()).put("day", day);
    json.put("rounds", rounds).put("scale", result.scale());
    json.set("machine", JSON.valueToTree(machine));
    json.set("settings", JSON.valueToTree(result.settings()));
    ArrayNode tables = json.putArray("tables");
    for (Result.Table table : result.tables()) {
      ObjectNode tableJson = tables.addObject().put("title", table.title());
      ArrayNode rows = tableJson.putArray("rows");
      for (Row row : table.rows()) {
        ObjectNode rowJson = rows.addObject().put("contestant", row.contestant());
        ArrayNode figures = rowJson.putArray("figures");
        for (Figure figure : row.figures()) {
          figures
              .addObject()
              .put("metric", figure.metric().name())
              .put("unit", figure.metric().unit())
              .put("median", figure.median())
              .put("min", figure.min())
              .put("max", figure.max())
              .set("values", JSON.valueToTree(figure.values()));
        }
      }
    }
    json.set("goals", JSON.valueToTree(result.goals()));
    json.set("plots", JSON.valueToTree(result.plots()));
    json.set("notes", JSON.valueToTree(result.notes()));
    return json;
  }

  private static String markdown(
      Result result, int rounds, Map<String, String> machine, String day) {
    StringBuilder text = new StringBuilder("# " + result.title() + "\n\n");
    text.append(day)
        .append(". Medians of ")
        .append(rounds)
        .append(rounds == 1 ? " round" : " rounds in turn")
        .append(", lowest and highest in brackets.\n");
    if (result.scale() != 1) {
      text.append("\n**Only a trial: the work is scaled by ")
          .append(result.scale())
          .append(".**\n");
    }
    for (Result.Table table : result.tables()) {
      text.append(table.title().isEmpty() ? "\n" : "\n## " + table.title() + "\n\n");
      text.append(table(table.rows()));
    }
    if (!result.goals().isEmpty()) {
      text.append("\n## Goals\n\n").append("| goal | measured | |\n|---|---|---|\n");
      for (Goal goal : result.goals()) {
        text.append(goalLine(goal.text(), goal.measured(), goal.met()));
      }
    }
    for (Plot plot : result.plots()) {
      text.append("\n![").append(plot.title()).append("](").append(plot.name()).append(".svg)\n");
    }
    if (!result.notes().isEmpty()) {
      text.append('\n');
      result.notes().forEach(note -> text.append("- ").append(note).append('\n'));
    }
    text.append("\n## Machine and settings\n\n");
    machine.forEach(
        (name, value) -> text.append("- ").append(name).append(": ").append(value).append('\n'));
    result
        .settings()
        .forEach(
            (name, value) ->
                text.append("- ").append(name).append(": ").append(value).append('\n'));
    return text.toString();
  }

  private static String table(List<Row> rows) {
    List<Metric> metrics = new ArrayList<>();
    for (Row row : rows) {
      for (Figure figure : row.figures()) {
        if (!metrics.contains(figure.metric())) {
          metrics.add(figure.metric());
        }
      }
    }
    StringBuilder text = new StringBuilder("| |");
    metrics.forEach(metric -> text.append(' ').append(metric.name()).append(" |"));
    text.append("\n|---|").append("---:|".repeat(metrics.size())).append('\n');
    for (Row row : rows) {
      text.append("| ").append(row.contestant()).append(" |");
      for (Metric metric : metrics) {
        text.append(' ')
            .append(
                row.figures().stream()
                    .filter(figure -> figure.metric().equals(metric))
                    .findFirst()
                    .map(Figure::text)
                    .orElse(""))
            .append(" |");
      }
      text.append('\n');
    }
    return text.toString();
  }

  private static String goalLine(String goal, String measured, boolean met) {
    return "| " + goal + " | " + measured + " | " + (met ? "met" : "**missed**") + " |\n";
  }

  private void writeGoals() throws IOException {
    StringBuilder text =
        new StringBuilder(
            "# Results\n\nWritten by `make bench`; how is told in [bench/](../README.md).\n");
    text.append("\n| benchmark | goal | measured | |\n|---|---|---|---|\n");
    List<Path> files;
    try (var all = Files.list(directory)) {
      files = all.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    }
    for (Path file : files) {
      JsonNode json = JSON.readTree(file.toFile());
      String name = json.get("benchmark").asText();
      String link =
          "["
              + name
              + "]("
              + name
              + ".md)"
              + (json.get("scale").asDouble() == 1 ? "" : " (a trial)");
      if (json.get("goals").isEmpty()) {
        text.append("| ").append(link).append(" | | | |\n");
      }
      for (JsonNode goal : json.get("goals")) {
        text.append("| ")
            .append(link)
            .append(' ')
            .append(
                goalLine(
                    goal.get("text").asText(),
                    goal.get("measured").asText(),
                    goal.get("met").asBoolean()));
      }
    }
    Files.writeString(directory.resolve("README.md"), text);
  }
}

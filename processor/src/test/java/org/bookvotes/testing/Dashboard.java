package org.bookvotes.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A dashboard of {@code deploy/grafana}, as far as its tests need to understand it. */
public final class Dashboard {

  private static final Path FILES = Path.of("..", "deploy", "grafana", "dashboards");
  private static final Pattern LABEL_VALUES =
      Pattern.compile("label_values\\((.+), *([a-zA-Z_]\\w*)\\)");
  private static final Pattern VARIABLE = Pattern.compile("\\$(\\w+|\\{[^}]+})");

  private final String name;
  private final JsonNode json;

  private Dashboard(String name) {
    this.name = name;
    try {
      this.json = new ObjectMapper().readTree(FILES.resolve(name).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All that there are. */
  public static List<Dashboard> all() {
    String[] names = FILES.toFile().list((directory, file) -> file.endsWith(".json"));
    if (names == null || names.length == 0) {
      throw new IllegalStateException("there are no dashboards in " + FILES.toAbsolutePath());
    }
    return List.of(names).stream().sorted().map(Dashboard::new).toList();
  }

  /**
   * An expression and where it stands.
   *
   * @param place for people
   * @param expression with its variables filled in
   */
  public record Query(String place, String expression) {}

  /**
   * The values of a label, asked for by a variable.
   *
   * @param place for people
   */
  public record LabelQuery(String place, String selector, String label) {}

  public String name() {
    return name;
  }

  public JsonNode json() {
    return json;
  }

  /** All panels but the rows that only divide them. */
  public List<JsonNode> panels() {
    List<JsonNode> panels = new ArrayList<>();
    addPanels(json, panels);
    return panels;
  }

  private static void addPanels(JsonNode parent, List<JsonNode> panels) {
    for (JsonNode panel : parent.path("panels")) {
      // A row that is folded holds its panels.
      addPanels(panel, panels);
      if (!panel.path("type").asText().equals("row")) {
        panels.add(panel);
      }
    }
  }

  /** The expressions of all panels. */
  public List<Query> panelQueries(Map<String, String> variables) {
    List<Query> queries = new ArrayList<>();
    for (JsonNode panel : panels()) {
      for (JsonNode target : panel.path("targets")) {
        String place =
            "%s, '%s', %s"
                .formatted(name, panel.path("title").asText(), target.path("refId").asText());
        queries.add(new Query(place, filled(target.path("expr").asText(), variables)));
      }
    }
    return queries;
  }

  /** The expressions of the annotations that are Prometheus' own. */
  public List<Query> annotationQueries(Map<String, String> variables) {
    List<Query> queries = new ArrayList<>();
    for (JsonNode annotation : json.path("annotations").path("list")) {
      if (annotation.has("expr")) {
        queries.add(
            new Query(
                name + ", annotation '" + annotation.path("name").asText() + "'",
                filled(annotation.path("expr").asText(), variables)));
      }
    }
    return queries;
  }

  /** What the variables that ask Prometheus ask for. */
  public List<LabelQuery> variableQueries(Map<String, String> variables) {
    List<LabelQuery> queries = new ArrayList<>();
    for (JsonNode variable : json.path("templating").path("list")) {
      if (variable.path("type").asText().equals("query")) {
        String place = name + ", variable " + variable.path("name").asText();
        Matcher call =
            LABEL_VALUES.matcher(filled(variable.path("query").path("query").asText(), variables));
        if (!call.matches()) {
          throw new IllegalStateException(place + " is no label_values(selector, label)");
        }
        queries.add(new LabelQuery(place, call.group(1), call.group(2)));
      }
    }
    return queries;
  }

  private static String filled(String text, Map<String, String> variables) {
    return VARIABLE
        .matcher(text)
        .replaceAll(
            variable -> {
              String value = variables.get(variable.group(1));
              if (value == null) {
                throw new IllegalStateException("nobody fills in " + variable.group());
              }
              return Matcher.quoteReplacement(value);
            });
  }
}

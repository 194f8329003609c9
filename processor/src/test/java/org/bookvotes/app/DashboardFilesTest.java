package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.api.SoftAssertions;
import org.bookvotes.testing.Dashboard;
import org.bookvotes.testing.PrometheusServer;
import org.bookvotes.testing.Runbook;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What can be told of dashboards, alerts and runbook without a server. */
class DashboardFilesTest {

  private static final Pattern ALERT = Pattern.compile("^ +- alert: (\\w+)$", Pattern.MULTILINE);
  private static final Pattern RUNBOOK_URL =
      Pattern.compile("runbook_url: \"docs/runbook\\.md#([\\w-]+)\"");

  static List<Dashboard> dashboards() {
    return Dashboard.all();
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void everyPanelSaysWhatItShowsInWhichUnitAndWhatToDo(Dashboard dashboard) {
    List<String> anchors = Runbook.read().anchors();
    SoftAssertions soft = new SoftAssertions();
    for (JsonNode panel : dashboard.panels()) {
      String title = panel.path("title").asText();
      JsonNode defaults = panel.path("fieldConfig").path("defaults");
      soft.assertThat(title).isNotBlank();
      soft.assertThat(panel.path("targets")).as("queries of '%s'", title).isNotEmpty();
      soft.assertThat(panel.path("description").asText()).as("text of '%s'", title).isNotBlank();
      soft.assertThat(defaults.path("unit").asText()).as("unit of '%s'", title).isNotBlank();
      soft.assertThat(defaults.path("thresholds").path("steps"))
          .as("thresholds of '%s'", title)
          .isNotEmpty();
      soft.assertThat(panel.path("links")).as("links of '%s'", title).isNotEmpty();
      for (JsonNode link : panel.path("links")) {
        String url = link.path("url").asText();
        if (url.startsWith("${runbook:raw}#")) {
          soft.assertThat(anchors).as(title).contains(url.substring(url.indexOf('#') + 1));
        }
      }
    }
    soft.assertAll();
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void panelsLieBesideEachOtherAndEachHasANumberOfItsOwn(Dashboard dashboard) {
    Set<Integer> ids = new HashSet<>();
    Set<List<Integer>> cells = new HashSet<>();
    for (JsonNode panel : dashboard.json().path("panels")) {
      String title = panel.path("title").asText();
      assertThat(ids.add(panel.path("id").asInt())).as("id of '%s'", title).isTrue();
      JsonNode at = panel.path("gridPos");
      for (int x = at.path("x").asInt(); x < at.path("x").asInt() + at.path("w").asInt(); x++) {
        for (int y = at.path("y").asInt(); y < at.path("y").asInt() + at.path("h").asInt(); y++) {
          assertThat(x).as("right edge of '%s'", title).isLessThan(24);
          assertThat(cells.add(List.of(x, y))).as("place of '%s'", title).isTrue();
        }
      }
    }
  }

  @Test
  void everyAlertNamesAChapterOfTheRunbookAndEveryChapterIsThatOfAnAlert() throws IOException {
    String rules = Files.readString(PrometheusServer.FILES.resolve("alerts.yml"));
    String tests = Files.readString(PrometheusServer.FILES.resolve("alerts_test.yml"));
    Runbook runbook = Runbook.read();
    Set<String> alerts = new HashSet<>(all(ALERT, rules));

    assertThat(alerts).isNotEmpty();
    assertThat(all(RUNBOOK_URL, rules)).hasSameSizeAs(all(ALERT, rules));
    assertThat(runbook.anchors()).containsAll(all(RUNBOOK_URL, rules));
    assertThat(runbook.chapters().subList(1, runbook.chapters().size()))
        .as("chapters after 'Before the commands'")
        .containsExactlyInAnyOrderElementsOf(alerts);
    for (String alert : alerts) {
      assertThat(tests)
          .as("a unit test in which it fires")
          .contains("- alertname: " + alert + "\n");
    }
  }

  private static List<String> all(Pattern pattern, String text) {
    List<String> found = new ArrayList<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found;
  }
}

package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.bookvotes.testing.Browser;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.ShutGate;
import org.bookvotes.testing.Tally;
import org.bookvotes.testing.TestDatabase;
import org.bookvotes.testing.TestTopics;
import org.bookvotes.testing.VoteLoad;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

/** The page in a real browser, with a real processor behind it. */
class LivePageIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int BOOKS = 2_000;
  private static final String HOSTILE_GROUP = "<b id='injected'>&amp;</b>";

  private static Browser browser;

  private final TestDatabase database = Servers.newDatabase();
  private final TestTopics topics = Servers.newTopics(3);
  private final Tally tally = new Tally(20, BOOKS);
  private final Map<Setting, String> settings = Replica.settings(database, topics);
  private Replica replica;

  @BeforeAll
  static void startBrowser() {
    browser = Browser.start();
  }

  @AfterAll
  static void stopBrowser() {
    browser.close();
  }

  @BeforeEach
  void openPage() {
    database.insertBooks(BOOKS);
    settings.put(Setting.CONSUMER_GROUP, HOSTILE_GROUP + topics.votes());
    replica = Replica.inProcess(settings).awaitReady();
    browser.prefer("light");
    browser.resize(1280, 900);
    browser.open("http://localhost:" + replica.port() + "/");
    awaitText("#state", "Live"::equals);
    // What another test left on the console, such as the end of its replica.
    browser.errors();
  }

  @AfterEach
  void close() {
    browser.open("about:blank");
    // Those of a restart are not the next test's.
    browser.errors();
    replica.close();
    topics.close();
    database.close();
  }

  private static void awaitText(String css, Predicate<String> expected) {
    Awaitility.await(css)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> browser.text(css), expected);
  }

  private static void awaitAny(String css, Predicate<String> expected) {
    Awaitility.await(css)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> browser.texts(css), texts -> texts.stream().anyMatch(expected));
  }

  /** The value of a figure, by its name. */
  private static String figure(String name) {
    return String.valueOf(
        browser.run(
            "return [...document.querySelectorAll('dt')].find(e => e.textContent === '"
                + name
                + "').nextSibling.textContent"));
  }

  private static long number(String text) {
    return Long.parseLong(text.replaceAll("[^0-9]", ""));
  }

  @Test
  void valuesMoveUnderLoad() {
    try (VoteLoad load = VoteLoad.start(tally, topics, database)) {
      Awaitility.await("votes are counted on the page")
          .atMost(PATIENCE)
          .until(() -> number(figure("votes counted")) > 0);
      long counted = number(figure("votes counted"));
      load.awaitCounted(2_000);
      Awaitility.await("and more of them")
          .atMost(PATIENCE)
          .until(() -> number(figure("votes counted")) >= counted + 2_000);

      for (String chart : List.of("throughput", "freshness", "backlog", "age")) {
        awaitAny("#" + chart + "-latest li", text -> text.matches(".*: .*[1-9].*"));
        assertThat(browser.has("#" + chart + " canvas")).isTrue();
      }
      awaitAny("#throughput-latest li", text -> text.matches("events a second: [1-9].*"));
      awaitAny("#throughput-latest li", text -> text.matches("books a second: [1-9].*"));
      awaitAny("#freshness-latest li", text -> text.matches("99 %: .* m?s"));
      awaitAny("#runs tr", text -> text.contains("✓ completed") && text.contains("recalculate"));
      awaitAny(
          "#replicas tr",
          text -> text.contains(Processor.name() + " (serves this page)") && text.contains("0–2"));
      assertThat(browser.texts("#slots li")).hasSize(4);
      assertThat(browser.text("#pool"))
          .matches(".*pool.*: \\d+ ours, \\d+ others', \\d+ free of 40\\.");
      browser.photograph("load-light");
    }
    assertThat(browser.errors()).as("policy, scripts, files").isEmpty();
  }

  @Test
  void showsTheErrorOfAKilledWorker() {
    try (ShutGate gate = ShutGate.shut(database)) {
      database.execute("INSERT INTO bookvotes.stale_marks (book_id) VALUES (7)");
      ShutGate.awaitWaitingWorkers(database, 1);
      awaitAny(
          "#slots li",
          text ->
              text.contains("● busy")
                  && text.contains("recalculate, worker ")
                  && text.contains("of the time budget of 10 s"));
      database.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE datname = current_database() AND backend_type = 'pg_background'");
      awaitAny("#runs tr", text -> text.contains("✗ failed") && text.contains("57014: "));
      gate.open();
    }
    awaitAny("#runs tr", text -> text.contains("✓ completed"));
    assertThat(browser.errors()).isEmpty();
  }

  @Test
  void comesBackByItselfAfterARestartOfTheProcessor() {
    browser.run("window.untouched = true");
    settings.put(Setting.HTTP_PORT, Integer.toString(replica.port()));
    replica.close();
    awaitText("#state", "Connection lost, trying again"::equals);

    replica = Replica.inProcess(settings).awaitReady();
    awaitText("#state", "Live"::equals);
    topics.sendVotes(tally.cast(500));
    Awaitility.await("the new replica's figures")
        .atMost(PATIENCE)
        .until(() -> number(figure("votes counted")) == 500);
    assertThat(browser.run("return window.untouched")).as("not loaded anew").isEqualTo(true);
  }

  @Test
  void saysThatTheDatabaseIsAwayAndComesBack() {
    onServer("ALTER DATABASE " + database.name() + " ALLOW_CONNECTIONS false");
    onServer(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
            + database.name()
            + "'");
    awaitText("#state", text -> text.startsWith("No news: "));
    onServer("ALTER DATABASE " + database.name() + " ALLOW_CONNECTIONS true");
    awaitText("#state", "Live"::equals);
  }

  @Test
  void showsWhatCouldNotBeCountedAndTextFromOutsideAsText() {
    byte[] hostile = "<b id='injected'>".getBytes(StandardCharsets.UTF_8);
    topics.send(1, hostile, hostile);
    awaitAny(
        "#letters tr",
        text ->
            text.contains("malformed")
                && text.contains(topics.votes() + ", partition 1, offset 0")
                && text.contains("waits"));
    awaitAny("#settings tr", text -> text.contains(HOSTILE_GROUP));
    assertThat(browser.has("#injected")).isFalse();
    assertThat(browser.texts("#settings tr"))
        .noneMatch(text -> text.contains("PASSWORD") && !text.contains("PASSWORD_FILE"));
    assertThat(browser.errors()).isEmpty();
  }

  @Test
  void axeFindsNothingAndNothingIsCutOff() {
    database.execute("ALTER TABLE books ADD CHECK (book_id <> 7 OR rating = 0)");
    topics.send(0, null, new byte[] {1});
    topics.sendVotes(tally.cast(5_000));
    database.execute(
        "INSERT INTO bookvotes.stale_marks (book_id) VALUES (7) ON CONFLICT DO NOTHING");
    awaitAny("#runs tr", text -> text.contains("✗ failed"));
    awaitAny("#letters tr", text -> text.contains("malformed"));
    browser.run("document.querySelector('details').open = true");
    for (String colors : List.of("light", "dark")) {
      for (int width : new int[] {1280, 390, 360}) {
        browser.prefer(colors);
        browser.resize(width, 900);
        assertThat(browser.axeViolations()).as("%s, %d pixels wide", colors, width).isEmpty();
        assertThat(((Number) browser.run("return document.documentElement.scrollWidth")).intValue())
            .as("scrolls in one direction only")
            .isLessThanOrEqualTo(width);
        browser.photograph(colors + "-" + width);
      }
    }
    assertThat(browser.errors()).isEmpty();
  }

  @Test
  void canBeUsedByKeyboard() {
    assertThat(browser.tab()).isEqualTo("a To the content");
    assertThat(browser.tab()).isEqualTo("button Pause");
    browser.press(Keys.SPACE);
    awaitText("#state", "Paused"::equals);
    browser.press(Keys.SPACE);
    awaitText("#state", "Live"::equals);
    assertThat(browser.run("return document.activeElement.id"))
        .as("values that change do not take the focus away")
        .isEqualTo("pause");
  }

  private static void onServer(String sql) {
    try (java.sql.Connection connection =
            java.sql.DriverManager.getConnection(
                Servers.postgres().getJdbcUrl(),
                Servers.postgres().getUsername(),
                Servers.postgres().getPassword());
        java.sql.Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (java.sql.SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }
}

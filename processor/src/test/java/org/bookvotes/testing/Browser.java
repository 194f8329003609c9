package org.bookvotes.testing;

import com.deque.html.axecore.results.Rule;
import com.deque.html.axecore.selenium.AxeBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * A real Chrome or Chromium without a window: Debian's, if that is installed, else the one that
 * Selenium finds or fetches. Used by one thread.
 */
public final class Browser implements AutoCloseable {

  private static final Path DEBIAN_CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DEBIAN_DRIVER = Path.of("/usr/bin/chromedriver");

  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  /** Starts one with an empty profile. */
  public static Browser start() {
    ChromeOptions options = new ChromeOptions();
    options.addArguments(
        "--headless",
        // Its sandbox refuses to work for root, and in most containers. It shows our own page only.
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync");
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
    ChromeDriverService.Builder service = new ChromeDriverService.Builder();
    if (Files.isExecutable(DEBIAN_CHROMIUM) && Files.isExecutable(DEBIAN_DRIVER)) {
      options.setBinary(DEBIAN_CHROMIUM.toFile());
      service.usingDriverExecutable(DEBIAN_DRIVER.toFile());
    }
    ChromeDriver driver = new ChromeDriver(service.build(), options);
    driver.manage().timeouts().pageLoadTimeout(Duration.ofSeconds(60));
    return new Browser(driver);
  }

  /** Loads a page. */
  public void open(String url) {
    driver.get(url);
  }

  /** Says so to the page. */
  public void prefer(String colorScheme) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", colorScheme))));
  }

  /** Gives the page so much room, in CSS pixels. */
  public void resize(int width, int height) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
  }

  /** What is read of the one element that {@code css} selects. */
  public String text(String css) {
    return String.valueOf(
        driver.executeScript("return document.querySelector(arguments[0]).textContent", css));
  }

  /** The texts of all that {@code css} selects. A snapshot: nothing changes within it. */
  public List<String> texts(String css) {
    return strings(
        driver.executeScript(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", css));
  }

  /** What a script returns. */
  public Object run(String script) {
    Object result = driver.executeScript(script);
    return result == null ? "" : result;
  }

  private static List<String> strings(@Nullable Object value) {
    if (value == null) {
      throw new IllegalStateException("the script returned nothing");
    }
    return ((List<?>) value).stream().map(String::valueOf).toList();
  }

  /** Presses Tab, and says what has the focus then. */
  public String tab() {
    driver.switchTo().activeElement().sendKeys(Keys.TAB);
    WebElement focused = driver.switchTo().activeElement();
    return focused.getTagName() + " " + focused.getText();
  }

  /** Presses a key where the focus is. */
  public void press(Keys key) {
    driver.switchTo().activeElement().sendKeys(key);
  }

  /** Whether there is an element that {@code css} selects. */
  public boolean has(String css) {
    return !driver.findElements(By.cssSelector(css)).isEmpty();
  }

  /** What axe finds wrong with the page as it is now, each with the elements. */
  public List<String> axeViolations() {
    return new AxeBuilder()
        .analyze(driver).getViolations().stream().map(Browser::describe).toList();
  }

  private static String describe(Rule rule) {
    return rule.getId()
        + ": "
        + rule.getHelp()
        + rule.getNodes().stream()
            .map(node -> System.lineSeparator() + "  " + node.getHtml() + " " + node.getAny())
            .reduce("", String::concat);
  }

  /** Errors on the console since this was asked last: scripts, policies, what was not loaded. */
  public List<String> errors() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
        .map(LogEntry::toString)
        .toList();
  }

  /** Keeps what is to be seen, the whole page, below {@code target/live-page}. */
  public void photograph(String name) {
    Object height = run("return document.documentElement.scrollHeight");
    Object width = run("return innerWidth");
    resize(((Number) width).intValue(), ((Number) height).intValue());
    try {
      Path directory = Files.createDirectories(Path.of("target", "live-page"));
      Files.write(directory.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    driver.quit();
  }
}

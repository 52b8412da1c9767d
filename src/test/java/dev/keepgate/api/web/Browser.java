package dev.keepgate.api.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** The system's Chromium, driven by the system's own driver, which go with each other. */
final class Browser implements AutoCloseable {

  private static final String REQUIRED = "KEEPGATE_REQUIRE_BROWSER";
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final Path SCREENSHOTS = Path.of("target/page");
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final ChromeDriver driver;

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  /** Starts it; where there is none the test is skipped, or fails where it is required. */
  static Browser start() {
    if (!Files.isExecutable(CHROMIUM) || !Files.isExecutable(DRIVER)) {
      String missing = "there is no %s with %s".formatted(CHROMIUM, DRIVER);
      if (Boolean.parseBoolean(System.getenv(REQUIRED))) {
        Assertions.fail(missing);
      }
      abort(missing);
    }
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toFile());
    options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars");
    // Its shared memory may be small in a container.
    options.addArguments("--disable-dev-shm-usage");
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    options.setCapability("goog:loggingPrefs", logs);
    ChromeDriverService service =
        new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile()).build();
    return new Browser(new ChromeDriver(service, options));
  }

  WebDriver driver() {
    return driver;
  }

  void open(String url) {
    driver.get(url);
  }

  void width(int width) {
    driver.manage().window().setSize(new Dimension(width, 1000));
  }

  /** The first element of a selector, once it is there and shown. */
  WebElement find(String selector) {
    return await(
        "no " + selector,
        () ->
            driver.findElements(By.cssSelector(selector)).stream()
                .filter(WebElement::isDisplayed)
                .findFirst()
                .orElse(null));
  }

  List<WebElement> all(String selector) {
    return driver.findElements(By.cssSelector(selector));
  }

  /** The first button or link of a text, once it is there. */
  WebElement named(String text) {
    String path =
        "//*[self::button or self::a or self::summary][normalize-space()='%s']".formatted(text);
    return await(
        "no button or link '" + text + "'",
        () ->
            driver.findElements(By.xpath(path)).stream()
                .filter(element -> element.isDisplayed() && element.isEnabled())
                .findFirst()
                .orElse(null));
  }

  /** Waits until the page has a text. */
  void awaitText(String text) {
    await("no '" + text + "'", () -> text().contains(text) ? text : null);
  }

  String text() {
    return String.valueOf(script("return document.body.innerText"));
  }

  /** What a condition gives once it is not null. */
  <T> T await(String failure, java.util.function.Supplier<T> condition) {
    return org.awaitility.Awaitility.await(failure)
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(condition::get, java.util.Objects::nonNull);
  }

  @Nullable Object script(String source, Object... arguments) {
    return ((JavascriptExecutor) driver).executeScript(source, arguments);
  }

  /** Runs a script that calls its last argument with what it gives. */
  @Nullable Object asynchronous(String source) {
    return driver.executeAsyncScript(
        "const finished = arguments[arguments.length - 1]; (async () => {%s})()".formatted(source));
  }

  /** Writes a picture of the whole page. */
  void picture(String name) throws IOException {
    Files.createDirectories(SCREENSHOTS);
    Object picture =
        driver
            .executeCdpCommand("Page.captureScreenshot", Map.of("captureBeyondViewport", true))
            .get("data");
    Files.write(
        SCREENSHOTS.resolve(name + ".png"), Base64.getDecoder().decode(String.valueOf(picture)));
  }

  /** Fails where the console has an error since it was last looked at. */
  void assertNoErrors() {
    List<String> errors =
        driver.manage().logs().get(LogType.BROWSER).getAll().stream()
            .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
            .map(LogEntry::getMessage)
            // What a test made the server refuse is an error of the network, not of the page.
            .filter(message -> !message.contains("Failed to load resource"))
            .toList();
    assertThat(errors).isEmpty();
  }

  /** Fails where people with disabilities could not use what is shown. */
  @SuppressWarnings("unchecked") // what axe answers
  void assertAccessible() {
    script(axe());
    Object answer =
        driver.executeAsyncScript(
            "const done = arguments[arguments.length - 1];"
                + "axe.run(document, {resultTypes: ['violations']}).then(found => done("
                + "found.violations.filter(one => ['serious', 'critical'].includes(one.impact))"
                + ".map(one => ({id: one.id, nodes: one.nodes.map(node => node.html).slice(0, 3)}))))");
    assertThat((List<Map<String, Object>>) answer).isEmpty();
  }

  private static String axe() {
    try (InputStream script = Browser.class.getResourceAsStream("/axe.min.js")) {
      return new String(script.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    driver.quit();
  }
}

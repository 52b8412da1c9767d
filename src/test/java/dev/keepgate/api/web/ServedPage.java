package dev.keepgate.api.web;

import dev.keepgate.OwnRepository;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.openqa.selenium.Keys;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;

/** The page of a running server, open in a browser. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {"spring.application.name=page", "keepgate.repository.built-in=always"})
abstract class ServedPage implements OwnRepository {

  @LocalServerPort int port;
  Browser browser;

  @BeforeEach
  void start() {
    browser = Browser.start();
    open("");
    browser.find("nav a");
    browser.awaitText("notebook-stacked");
  }

  @AfterEach
  void end() {
    if (browser != null) {
      browser.close();
    }
  }

  void open(String view) {
    browser.open("http://localhost:%d/#/%s".formatted(port, view));
  }

  /** Chooses a model's files for an upload, which the page inspects at once. */
  void choose(Path... files) {
    open("models");
    // What was chosen before is gone.
    browser.driver().navigate().refresh();
    browser.find("#upload-files");
    String names =
        Stream.of(files)
            .map(file -> file.toAbsolutePath().toString())
            .collect(Collectors.joining("\n"));
    browser.all("#upload-files").get(0).sendKeys(names);
  }

  void typeOver(String label, String text) {
    browser
        .find("[aria-label='%s']".formatted(label))
        .sendKeys(Keys.chord(Keys.CONTROL, "a"), text);
  }
}

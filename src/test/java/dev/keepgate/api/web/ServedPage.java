package dev.keepgate.api.web;

import dev.keepgate.OwnRepository;
import java.nio.file.Path;
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

  @LocalServerPort private int port;
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

  /** Chooses a model's file, and waits until the page shows what the server makes of it. */
  void inspect(Path file) {
    open("models");
    browser.find("#upload-files").sendKeys(file.toAbsolutePath().toString());
    browser.awaitText("What the server understands");
  }

  /** Uploads a model's file under a name, and opens it. */
  void upload(Path file, String name) {
    inspect(file);
    browser
        .find("input[aria-label='Name of the model']")
        .sendKeys(Keys.chord(Keys.CONTROL, "a"), name);
    browser.named("Upload").click();
    browser.named("Open it").click();
    browser.awaitText("All models");
  }
}

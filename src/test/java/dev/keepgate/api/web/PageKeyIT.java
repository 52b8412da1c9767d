package dev.keepgate.api.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.OwnRepository;
import dev.keepgate.security.Role;
import dev.keepgate.security.TestKeys;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** The page of a server that asks who comes. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {"spring.application.name=page-key", "keepgate.repository.built-in=always"})
class PageKeyIT implements OwnRepository {

  @LocalServerPort private int port;
  private Browser browser;

  @DynamicPropertySource
  static void keys(DynamicPropertyRegistry properties) throws IOException {
    TestKeys.use(properties);
  }

  @BeforeEach
  void start() {
    browser = Browser.start();
    browser.open("http://localhost:%d/".formatted(port));
  }

  @AfterEach
  void end() {
    if (browser != null) {
      browser.close();
    }
  }

  private void give(String key) {
    browser.find("dialog input").sendKeys(key);
    browser.named("Use it").click();
  }

  @Test
  void keyIsAskedForOnceAndKeptForTheTab() throws Exception {
    assertThat(browser.find("dialog").getText()).contains("send a key as");
    browser.picture("key");
    browser.assertAccessible();
    give("kg_wrong");
    browser.await(
        "it is not asked again",
        () ->
            "".equals(browser.find("dialog input").getDomProperty("value")) ? Boolean.TRUE : null);
    give(TestKeys.text(Role.INFER));
    browser.awaitText("notebook-stacked");
    browser.named("Run it").click();
    browser.awaitText("-0.053282");
    browser.driver().navigate().refresh();
    browser.awaitText("notebook-stacked");
    assertThat(browser.all("dialog")).isEmpty();
    browser.assertNoErrors();
  }

  @Test
  void roleThatIsMissingIsToldAndAnotherKeyMayBeGiven() {
    give(TestKeys.text(Role.INFER));
    browser.awaitText("notebook-stacked");
    browser.open("http://localhost:%d/#/models".formatted(port));
    browser.find("#upload-files");
    Path model = Path.of("src/test/resources/golden/pytorch-tagger/model.pt").toAbsolutePath();
    browser.all("#upload-files").get(0).sendKeys(model.toString());
    assertThat(browser.find(".problem").getText()).contains("manage");
    browser.named("Forget the key").click();
    give(TestKeys.text(Role.MANAGE));
    browser.find("section[aria-label='Loaded models'] table");
    browser.all("#upload-files").get(0).sendKeys(model.toString());
    browser.awaitText("What the server understands");
    browser.assertNoErrors();
  }

  @Test
  void callsToCopyTakeTheKeyFromTheEnvironment() {
    give(TestKeys.text(Role.INFER));
    browser.awaitText("notebook-stacked");
    browser.open("http://localhost:%d/#/cell".formatted(port));
    assertThat(browser.find("pre code").getText()).contains("Authorization: Bearer $KEEPGATE_KEY");
    assertThat(browser.text()).doesNotContain(TestKeys.text(Role.INFER));
  }
}

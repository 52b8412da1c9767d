package dev.keepgate.api.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** The page in a browser. */
class PageIT extends ServedPage {

  private static final Path GOLDEN = Path.of("src/test/resources/golden").toAbsolutePath();

  private static final Path SCALERS = Path.of("src/test/resources/golden-scalers").toAbsolutePath();

  /** The notebook prints these numbers. */
  @Test
  void notebooksExamplesRunByAClick() {
    for (WebElement button : browser.all("main button")) {
      button.click();
    }
    browser.awaitText("-0.053282");
    String text = browser.text();
    assertThat(text).contains("0.055756").contains("-0.09982").contains("-0.78348");
    System.out.printf(
        "first paint of the page: %s ms%n",
        browser.script(
            "return performance.getEntriesByName('first-contentful-paint')[0].startTime"));
    browser.assertNoErrors();
  }

  @Test
  void cellShowsWhatItsGatesDo() {
    open("cell");
    browser.awaitText("The output is h.");
    assertThat(browser.text()).contains("h new").contains("c new");
    WebElement cell = browser.find("svg [data-part='cell']");
    cell.click();
    String equation = browser.find(".equation").getText();
    assertThat(equation).startsWith("Cell = keep × Old + write × New").endsWith("= -0.093742");
    browser.find("svg [data-part='forget']").click();
    assertThat(browser.find(".equation").getText()).startsWith("keep = σ(");
    // The second step, from the state of the first, as the notebook takes it.
    browser.named("Go on from there").click();
    WebElement x = browser.find("input[aria-label='x, row 0, number 0']");
    x.sendKeys(Keys.chord(Keys.CONTROL, "a"), "1.5");
    browser.named("Step").click();
    browser.await(
        "what was new is not old",
        () ->
            String.valueOf(browser.find("svg [data-part='old_c']").getDomAttribute("aria-label"))
                    .endsWith("-0.093742")
                ? Boolean.TRUE
                : null);
    x = browser.find("input[aria-label='x, row 0, number 0']");
    x.sendKeys(Keys.chord(Keys.CONTROL, "a"), "one");
    assertThat(x.getDomAttribute("aria-invalid")).isEqualTo("true");
    browser.assertNoErrors();
  }

  @Test
  void whatWasTypedIsThereAfterAReload() {
    open("cell");
    WebElement x = browser.find("input[aria-label='x, row 1, number 5']");
    x.sendKeys(Keys.chord(Keys.CONTROL, "a"), "7.25");
    browser.driver().navigate().refresh();
    browser.await(
        "the number is gone",
        () ->
            "7.25"
                    .equals(
                        browser
                            .find("input[aria-label='x, row 1, number 5']")
                            .getDomProperty("value"))
                ? Boolean.TRUE
                : null);
  }

  @ParameterizedTest
  @CsvSource({
    "safetensors, flax, flax-tagger/model.safetensors",
    "npz, tensorflow, tf1-multi-rnn-cell/model.npz",
    "pt, pytorch, pytorch-tagger/model.pt",
    "keras, keras, keras-stacked-dense/model.keras",
    "h5, keras, keras-lstm-last/model.h5",
    "onnx, onnx, onnx-forward/model.onnx",
    "tf-checkpoint, tensorflow, tf1-basic-lstm-cell/model.ckpt.index"
        + " tf1-basic-lstm-cell/model.ckpt.data-00000-of-00001"
  })
  void modelThatIsUploadedIsDescribedAndServed(String format, String framework, String files) {
    Path[] paths = Stream.of(files.split(" ")).map(GOLDEN::resolve).toArray(Path[]::new);
    assertServes(format, framework, paths);
  }

  @Test
  void networkOfDeeplearning4jIsServed(@TempDir Path folder) throws Exception {
    MultiLayerConfiguration configuration =
        new NeuralNetConfiguration.Builder()
            .list()
            .layer(new LSTM.Builder().nIn(3).nOut(4).build())
            .layer(
                new RnnOutputLayer.Builder().nIn(4).nOut(2).activation(Activation.SOFTMAX).build())
            .build();
    MultiLayerNetwork network = new MultiLayerNetwork(configuration);
    network.init();
    Path file = folder.resolve("network.zip");
    ModelSerializer.writeModel(network, file.toFile(), false);
    assertServes("dl4j", "dl4j", file);
  }

  private void assertServes(String format, String framework, Path... files) {
    choose(files);
    browser.awaitText("What the server understands");
    String model = "page-" + format;
    typeOver("Name of the model", model);
    browser.named("Upload").click();
    browser.awaitText("Serves as " + model + " 1");
    browser.named("Open it").click();
    browser.awaitText(format + ", from " + framework);
    browser.named("Delete this version").click();
    browser.named("Delete " + model + " 1").click();
    browser.find("section[aria-label='Loaded models'] table");
    browser.await("it is still there", () -> browser.text().contains(model) ? null : Boolean.TRUE);
    browser.assertNoErrors();
  }

  @Test
  void fileThatIsRefusedIsToldInTheServersWords() throws Exception {
    choose(Path.of("pom.xml"));
    assertThat(browser.find(".problem").getText()).contains("the file is XML or a web page");
    browser.picture("refused");
    choose(Path.of("src/test/resources/refused/keras/lambda.keras"));
    browser.await(
        "it is not refused",
        () -> browser.find(".problem").getText().contains("Lambda") ? Boolean.TRUE : null);
    browser.assertNoErrors();
  }

  /** What is wrong is told where it was given. */
  @Test
  void refusalStandsAtTheFieldThatItSpeaksOf(@TempDir Path folder) throws Exception {
    Path config = Files.writeString(folder.resolve("config.json"), "{\"forwrd\": [\"lstm\"]}");
    Path scaler = Files.writeString(folder.resolve("scaler.json"), "{\"mean\": 1}");
    choose(GOLDEN.resolve("pytorch-tagger/model.pt"), config);
    assertThat(browser.find("details .problem").getText())
        .startsWith("/config/forwrd is unknown; known are [activation,");
    typeOver("config, as JSON", " ");
    browser.named("Inspect").click();
    browser.awaitText("What the server understands");
    assertThat(browser.all(".problem")).isEmpty();
    choose(GOLDEN.resolve("pytorch-2layer/model.pt"), scaler);
    assertThat(browser.find("li[data-part='scaler'] .problem").getText()).contains("scaler");
    typeOver("Name of the model", "no spaces");
    choose(GOLDEN.resolve("pytorch-2layer/model.pt"));
    browser.awaitText("What the server understands");
    typeOver("Name of the model", "no spaces");
    browser.named("Upload").click();
    browser.awaitText("a model's name is 1 to 128 letters");
    browser.assertNoErrors();
  }

  /** Nothing is typed but the names of files. */
  @Test
  void forecastFromAFileOfReadings(@TempDir Path folder) throws Exception {
    upload("forecast-window/model.keras");
    browser.named("Give it readings").click();
    StringBuilder csv = new StringBuilder("when,load\n");
    for (int i = 0; i < 60; i++) {
      csv.append("2026-01-01,").append(Math.sin(0.3 * i)).append("\n");
    }
    Path file = Files.writeString(folder.resolve("readings.csv"), csv);
    browser.find("section[aria-label='Input']");
    browser.all("input[aria-label='A file with the readings']").get(0).sendKeys(file.toString());
    browser.awaitText("The next step:");
    browser.find("section[aria-label='Forecast'] canvas");
    browser.awaitText("51 errors of kind forecast");
    browser.driver().navigate().refresh();
    browser.awaitText("51 errors of kind forecast");
    browser.picture("forecast");
    browser.assertAccessible();
    browser.assertNoErrors();
  }

  /** A forecast whose model answers a distribution has a band. */
  @Test
  void forecastOfADistributionHasABand(@TempDir Path folder) throws Exception {
    Path model = Path.of("src/test/resources/forecasts/gaussian/model.pt");
    Path config =
        Files.writeString(folder.resolve("config.json"), "{\"distribution\": \"gaussian\"}");
    choose(model, config);
    browser.awaitText("What the server understands");
    typeOver("Name of the model", "page-gaussian");
    browser.named("Upload").click();
    browser.named("Open it").click();
    browser.named("Give it readings").click();
    StringBuilder csv = new StringBuilder("load\n");
    for (int i = 0; i < 60; i++) {
      csv.append(Math.sin(0.3 * i)).append("\n");
    }
    Path file = Files.writeString(folder.resolve("readings.csv"), csv);
    browser.find("section[aria-label='Input']");
    browser.all("input[aria-label='A file with the readings']").get(0).sendKeys(file.toString());
    browser.awaitText("The next step:");
    browser.find("section[aria-label='Forecast'] canvas");
    assertThat(browser.find("section[aria-label='Forecast'] .u-legend").getText())
        .contains("0, high", "0, low");
    browser.picture("forecast-band");
    browser.assertNoErrors();
  }

  @Test
  void sequenceIsSteppedForkedAndEnded() throws Exception {
    open("sequences");
    browser.find("[aria-label='Model of the sequence']").sendKeys("notebook-cell");
    typeOver("Id of the sequence", "page-sequence");
    browser.named("Open").click();
    browser.find("output[data-fact='steps']");
    typeOver("x, row 0, number 0", "1");
    browser.named("Step").click();
    browser.awaitText("After step 1");
    browser.named("Step").click();
    browser.awaitText("After step 2");
    assertThat(browser.find("output[data-fact='steps']").getText()).isEqualTo("2");
    browser.find("section[aria-label='Step'] canvas");
    browser.named("Look ahead").click();
    // The notebook's cell takes six numbers and answers four: it cannot read its own answers.
    assertThat(browser.find("section[aria-label='Look ahead'] .problem").getText()).isNotBlank();
    typeOver("Id of the fork", "page-fork");
    browser.named("Fork").click();
    browser.await(
        "no fork", () -> browser.find("h1").getText().equals("page-fork") ? Boolean.TRUE : null);
    assertThat(browser.find("output[data-fact='steps']").getText()).isEqualTo("2");
    browser.picture("sequences-one");
    browser.assertAccessible();
    for (String id : new String[] {"page-fork", "page-sequence"}) {
      open("sequences/" + id);
      browser.await("other", () -> browser.find("h1").getText().equals(id) ? Boolean.TRUE : null);
      browser.named("End it").click();
      browser.named("End " + id).click();
      browser.find("section[aria-label='Open sequences']");
    }
    browser.awaitText("None is open.");
    browser.assertNoErrors();
  }

  @Test
  void readingsOfAnotherWidthAreToldAtOnce(@TempDir Path folder) throws Exception {
    open("forecast/notebook-cell/1");
    Path file = Files.writeString(folder.resolve("readings.csv"), "a,b\n1,2\n3,4\n");
    browser.find("section[aria-label='Input']");
    browser.all("input[aria-label='A file with the readings']").get(0).sendKeys(file.toString());
    assertThat(browser.find(".problem").getText())
        .isEqualTo("The model takes 6 numbers a step, the readings have 2 (a, b).");
  }

  private void upload(String file) {
    choose(SCALERS.resolve(file));
    browser.awaitText("What the server understands");
    browser.named("Upload").click();
    browser.named("Open it").click();
  }

  @Test
  void liveValuesMoveUnderLoad() throws Exception {
    open("live");
    browser.find("output[data-meter='steps']");
    HttpClient client = HttpClient.newHttpClient();
    HttpRequest step =
        HttpRequest.newBuilder(
                URI.create("http://localhost:%d/v1/models/notebook-cell/step".formatted(port)))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"x\": [1, 2, 3, 4, 3, 2]}"))
            .build();
    browser.await(
        "no step was seen",
        () -> {
          assertThat(send(client, step)).isEqualTo(200);
          String shown = browser.find("output[data-meter='steps']").getText();
          return shown.matches("[1-9][0-9]*") ? shown : null;
        });
    assertThat(browser.find("output[data-meter='heap']").getText()).endsWith("B");
    browser.find("section[aria-label='A second'] canvas");
    browser.assertNoErrors();
  }

  private static int send(HttpClient client, HttpRequest request) {
    try {
      return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Test
  void sequenceShowsEveryGateOverTime() throws Exception {
    open("sequence");
    browser.find("canvas.map");
    assertThat(browser.all("canvas.map")).hasSize(6);
    assertThat(browser.text()).contains("Step 2").contains("Units that remember longest");
    browser.find("button[type='button']");
    browser.named("Compare the next with this").click();
    WebElement text = browser.find("textarea");
    text.sendKeys(
        Keys.chord(Keys.CONTROL, "a"), "a,b,c,d,e,f\n1,2,3,4,3,2\n0,0,0,0,0,0\n5,1,1,1,1,1\n");
    browser.named("Run").click();
    browser.awaitText("how far it is from the other");
    text.sendKeys(Keys.chord(Keys.CONTROL, "a"), "[[1, 2], [3]]");
    browser.named("Run").click();
    assertThat(browser.find(".problem").getText()).contains("Step 1 has 1 numbers, step 0 has 2");
    browser.assertNoErrors();
  }

  @Test
  void longRunMayBeStopped() {
    open("sequence");
    browser.find("canvas.map");
    browser.script(
        """
        const served = window.fetch;
        window.fetch = (path, init) => new Promise((_, reject) =>
            init.signal.addEventListener("abort", () => reject(init.signal.reason)));
        window.restore = () => { window.fetch = served; };
        """);
    browser.named("Run").click();
    browser.find("progress[aria-label='Under way']");
    browser.named("Stop").click();
    browser.await(
        "it goes on",
        () ->
            browser.all("progress[aria-label='Under way']").get(0).isDisplayed()
                ? null
                : Boolean.TRUE);
    assertThat(browser.all(".problem")).isEmpty();
    browser.script("window.restore()");
    browser.named("Run").click();
    browser.find("canvas.map");
    browser.assertNoErrors();
  }

  /** The browser answers while ten thousand steps of 512 units are drawn. */
  @Test
  void longSequenceDoesNotBlockThePage() throws Exception {
    open("sequence");
    browser.find("canvas.map");
    Object longest =
        browser.await(
            "nothing was drawn",
            () ->
                browser.asynchronous(
                    """
                    const done = finished;
                    const {drawHeatMap} = await import("./page/heat-map.js");
                    const steps = 10000, units = 512;
                    const values = new Float32Array(steps * units).map((_, i) => Math.sin(i));
                    const canvas = document.querySelector("canvas.map");
                    let last = performance.now(), longest = 0, on = true;
                    const tick = () => {
                      longest = Math.max(longest, performance.now() - last);
                      last = performance.now();
                      if (on) setTimeout(tick);
                    };
                    tick();
                    await drawHeatMap(canvas, (step, unit) => values[step * units + unit], steps, units,
                        new AbortController().signal);
                    on = false;
                    done(longest);
                    """));
    System.out.printf("longest pause while a long sequence was drawn: %s ms%n", longest);
    assertThat(browser.find("canvas.map").isDisplayed()).isTrue();
    browser.assertNoErrors();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "models",
        "models/notebook-stacked/1",
        "cell",
        "sequence",
        "forecast",
        "sequences",
        "live"
      })
  void viewIsForEverybody(String view) throws Exception {
    open(view);
    browser.find("main h1");
    for (String theme : new String[] {"light", "dark"}) {
      browser.script("document.documentElement.dataset.theme = arguments[0]", theme);
      for (int width : new int[] {400, 900, 1400}) {
        browser.width(width);
        browser.picture(
            "%s-%s-%d".formatted(view.isEmpty() ? "start" : view.replace('/', '-'), theme, width));
        assertThat(
                (Boolean)
                    browser.script("return document.documentElement.scrollWidth <= innerWidth"))
            .as("nothing is cut off at %d", width)
            .isTrue();
      }
      browser.assertAccessible();
    }
    browser.assertNoErrors();
  }
}

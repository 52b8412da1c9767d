package dev.keepgate.api.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** Networks with branches, as the page draws them. */
class NetworkDrawingIT extends ServedPage {

  private static final Path NETWORKS = Path.of("src/test/resources/golden-networks");

  private static final String FOLDED = "run /blocks.1/Sub";

  private void inspect(Path file) {
    choose(file);
    browser.awaitText("What the server understands");
  }

  private List<String> boxes() {
    browser.find("svg.graph");
    return browser.all("svg.graph [data-box]").stream()
        .map(box -> box.getDomAttribute("data-box"))
        .toList();
  }

  private List<String> edges() {
    return browser.all("svg.graph [data-from]").stream()
        .map(edge -> edge.getDomAttribute("data-from") + " > " + edge.getDomAttribute("data-to"))
        .toList();
  }

  private WebElement box(String id) {
    return browser.find("svg.graph [data-box='%s']".formatted(id));
  }

  private String focused() {
    return String.valueOf(browser.script("return document.activeElement.dataset.box"));
  }

  @Test
  void branchesOfSeveralInputsMeet() {
    inspect(NETWORKS.resolve("keras-two-inputs/model.keras"));
    assertThat(boxes())
        .containsExactly(
            "input history",
            "input static",
            "node lstm_12",
            "node dense_10",
            "node concatenate",
            "node dense_9",
            "output output");
    assertThat(edges())
        .containsExactlyInAnyOrder(
            "input history > node lstm_12",
            "input static > node dense_10",
            "node lstm_12 > node concatenate",
            "node dense_10 > node concatenate",
            "node concatenate > node dense_9",
            "node dense_9 > output output");
    assertThat(box("node lstm_12").getDomAttribute("aria-label"))
        .isEqualTo("LSTM, lstm_12; takes history; gives final [batch, 6]; 312 numbers");
    assertThat(box("node concatenate").getDomProperty("textContent"))
        .contains("concat", "concatenate", "[batch, 10]");
    assertThat(box("node lstm_12").getLocation().getY())
        .isEqualTo(box("node dense_10").getLocation().getY())
        .isLessThan(box("node concatenate").getLocation().getY());
    browser.assertNoErrors();
  }

  @Test
  void statesThatAreHandedOnAreNamed() throws Exception {
    inspect(NETWORKS.resolve("onnx-net-encoder-decoder/model.onnx"));
    assertThat(boxes()).contains("input x", "input more");
    WebElement edge = browser.find("svg.graph [data-from='node /encoder/LSTM']");
    assertThat(edge.getDomAttribute("data-to")).isEqualTo("node /decoder/LSTM");
    assertThat(edge.getText()).isEqualTo("final, c");
    browser.picture("network-states");
  }

  @Test
  void runsOfArrayOperationsAreOneBoxThatCanBeOpened() throws Exception {
    inspect(NETWORKS.resolve("onnx-net-attention-heads/model.onnx"));
    List<String> folded = boxes();
    assertThat(folded).contains(FOLDED).doesNotContain("node slice");
    assertThat(box(FOLDED).getText()).contains("5 array operations");
    box(FOLDED).click();
    assertThat(boxes())
        .hasSize(folded.size() + 4)
        .contains("node slice", "node /blocks.1/Cos", "node /blocks.1/Sub")
        .doesNotContain(FOLDED);
    assertThat(edges()).contains("node /blocks.1/Cos > node /blocks.1/Sub");
    assertThat(box("node slice").getDomAttribute("aria-expanded")).isEqualTo("true");
    browser.picture("network-run-opened");
    box("node slice").sendKeys(Keys.ENTER);
    assertThat(boxes()).isEqualTo(folded);
    assertThat(focused()).isEqualTo(FOLDED);
    browser.assertNoErrors();
  }

  /** What the author of a Keras model wrote as a layer of its own stays one. */
  @Test
  void functionsOfKerasAreNotFolded() {
    inspect(NETWORKS.resolve("keras-operations/model.keras"));
    assertThat(boxes()).hasSize(1 + 16 + 1).noneMatch(box -> box.startsWith("run"));
  }

  @Test
  void arrowKeysGoAlongTheWires() {
    inspect(NETWORKS.resolve("keras-two-inputs/model.keras"));
    WebElement first = box("input history");
    assertThat(browser.all("svg.graph [tabindex='0']")).hasSize(1);
    first.sendKeys(Keys.ARROW_RIGHT);
    assertThat(focused()).isEqualTo("input static");
    box("input static").sendKeys(Keys.ARROW_DOWN);
    assertThat(focused()).isEqualTo("node dense_10");
    assertThat(browser.all("svg.graph .edge.on")).hasSize(2);
    box("node dense_10").sendKeys(Keys.ARROW_LEFT);
    box("node lstm_12").sendKeys(Keys.ARROW_UP);
    assertThat(focused()).isEqualTo("input history");
    assertThat(browser.all("svg.graph [tabindex='0']")).hasSize(1);
  }

  @Test
  void nodesThatWereLeftOutAreCounted() {
    open("models");
    browser.find("main h1");
    Object boxes =
        browser.asynchronous(
            """
            const {boxesOf} = await import("./page/network-graph.js");
            const value = (name) => ({name, shape: ["batch", "time", 2]});
            const graph = {inputs: ["x"], truncated: 812, outputs: [{name: "y", of: "last"}], nodes: [
              {name: "a", type: "dense", inputs: ["x"], gives: [value("a")], parameters: 6},
              {name: "b", type: "gru", inputs: ["a"], gives: [value("b")], parameters: 30}]};
            finished(boxesOf({framework: "keras"}, graph, new Set())
                .map((box) => `${box.title} of ${box.inputs}`));
            """);
    assertThat(boxes)
        .isEqualTo(
            List.of(
                "x of ",
                "dense of input x",
                "GRU of node a",
                "812 further nodes of node b",
                "y of more"));
  }

  /** Boxes lie beside each other, and all wires go down, whatever the graph. */
  @Test
  void boxesOfAnyGraphAreApart() {
    open("models");
    browser.find("main h1");
    long seed = new Random().nextLong(1 << 30);
    System.out.printf("%s seed %d%n", getClass().getSimpleName(), seed);
    Object faults =
        browser.asynchronous(
            """
            const {layout} = await import("./page/graph-layout.js");
            let state = %d;
            const below = (most) => (state = (state * 1103515245 + 12345) %% 2147483648) %% most;
            const faults = {graphs: 0, boxes: 0, near: 0, upward: 0};
            for (let size = 1; size < 60; size++) {
              const vertices = [...Array(size).keys()].map((i) => ({
                id: `n${i}`,
                inputs: [...new Set([...Array(i && below(4)).keys()].map(() => `n${below(i)}`))],
              }));
              const {layers, places, wires} = layout(vertices, {width: 100, height: 40, gap: 10, between: 30});
              faults.graphs++;
              faults.boxes += layers.flat().length - size;
              for (const layer of layers) {
                const across = layer.map((id) => places.get(id).x);
                faults.near += across.filter((x, i) => x < 49.9 || (i > 0 && x - across[i - 1] < 109.9)).length;
              }
              for (const {from, to, points} of wires) {
                const all = [places.get(from), ...points, places.get(to)];
                faults.upward += all.filter((point, i) => i > 0 && point.y <= all[i - 1].y).length;
              }
            }
            finished(faults);
            """
                .formatted(seed));
    assertThat(faults).isEqualTo(Map.of("graphs", 59L, "boxes", 0L, "near", 0L, "upward", 0L));
  }

  @Test
  void boxOfACellLeadsToIt() {
    open("models/notebook-stacked/1");
    browser.find("svg.graph a");
    assertThat(browser.all("svg.graph a")).hasSize(2);
    box("node lstm_0").sendKeys(Keys.ENTER);
    browser.awaitText("Inside a cell");
    assertThat(browser.find("select[aria-label='Layer']").getDomProperty("value")).isEqualTo("0");
    // What is only inspected, or needs its whole sequence, has no cell to step.
    inspect(NETWORKS.resolve("keras-multi-head-attention/model.keras"));
    browser.find("svg.graph");
    assertThat(browser.all("svg.graph a")).isEmpty();
    browser.assertNoErrors();
  }

  @Test
  void drawingIsForEverybody() throws Exception {
    for (String network :
        List.of(
            "keras-two-inputs/model.keras",
            "keras-residual/model.keras",
            "keras-multi-head-attention/model.keras",
            "onnx-net-attention-heads/model.onnx")) {
      String name = String.valueOf(Path.of(network).getParent());
      inspect(NETWORKS.resolve(network));
      typeOver("Name of the model", name);
      browser.named("Upload").click();
      browser.named("Open it").click();
      browser.awaitText("All models");
      browser.find("svg.graph");
      for (String theme : new String[] {"light", "dark"}) {
        browser.script("document.documentElement.dataset.theme = arguments[0]", theme);
        for (int width : new int[] {400, 900, 1400}) {
          browser.width(width);
          browser.picture("network-%s-%s-%d".formatted(name, theme, width));
          assertThat(
                  (Boolean)
                      browser.script("return document.documentElement.scrollWidth <= innerWidth"))
              .as("nothing is cut off at %d", width)
              .isTrue();
        }
        browser.assertAccessible();
      }
    }
    browser.assertNoErrors();
  }
}

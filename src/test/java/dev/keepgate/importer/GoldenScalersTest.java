package dev.keepgate.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.importer.framework.preprocessing.LabelsFile;
import dev.keepgate.importer.framework.preprocessing.ScalerFile;
import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.Labels;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Scaler;
import dev.keepgate.registry.ImporterConfiguration;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A model with the files beside it gives what Keras and scikit-learn gave together. */
class GoldenScalersTest {

  private static final Path CASES = Path.of("src/test/resources/golden-scalers");

  private static JsonNode json(String name) throws IOException {
    return JsonMapper.shared().readTree(Files.readString(CASES.resolve(name + "/case.json")));
  }

  private static Scaler scaler(String name, String file) throws Exception {
    return ScalerFile.read(
            Files.readAllBytes(CASES.resolve(name).resolve(file)), ImportLimits.DEFAULT)
        .scaler();
  }

  private static Network network(String name) throws Exception {
    return ImporterConfiguration.importers(ImportLimits.DEFAULT)
        .read(
            ModelFiles.of(CASES.resolve(name + "/model.keras")),
            null,
            ImportConfig.parse("{}".getBytes(StandardCharsets.UTF_8)))
        .network();
  }

  private static float[] unroll(Network network, int rows, int steps, float[] x) throws Exception {
    LstmKernel kernel = new ReferenceKernel();
    try (CompiledModel model = kernel.compile(network);
        LstmKernel.Scratch scratch = kernel.newScratch()) {
      NetworkInput input =
          new NetworkInput(
              rows,
              steps,
              x,
              null,
              null,
              RecurrentState.zero(network.signature().state(), rows),
              List.of());
      return model.unroll(input, network.signature().returnSequences(), false, scratch).output();
    }
  }

  private static double[] numbers(JsonNode tensor) {
    return tensor.get("data").valueStream().mapToDouble(JsonNode::doubleValue).toArray();
  }

  private static int size(JsonNode tensor, int axis) {
    return tensor.get("shape").get(axis).intValue();
  }

  @ParameterizedTest
  @CsvSource({
    "scaler-maxabsscaler,pkl",
    "scaler-minmaxscaler,joblib",
    "scaler-minmaxscaler-symmetric,pkl",
    "scaler-robustscaler,joblib",
    "scaler-standardscaler,pkl",
    "scaler-standardscaler,joblib"
  })
  void rawReadingsBecomeAnswersInRawUnits(String name, String form) throws Exception {
    JsonNode golden = json(name);
    JsonNode x = golden.get("inputs").get("x");
    float[] scaled = scaler(name, "scaler." + form).scale(numbers(x));
    float[] output = unroll(network(name), size(x, 0), size(x, 1), scaled);
    double[] raw = scaler(name, "target_scaler." + form).invert(output);
    double[] expected = numbers(golden.get("expected").get("output"));
    double tolerance = golden.get("relative_tolerance").doubleValue();
    for (int i = 0; i < expected.length; i++) {
      assertThat(Math.abs(raw[i] - expected[i]))
          .isLessThanOrEqualTo(tolerance * Math.max(1, Math.abs(expected[i])));
    }
  }

  @Test
  void windowThatSlidesOverItsOwnAnswersForecastsInRawUnits() throws Exception {
    JsonNode golden = json("forecast-window");
    Scaler scaler = scaler("forecast-window", "scaler.joblib");
    Network network = network("forecast-window");
    float[] history = scaler.scale(numbers(golden.get("inputs").get("history")));
    double[] expected = numbers(golden.get("expected").get("forecast"));
    int window = golden.get("window").intValue();
    float[] values = Arrays.copyOf(history, history.length + expected.length);
    for (int i = 0; i < expected.length; i++) {
      int end = history.length + i;
      float[] next = unroll(network, 1, window, Arrays.copyOfRange(values, end - window, end));
      values[end] = next[next.length - 1];
      assertThat(scaler.invert(0, values[end])).isCloseTo(expected[i], within(1e-3));
    }
  }

  @ParameterizedTest
  @CsvSource({"labels.pkl", "labels.joblib"})
  void classesAreNamedMostLikelyFirst(String file) throws Exception {
    JsonNode golden = json("labels");
    Labels labels =
        LabelsFile.read(
            Files.readAllBytes(CASES.resolve("labels").resolve(file)), ImportLimits.DEFAULT);
    JsonNode x = golden.get("inputs").get("x");
    double[] raw = numbers(x);
    float[] floats = new float[raw.length];
    IntStream.range(0, raw.length).forEach(i -> floats[i] = (float) raw[i]);
    float[] output = unroll(network("labels"), size(x, 0), size(x, 1), floats);
    for (int row = 0; row < size(x, 0); row++) {
      int likeliest = 0;
      for (int i = 1; i < labels.size(); i++) {
        if (output[row * labels.size() + i] > output[row * labels.size() + likeliest]) {
          likeliest = i;
        }
      }
      assertThat(labels.names().get(likeliest))
          .isEqualTo(golden.get("expected").get("classes").get("data").get(row).stringValue());
    }
  }
}

package dev.keepgate.importer.framework.preprocessing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.importer.ImportLimits;
import dev.keepgate.model.Scaler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Scalers that scikit-learn saved give its own numbers, to the last bit. */
class ScalerCasesTest {

  private static final Path FOLDER = Path.of("src/test/resources/preprocessing");

  record Case(String file, JsonNode json) {
    @Override
    public String toString() {
      return file;
    }
  }

  static Stream<Case> cases() throws IOException {
    List<Case> cases = new ArrayList<>();
    for (String version : List.of("1.6", "1.9")) {
      JsonNode list =
          new JsonMapper().readTree(Files.readString(FOLDER.resolve("cases-" + version + ".json")));
      list.forEach(json -> cases.add(new Case(json.get("file").stringValue(), json)));
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void scalerGivesWhatItsLibraryDoes(Case wanted) throws Exception {
    ScalerFile file =
        ScalerFile.read(Files.readAllBytes(FOLDER.resolve(wanted.file())), ImportLimits.DEFAULT);
    Scaler scaler = file.scaler();
    double[][] raw = numbers(wanted.json().get("raw"));
    double[][] scaled = numbers(wanted.json().get("scaled"));
    assertThat(scaler.inputs()).isEqualTo(raw[0].length);
    assertThat(scaler.outputs()).isEqualTo(scaled[0].length);
    assertThat(scaler.names()).isEqualTo(names(wanted.json().get("names")));
    for (int row = 0; row < raw.length; row++) {
      for (int column = 0; column < scaled[row].length; column++) {
        int source = scaler.columns().get(column).source();
        assertThat(scaler.scale(column, raw[row][source]))
            .as("row %d, column %d", row, column)
            .isEqualTo(scaled[row][column]);
      }
      float[] rounded = scaler.scale(raw[row]);
      for (int column = 0; column < rounded.length; column++) {
        assertThat(rounded[column]).isEqualTo((float) scaled[row][column]);
      }
    }
    if (wanted.json().has("inverse")) {
      double[][] inverse = numbers(wanted.json().get("inverse"));
      for (int row = 0; row < raw.length; row++) {
        for (int column = 0; column < scaled[row].length; column++) {
          assertThat(scaler.invert(column, scaled[row][column]))
              .as("inverse of row %d, column %d", row, column)
              .isEqualTo(inverse[row][column]);
        }
      }
    }
  }

  private static double[][] numbers(JsonNode rows) {
    return rows.valueStream()
        .map(row -> row.valueStream().mapToDouble(JsonNode::doubleValue).toArray())
        .toArray(double[][]::new);
  }

  private static List<String> names(JsonNode names) {
    return names.valueStream().map(JsonNode::stringValue).toList();
  }
}

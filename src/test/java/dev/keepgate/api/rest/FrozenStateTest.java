package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.api.json.JsonFields;
import dev.keepgate.inference.SequenceInfo;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.ModelId;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.StateLayout;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.JsonTensorScanner;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.mock.web.MockHttpServletResponse;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;

/**
 * States that clients have exported: a build that cannot read them, or that writes them otherwise,
 * has broken what lies on its clients' disks.
 */
class FrozenStateTest {

  /**
   * A model whose state has one of the forms that there are.
   *
   * @param name of its lines in the frozen file
   * @param seed of its state's numbers
   */
  private record Model(String name, int seed, StateLayout layout) {

    static Model of(String name, int seed, CellConfig... cells) {
      return new Model(
          name, seed, new StateLayout(Stream.of(cells).map(CellConfig::state).toList()));
    }

    @Override
    public String toString() {
      return name;
    }

    RecurrentState state() {
      Random random = new Random(seed);
      RecurrentState state = RecurrentState.zero(layout, 2);
      for (String name : layout.names()) {
        for (float[] cell : state.of(name)) {
          for (int i = 0; i < cell.length; i++) {
            cell[i] = (float) (random.nextInt(2_000_001) - 1_000_000) / (1 << random.nextInt(24));
          }
        }
      }
      return state;
    }

    SequenceInfo info() {
      return new SequenceInfo(
          "chat-7",
          new ModelId("notebook-cell", 3),
          2,
          41,
          Duration.ofMinutes(15),
          Instant.parse("2026-03-01T10:20:00.456Z"),
          state());
    }

    byte[] frozen(String form) throws IOException {
      try (InputStream in =
          Objects.requireNonNull(Model.class.getResourceAsStream("/sequence/export-1.txt"))) {
        String start = name + " " + form + " ";
        String line =
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .filter(each -> each.startsWith(start))
                .findFirst()
                .orElseThrow();
        String content = line.substring(start.length());
        return form.equals("json")
            ? content.getBytes(StandardCharsets.UTF_8)
            : HexFormat.of().parseHex(content);
      }
    }
  }

  static Stream<Model> models() {
    CellConfig cell = CellConfig.builder(3, 4).build();
    return Stream.of(
        Model.of("ONE_CELL", 0, cell),
        Model.of("TWO_CELLS", 1, cell, CellConfig.builder(4, 4).build()),
        Model.of("PROJECTED", 2, CellConfig.builder(3, 4).projectionSize(2).build()),
        Model.of(
            "OF_OTHER_SIZES",
            3,
            cell,
            CellConfig.builder(4, 3).build(),
            CellConfig.builder(3, 2).build()));
  }

  /** The scanner leaves the rest to the parser. */
  static Stream<Model> scanned() {
    return models().filter(model -> model.layout().isUniform("h"));
  }

  private static byte[] exported(Model model, boolean safetensors) throws IOException {
    MockHttpServletResponse response = new MockHttpServletResponse();
    SequenceWriter.write(model.info(), true, safetensors, response);
    return response.getContentAsByteArray();
  }

  @ParameterizedTest
  @MethodSource("models")
  void jsonIsWrittenAsItWas(Model model) throws IOException {
    assertThat(new String(exported(model, false), StandardCharsets.UTF_8))
        .isEqualTo(new String(model.frozen("json"), StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @MethodSource("models")
  void safetensorsAreWrittenAsTheyWere(Model model) throws IOException {
    assertThat(exported(model, true)).isEqualTo(model.frozen("safetensors"));
  }

  @ParameterizedTest
  @MethodSource("models")
  void jsonIsReadByTheParser(Model model) throws IOException {
    StateReader reader = new StateReader(model.layout, ArrayMemory.UNBOUNDED);
    try (JsonParser json = JsonFields.JSON.createParser(ObjectReadContext.empty(), state(model))) {
      json.nextToken();
      reader.read(json);
    }
    assertRead(model, reader);
  }

  @ParameterizedTest
  @MethodSource("scanned")
  void jsonIsReadByTheScanner(Model model) throws Exception {
    byte[] json = state(model);
    StateReader reader = new StateReader(model.layout, ArrayMemory.UNBOUNDED);
    reader.scan(new JsonTensorScanner(json, 0, json.length, ArrayMemory.UNBOUNDED));
    assertRead(model, reader);
  }

  @ParameterizedTest
  @MethodSource("models")
  void safetensorsAreRead(Model model) throws IOException {
    byte[] file = model.frozen("safetensors");
    StateReader reader = new StateReader(model.layout, ArrayMemory.UNBOUNDED);
    reader.take(Safetensors.read(file, file.length, ArrayMemory.UNBOUNDED));
    assertRead(model, reader);
  }

  /** The value of the export's last field. */
  private static byte[] state(Model model) throws IOException {
    String json = new String(model.frozen("json"), StandardCharsets.UTF_8);
    String field = "\"state\":";
    return json.substring(json.indexOf(field) + field.length(), json.length() - 1)
        .getBytes(StandardCharsets.UTF_8);
  }

  private static void assertRead(Model model, StateReader reader) {
    for (String name : model.layout.names()) {
      assertSlot(Objects.requireNonNull(reader.state()).slots().get(name), model.state().of(name));
    }
  }

  /** A slot's numbers in their order, of one tensor or of several. */
  private static void assertSlot(@Nullable List<Tensor> read, float[][] expected) {
    List<Float> numbers = new ArrayList<>();
    for (Tensor tensor : Objects.requireNonNull(read)) {
      for (float each : ((Tensor.Floats) tensor).values()) {
        numbers.add(each);
      }
    }
    List<Float> wanted = new ArrayList<>();
    for (float[] cell : expected) {
      for (float each : cell) {
        wanted.add(each);
      }
    }
    assertThat(numbers).isEqualTo(wanted);
  }
}

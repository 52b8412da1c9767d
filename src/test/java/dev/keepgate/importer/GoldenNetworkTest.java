package dev.keepgate.importer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.kernel.cpu.CpuKernel;
import dev.keepgate.kernel.nd4j.Nd4jKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.registry.ImporterConfiguration;
import dev.keepgate.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Networks around recurrent cells give what the frameworks computed, from every kernel. */
class GoldenNetworkTest {

  /** Others may be written by {@code src/test/python/variants/*_network_variants.py}. */
  private static final Path CASES =
      Path.of(System.getProperty("golden.networks", "src/test/resources/golden-networks"));

  private final Importers importers = ImporterConfiguration.importers(ImportLimits.DEFAULT);

  @BeforeAll
  static void load() {
    Backend.load(BlasOptions.DEFAULT);
  }

  static Stream<Arguments> files() throws IOException {
    List<Arguments> files = new ArrayList<>();
    try (Stream<Path> cases = Files.list(CASES)) {
      for (Path folder : cases.sorted().toList()) {
        JsonNode golden = json(folder);
        for (JsonNode file : golden.path("files")) {
          for (LstmKernel kernel :
              List.of(new ReferenceKernel(), new Nd4jKernel(), new CpuKernel())) {
            files.add(Arguments.of(folder, file.asString(), kernel));
          }
        }
      }
    }
    assertThat(files).isNotEmpty();
    return files.stream();
  }

  private static JsonNode json(Path folder) {
    try {
      return JsonMapper.shared().readTree(Files.readString(folder.resolve("case.json")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("files")
  void networkComputesWhatItsFrameworkDid(Path folder, String file, LstmKernel kernel)
      throws Exception {
    JsonNode golden = json(folder);
    ImportConfig config =
        ImportConfig.parse(
            golden.path("config").isObject()
                ? golden.path("config").toString().getBytes(StandardCharsets.UTF_8)
                : "{}".getBytes(StandardCharsets.UTF_8));
    Network network = importers.read(ModelFiles.of(folder.resolve(file)), null, config).network();
    assertThat(network.signature().outputs().stream().map(Signature.Output::name))
        .containsExactlyInAnyOrderElementsOf(golden.path("expected").propertyNames());
    NetworkInput input = input(network.signature(), golden.path("inputs"));
    try (CompiledModel model = kernel.compile(network);
        LstmKernel.Scratch scratch = kernel.newScratch()) {
      NetworkOutput output =
          model.unroll(input, network.signature().returnSequences(), false, scratch);
      for (int i = 0; i < network.signature().outputs().size(); i++) {
        JsonNode expected =
            golden.path("expected").path(network.signature().outputs().get(i).name());
        float[] actual = i == 0 ? output.output() : output.all().get(i).values();
        assertClose(actual, floats(expected), golden, folder + "/" + file);
      }
    }
  }

  private static void assertClose(float[] actual, float[] expected, JsonNode golden, String name) {
    assertThat(actual).as(name).hasSameSizeAs(expected);
    boolean isRelative = golden.has("relative_tolerance");
    double tolerance = golden.path(isRelative ? "relative_tolerance" : "tolerance").asDouble();
    for (int i = 0; i < expected.length; i++) {
      double bound = tolerance * (isRelative ? Math.max(1, Math.abs(expected[i])) : 1);
      assertThat(Math.abs((double) actual[i] - expected[i]))
          .as("%s [%d]", name, i)
          .isLessThanOrEqualTo(bound);
    }
  }

  private static NetworkInput input(Signature signature, JsonNode inputs) {
    JsonNode first = inputs.path(signature.inputs().get(0).name());
    int[] shape = shape(first);
    List<Tensor> others = new ArrayList<>();
    for (Signature.Input other : signature.inputs().subList(1, signature.inputs().size())) {
      JsonNode json = inputs.path(other.name());
      others.add(
          other.vocabulary().isPresent()
              ? new Tensor.Ints(shape(json), ints(json))
              : new Tensor.Floats(shape(json), floats(json)));
    }
    float[] x = floats(first);
    int[] ids = signature.takesIds() ? ints(first) : null;
    return new NetworkInput(
        shape[0],
        shape.length > 2 || ids != null ? shape[1] : 1,
        ids == null ? x : new float[0],
        ids,
        null,
        RecurrentState.zero(signature.state(), shape[0]),
        others);
  }

  private static int[] shape(JsonNode tensor) {
    return tensor.path("shape").valueStream().mapToInt(JsonNode::asInt).toArray();
  }

  private static int[] ints(JsonNode tensor) {
    return tensor.path("data").valueStream().mapToInt(JsonNode::asInt).toArray();
  }

  private static float[] floats(JsonNode tensor) {
    float[] floats = new float[tensor.path("data").size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = tensor.path("data").get(i).floatValue();
    }
    return floats;
  }
}

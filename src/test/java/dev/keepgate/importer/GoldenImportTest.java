package dev.keepgate.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.GoldenCase;
import dev.keepgate.GoldenCase.Tensor;
import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.kernel.cpu.CpuKernel;
import dev.keepgate.kernel.nd4j.Nd4jKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.registry.ImporterConfiguration;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the frameworks saved gives what the frameworks computed. */
class GoldenImportTest {

  private final Importers importers = ImporterConfiguration.importers(ImportLimits.DEFAULT);

  @BeforeAll
  static void load() {
    Backend.load(BlasOptions.DEFAULT);
  }

  static Stream<Arguments> files() {
    return Stream.of("notebook-", "pytorch-", "tf1-", "tf2-", "flax-", "keras-", "onnx-")
        .flatMap(GoldenCase::all)
        .flatMap(
            golden ->
                golden.models().stream()
                    .flatMap(
                        model ->
                            Stream.of(new ReferenceKernel(), new Nd4jKernel(), new CpuKernel())
                                .map(kernel -> Arguments.of(golden, model, kernel))));
  }

  @ParameterizedTest
  @MethodSource("files")
  void importedModelComputesWhatItsFrameworkDid(
      GoldenCase golden, List<Path> model, LstmKernel kernel) throws Exception {
    ImportConfig config =
        ImportConfig.parse(golden.config().toString().getBytes(StandardCharsets.UTF_8));
    ImportedModel imported = importers.read(new ModelFiles(model), null, config);
    assertThat(imported.unusedTensors())
        .allMatch(name -> golden.unused().stream().anyMatch(name::startsWith));
    try (CompiledModel compiled = kernel.compile(imported.network());
        LstmKernel.Scratch scratch = kernel.newScratch()) {
      boolean returnSequences = compiled.signature().returnSequences();
      compare(
          golden,
          compiled.unroll(
              input(golden, compiled.signature(), null), returnSequences, false, scratch),
          "");
      Tensor lengths = golden.inputs().get("lengths");
      if (lengths != null) {
        compare(
            golden,
            compiled.unroll(
                input(golden, compiled.signature(), lengths.ints()),
                returnSequences,
                false,
                scratch),
            "_lengths");
      }
    }
  }

  private static NetworkInput input(
      GoldenCase golden, Signature signature, int @Nullable [] lengths) {
    Tensor ids =
        golden
            .inputs()
            .get(signature.takesIds() && !golden.inputs().containsKey("ids") ? "x" : "ids");
    Tensor x = Objects.requireNonNull(ids != null ? ids : golden.inputs().get("x"));
    int batch = x.shape()[0];
    int time = signature.takesIds() || x.shape().length == 3 ? x.shape()[1] : 1;
    RecurrentState state = RecurrentState.zero(signature.state(), batch);
    Tensor h = golden.inputs().getOrDefault("h0", golden.inputs().get("h"));
    Tensor c = golden.inputs().getOrDefault("c0", golden.inputs().get("c"));
    if (h != null) {
      Map<String, float[][]> given = new HashMap<>();
      given.put("h", split(h.floats(), state.of("h")));
      if (c != null) {
        given.put("c", split(c.floats(), state.of("c")));
      }
      state = RecurrentState.of(signature.state(), given);
    }
    return new NetworkInput(
        batch,
        time,
        ids == null ? x.floats() : new float[0],
        ids == null ? null : x.ints(),
        lengths,
        state);
  }

  private static float[][] split(float[] stacked, float[][] like) {
    float[][] cells = new float[like.length][];
    int from = 0;
    for (int i = 0; i < cells.length; i++) {
      cells[i] = Arrays.copyOfRange(stacked, from, from + like[i].length);
      from += like[i].length;
    }
    return cells;
  }

  private static void compare(GoldenCase golden, NetworkOutput output, String suffix) {
    Tensor logits = golden.expected().get("logits");
    Tensor y = logits != null ? logits : golden.expected().get("y" + suffix);
    if (y != null) {
      assertClose(golden, output.output(), y);
    }
    Tensor h = golden.expected().get("h" + suffix);
    if (h != null) {
      assertClose(golden, join(output.state().of("h")), h);
    }
    Tensor c = golden.expected().get("c" + suffix);
    if (c != null) {
      assertClose(golden, join(output.state().of("c")), c);
    }
  }

  private static float[] join(float[][] cells) {
    float[] joined = new float[0];
    for (float[] cell : cells) {
      joined = Arrays.copyOf(joined, joined.length + cell.length);
      System.arraycopy(cell, 0, joined, joined.length - cell.length, cell.length);
    }
    return joined;
  }

  private static void assertClose(GoldenCase golden, float[] actual, Tensor expected) {
    assertThat(actual).hasSize(expected.data().length);
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i])
          .as("number %d", i)
          .isCloseTo(expected.data()[i], within(golden.tolerance()));
    }
  }
}

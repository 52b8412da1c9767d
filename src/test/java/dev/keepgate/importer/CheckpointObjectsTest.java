package dev.keepgate.importer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.registry.ImporterConfiguration;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * PyTorch checkpoints with Python's objects beside the state dict (src/test/python/checkpoints.py):
 * none of them is made, and no tensor in them is lost without a word.
 */
class CheckpointObjectsTest {

  private final Importers importers = ImporterConfiguration.importers(ImportLimits.DEFAULT);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "objects-2-new.pt",
        "objects-4-old.pt",
        "objects-5-new.pt",
        "module-in-hparams.pt",
        "train.pt",
        "gpu.pt"
      })
  void whatIsNoTensorIsPassedOver(String file) throws Exception {
    ImportedModel read = read(file, "{}");
    assertThat(read.unusedTensors()).isEmpty();
    assertThat(output(read.network())).isEqualTo(output(read("good.pt", "{}").network()));
  }

  @ParameterizedTest
  @CsvSource({
    "beside-mean.pt, mean [3], '[\"mean\", \"std\"]'",
    "nested-opaque.pt, norm.weight [4], '[\"norm\"]'",
  })
  void tensorsInObjectsAndBesideAreListedAndCanBeWaived(String file, String named, String waiver)
      throws Exception {
    assertThat(refusal(file)).hasMessageContaining(named).hasMessageContaining("ignore");
    ImportedModel read = read(file, "{\"ignore\": %s}".formatted(waiver));
    assertThat(output(read.network())).isEqualTo(output(read("good.pt", "{}").network()));
  }

  @ParameterizedTest
  @CsvSource({
    "opaque-model.pt, __main__.Hold, torch.save(model.state_dict()",
    "evil.pt, posix.system, do not open it",
    "numpy-weight.pt, norm.weight: is an array, torch.from_numpy",
    "sparse.pt, fc.weight, to_dense()",
    "neg.pt, negative, resolve_neg()",
    "quant-state.pt, quantised, before it is quantised",
    "script.pt, TorchScript, torch.jit.load",
  })
  void whatIsNotReadIsNamed(String file, String named, String remedy) {
    assertThat(refusal(file)).hasMessageContaining(named).hasMessageContaining(remedy);
  }

  @Test
  void nothingOfAPickleIsRun() {
    assertThat(refusal("evil.pt").fault()).isEqualTo(ImportException.Fault.UNSUPPORTED);
  }

  private ImportedModel read(String file, String config) throws Exception {
    return importers.read(
        files(file), null, ImportConfig.parse(config.getBytes(StandardCharsets.UTF_8)));
  }

  private ImportException refusal(String file) {
    return assertThatExceptionOfType(ImportException.class)
        .isThrownBy(() -> importers.read(files(file), null, ImportConfig.NONE))
        .actual();
  }

  private static ModelFiles files(String name) {
    return ModelFiles.of(Path.of("src/test/resources/checkpoints", name));
  }

  private static float[] output(Network network) {
    LstmKernel kernel = new ReferenceKernel();
    try (CompiledModel model = kernel.compile(network);
        LstmKernel.Scratch scratch = kernel.newScratch()) {
      float[] x = {1, 2, 3, -1, 0.5f, -0.25f};
      NetworkInput input =
          new NetworkInput(1, 2, x, null, null, RecurrentState.zero(model.signature().state(), 1));
      return model.unroll(input, true, false, scratch).output();
    }
  }
}

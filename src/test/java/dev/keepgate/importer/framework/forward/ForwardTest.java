package dev.keepgate.importer.framework.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.Importers;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.registry.ImporterConfiguration;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The recipe of a file of bare tensors: what it means, and what of it is refused. */
class ForwardTest {

  private final Importers importers = ImporterConfiguration.importers(ImportLimits.DEFAULT);
  private final Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
  private float seed;

  @TempDir Path folder;

  /** A file that no order is said of: two LSTMs, two linear layers and a norm. */
  @BeforeEach
  void putNetwork() {
    put("module.lstm1.weight_ih_l0", 12, 4);
    put("module.lstm1.weight_hh_l0", 12, 3);
    put("module.lstm2.weight_ih_l0", 8, 3);
    put("module.lstm2.weight_hh_l0", 8, 2);
    put("module.ln.weight", 2);
    put("module.ln.bias", 2);
    put("module.fc1.weight", 5, 2);
    put("module.fc1.bias", 5);
    put("module.fc2.weight", 1, 5);
    put("module.fc2.bias", 1);
  }

  @Test
  void stagesAreToldWithTheirShapes() throws Exception {
    ImportedModel imported =
        read("'lstm1', 'dropout(0.2)', 'lstm2', 'ln', 'last', 'fc1', 'leaky_relu(0.1)', 'fc2'");
    assertThat(imported.forward().stream().map(each -> each.stage() + " " + each.shape()))
        .containsExactly(
            "x [batch, time, 4]",
            "lstm1 [batch, time, 3]",
            "dropout(0.2) [batch, time, 3]",
            "lstm2 [batch, time, 2]",
            "ln [batch, time, 2]",
            "last [batch, 2]",
            "fc1 [batch, 5]",
            "leaky_relu(0.1) [batch, 5]",
            "fc2 [batch, 1]");
    assertThat(imported.unusedTensors()).isEmpty();
    assertThat(imported.assumed()).contains("module.lstm1 has no bias");
  }

  /** A convolution and a pool between the code's own transposes, and a vector of all steps. */
  @Test
  void stepsAreThoseThatTheDenseLayerBehindThemTakes() throws Exception {
    tensors.clear();
    put("conv.weight", 4, 3, 3);
    put("conv.bias", 4);
    put("lstm.weight_ih_l0", 20, 4);
    put("lstm.weight_hh_l0", 20, 5);
    put("fc.weight", 2, 35);
    put("fc.bias", 2);
    ImportedModel imported =
        read("'transpose', 'conv(padding=1)', 'transpose', 'lstm', 'flatten', 'fc'");
    assertThat(imported.forward().stream().map(each -> each.stage() + " " + each.shape()))
        .containsExactly(
            "x [batch, 7, 3]",
            "transpose [batch, 7, 3]",
            "conv(padding=1) [batch, 7, 4]",
            "transpose [batch, 7, 4]",
            "lstm [batch, 7, 5]",
            "flatten [batch, 35]",
            "fc [batch, 2]");
    // Thirteen steps and fourteen are seven windows alike.
    assertThat(refusal("'conv(padding=1, stride=2)', 'lstm', 'flatten', 'fc'", ""))
        .hasMessageContaining("[13, 14]");
    assertThat(
            read("'steps(14)', 'conv(padding=1, stride=2)', 'lstm', 'flatten', 'fc'")
                .forward()
                .get(0)
                .shape())
        .containsExactly("batch", "14", "3");
    assertThat(refusal("'conv(stride=3000)', 'lstm', 'flatten', 'fc'", ""))
        .hasMessageContaining("35 features are those of inputs of no number of steps");
    assertThat(unsaid()).hasMessageContaining("conv.weight [4, 3, 3] could stand in more than");
  }

  @Test
  void causalNetworkOfConvolutionsSteps() throws Exception {
    tensors.clear();
    put("conv.weight", 4, 3, 3);
    put("lstm.weight_ih_l0", 20, 4);
    put("lstm.weight_hh_l0", 20, 5);
    assertThat(read("'conv(padding=causal)', 'lstm'").network().signature().isCausal()).isTrue();
    assertThat(read("'conv(padding=1)', 'lstm'").network().signature().isCausal()).isFalse();
    assertThat(read("'conv(padding=causal)', 'lstm', 'last'").network().signature().isCausal())
        .isTrue();
  }

  @Test
  void transposedConvolutionIsToldByItsName() throws Exception {
    tensors.clear();
    put("deconv.weight", 4, 4, 3);
    put("lstm.weight_ih_l0", 20, 4);
    put("lstm.weight_hh_l0", 20, 5);
    assertThat(refusal("'deconv', 'lstm'", "")).hasMessageContaining("a transposed convolution");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'lstm1', 'fc9' | /config/forward/1 | neither a module of the file",
        "'lstm2', 'lstm1' | /config/forward/1 | takes 4 features, the stage before it gives 2",
        "'relu', 'lstm1' | /config/forward/0 | has to stand first",
        "'lstm1', 'last', 'lstm2' | /config/forward/2 | reads steps",
        "'lstm1', 'relu', 'final_state' | /config/forward/2 | right behind one",
        "'lstm1', 'last', 'last' | /config/forward/2 | but one step left",
        "'lstm1', 'transpose', 'lstm2', 'fc1' | /config/forward/2 | a transpose before it",
        "'lstm1', 'transpose' | /config/forward/1 | no other transpose undoes it",
        "'lstm1', 'softmax(1)' | /config/forward/1 | only over the last axis",
        "'lstm1', 'relu(3)' | /config/forward/1 | takes no argument",
        "'lstm1', 'dropout(q=1)' | /config/forward/1 | has no argument 'q'",
        "'lstm1(' | /config/forward/0 | expected a name",
        "'lstm1', 'repeat(30)' | /config/forward/1 | repeats one vector",
        "'lstm1', 'last', 'repeat' | /config/forward/2 | say how many steps",
        "'lstm1', 'last', 'mean' | /config/forward/2 | the stages before it leave none",
        "'lstm1', 'mean(2)' | /config/forward/1 | only over the steps, which are axis 1",
        "'lstm1', 'max_pool' | /config/forward/1 | say its window",
        "'lstm1', 'max_pool(2, padding=3)' | /config/forward/1 | pads more than half",
        "'lstm1', 'max_pool(2, ceil_mode=true)' | /config/forward/1 | has no argument 'ceil_mode'",
        "'mean', 'lstm1' | /config/forward/0 | has to stand first",
        "'lstm1', 'lstm2', 'flatten' | /config/forward/2 | which no dense layer",
        "'steps(3)', 'lstm1', 'steps(3)' | /config/forward/2 | once and in front",
        "'lstm1(relu)' | /config/forward/0 | only an nn.RNN has another activation",
        "'lstm1(last)' | /config/forward/0 | is no activation of a recurrent layer",
        "'lstm1', 'permute(2, 0, 1)' | /config/forward/1 | only steps and features",
        "'lstm1', 'last', 'transpose' | /config/forward/2 | no steps left",
        "'lstm1', 'lstm2', 'ln(groups=3)' | /config/forward/2 | 3 groups do not part",
        "'lstm1', 'lstm2', 'ln(group_norm)' | /config/forward/2 | say its groups",
        "'lstm1', 'lstm2', 'ln(prelu)' | /config/forward/2 | is none of layer_norm",
        "'lstm1', 'transpose', 'transpose', 'max_pool(2)' | /config/forward/3 | no transpose stands",
        "'lstm1', 'max_pool(1)', 'flatten' | /config/forward/2 | whether steps or features come",
        "'lstm1', 'final_state(d)' | /config/forward/1 | is no state of it",
        "'lstm1', 'threshold(1)' | /config/forward/1 | takes two numbers",
        "'lstm1', 'batch_norm' | /config/forward/1 | name the file's module",
        "'lstm1', 'lstm2', 'ln(batch_norm)' | /config/forward/2 | those of a layer_norm or group_norm",
        "'fc1' | /config/forward | needs a recurrent layer",
        " | /config/forward | names no stage",
      })
  void recipeThatDoesNotFitIsRefusedWhereItDoesNot(String recipe, String where, String why)
      throws IOException {
    ImportException e = refusal(recipe == null ? "" : recipe, "");
    assertThat(e.problems()).extracting(ImportException.Problem::where).containsExactly(where);
    assertThat(e).hasMessageContaining(why);
  }

  @Test
  void moduleThatARecipeLeavesOutIsRefusedUnlessItIsIgnored() throws Exception {
    assertThat(refusal("'lstm1', 'lstm2'", ""))
        .hasMessageContaining("module.fc1.weight [5, 2]")
        .hasMessageContaining("[\"module.ln\", \"module.fc1\", \"module.fc2\"]");
    ImportedModel imported = read("'lstm1', 'lstm2'", ", 'ignore': ['module.fc*', 'module.ln']");
    assertThat(imported.unusedTensors()).contains("module.fc1.weight", "module.ln.bias");
    assertThat(refusal("'lstm1', 'lstm2'", ", 'ignore': ['fc']"))
        .hasMessageContaining("/config/ignore/0: 'fc' is the name of no tensor");
  }

  @ParameterizedTest
  @ValueSource(strings = {"'head': 'fc1'", "'embedding': 'fc1'", "'head_activation': 'relu'"})
  void whatARecipeSaysIsNotSaidTwice(String field) throws IOException {
    assertThat(refusal("'lstm1', 'lstm2', 'fc1', 'fc2'", ", " + field))
        .hasMessageContaining("is said by forward");
  }

  @Test
  void answerOfOneStepIsNotAnAnswerOfEvery() throws IOException {
    assertThat(
            refusal("'lstm1', 'lstm2', 'ln', 'last', 'fc1', 'fc2'", ", 'return_sequences': true"))
        .hasMessageContaining("/config/return_sequences");
  }

  @Test
  void matrixWithoutABiasIsWhatItsNameOrTheRecipeSays() throws Exception {
    tensors.clear();
    put("lstm.weight_ih_l0", 12, 4);
    put("lstm.weight_hh_l0", 12, 3);
    put("thing.weight", 4, 4);
    assertThat(refusal("'thing', 'lstm'", ""))
        .hasMessageContaining("thing(embedding) or thing(linear)");
    assertThat(read("'thing(embedding)', 'lstm'").network().signature().takesIds()).isTrue();
    assertThat(read("'thing(linear)', 'lstm'").network().signature().takesIds()).isFalse();
  }

  @Test
  void nothingOfSeveralWordsIsGuessed() throws IOException {
    ImportException e = unsaid();
    assertThat(e)
        .hasMessageContaining("module.ln.weight [2] could stand in more than one place")
        .hasMessageContaining(
            "[\"module.lstm1\", \"module.lstm2\", \"module.ln\", \"module.fc1\", \"module.fc2\"]");
  }

  @Test
  void numberThatIsLeftOutIsAModuleWithoutWeights() throws IOException {
    tensors.clear();
    put("lstm.weight_ih_l0", 12, 4);
    put("lstm.weight_hh_l0", 12, 3);
    put("fc.1.weight", 2, 3);
    put("fc.1.bias", 2);
    assertThat(unsaid()).hasMessageContaining("fc.0 has no weights");
    tensors.clear();
    put("rnns.1.weight_ih_l0", 12, 3);
    put("rnns.1.weight_hh_l0", 12, 3);
    put("rnns.2.weight_ih_l0", 12, 3);
    put("rnns.2.weight_hh_l0", 12, 3);
    assertThat(unsaid()).hasMessageContaining("rnns.0 has no weights");
  }

  private ImportedModel read(String recipe) throws IOException, ImportException {
    return read(recipe, "");
  }

  private ImportedModel read(String recipe, String others) throws IOException, ImportException {
    return importers.read(ModelFiles.of(file()), null, config(json(recipe, others)));
  }

  private ImportException refusal(String recipe, String others) throws IOException {
    Path file = file();
    return assertThatExceptionOfType(ImportException.class)
        .isThrownBy(() -> importers.read(ModelFiles.of(file), null, config(json(recipe, others))))
        .actual();
  }

  private ImportException unsaid() throws IOException {
    Path file = file();
    return assertThatExceptionOfType(ImportException.class)
        .isThrownBy(() -> importers.read(ModelFiles.of(file), null, ImportConfig.NONE))
        .actual();
  }

  private static String json(String recipe, String others) {
    return "{'forward': [%s]%s}".formatted(recipe, others).replace('\'', '"');
  }

  private static ImportConfig config(String json) throws ImportException {
    return ImportConfig.parse(json.getBytes(StandardCharsets.UTF_8));
  }

  private void put(String name, int... shape) {
    float[] values = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(++seed);
    }
    tensors.put(name, Tensor.Floats.of(values, shape));
  }

  private Path file() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Safetensors.write(out, tensors, Map.of());
    return Files.write(folder.resolve("model.safetensors"), out.toByteArray());
  }
}

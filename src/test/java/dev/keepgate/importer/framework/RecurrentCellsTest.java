package dev.keepgate.importer.framework;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.Importers;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.model.Network;
import dev.keepgate.registry.ImporterConfiguration;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which cells bare tensors are, and what they cannot be told to be. */
class RecurrentCellsTest {

  private final Importers importers = ImporterConfiguration.importers(ImportLimits.DEFAULT);

  @TempDir private Path folder;

  /**
   * @param shapes of each tensor, such as {@code weight_ih_l0 12 3}, apart by commas
   */
  private Network read(String shapes, String config) throws Exception {
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    for (String each : shapes.split(", *")) {
      String[] parts = each.split(" ");
      int[] shape = Stream.of(parts).skip(1).mapToInt(Integer::parseInt).toArray();
      int count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      tensors.put(parts[0], Tensor.Floats.of(new float[count], shape));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Safetensors.write(out, tensors, Map.of());
    Path file = Files.write(folder.resolve("model.safetensors"), out.toByteArray());
    ImportConfig given = ImportConfig.parse(config.getBytes(StandardCharsets.UTF_8));
    return importers.read(ModelFiles.of(file), null, given).network();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // As wide as an LSTM of 3 or a GRU of 4, and its recurrent kernel tells which.
        "weight_ih_l0 12 5, weight_hh_l0 12 4 | {} | gru, hiddenSize=4, resetAfter=true",
        "weight_ih_l0 12 5, weight_hh_l0 12 3 | {} | lstm, hiddenSize=3",
        "weight_ih_l0 12 5, weight_hh_l0 12 12 | {} | rnn, hiddenSize=12, kind=TANH",
        "weight_ih_l0 4 5, weight_hh_l0 4 4 | {\"activation\": \"relu\"} | rnn, kind=RELU",
        "rnn/gru/cell/kernel 5 6, rnn/gru/cell/recurrent_kernel 2 6, rnn/gru/cell/bias 2 6 | {}"
            + " | gru, resetAfter=true",
        "rnn/gru/cell/kernel 5 6, rnn/gru/cell/recurrent_kernel 2 6, rnn/gru/cell/bias 6 | {}"
            + " | gru, resetAfter=false",
        "c.dense_i.kernel 5 6, c.dense_h.kernel 2 6 | {\"recurrent_activation\": \"hard_sigmoid\"}"
            + " | gru, kind=HARD_SIGMOID",
        "c.dense_i.kernel 5 8, c.dense_h.kernel 2 8 | {} | lstm, hiddenSize=2",
        "c.dense_i.kernel 5 2, c.dense_h.kernel 2 2 | {} | rnn, hiddenSize=2",
      })
  void shapesTellTheCell(String shapes, String config, String said) throws Exception {
    String described = read(shapes, config).describe().layers().get(0).toString();
    assertThat(described).contains(said.split(", "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "weight_ih_l0 6 5, weight_hh_l0 6 2 | {\"forget_bias\": 1} | /config/forget_bias",
        "weight_ih_l0 6 5, weight_hh_l0 6 2 | {\"gate_order\": \"ifgo\"} | /config/gate_order",
        "weight_ih_l0 2 5, weight_hh_l0 2 2 | {\"recurrent_activation\": \"tanh\"}" + " | no gates",
        "weight_ih_l0 6 5, weight_hh_l0 6 2 | {\"proj_size\": 2} | says 2, the file has 0",
        "weight_ih_l0 8 5, weight_hh_l0 6 2 | {} | weight_ih_l0: expected shape [6, input]",
        "weight_ih_l0 6 5, weight_hh_l0 6 2, bias_ih_l0 6 | {} | bias_hh_l0",
        "weight_ih_l0 10 5, weight_hh_l0 10 2 | {} | weight_ih_l0",
        "rnn/gru/cell/kernel 5 6, rnn/gru/cell/recurrent_kernel 2 6 | {} | save the model as .keras",
        "rnn/gru/cell/kernel 5 6, rnn/gru/cell/recurrent_kernel 2 6, rnn/gru/cell/bias 3 6 | {}"
            + " | expected shape [2, 6]",
        "rnn/c/cell/kernel 5 4, rnn/c/cell/recurrent_kernel 2 4 | {} | recurrent_kernel",
        "c.dense_i.kernel 5 10, c.dense_h.kernel 2 10 | {} | c.dense_h.kernel",
        "c.dense_i.kernel 5 8, c.dense_h.kernel 2 6 | {} | c.dense_h.kernel",
        "g/gru_cell/gates/kernel 7 4, g/gru_cell/gates/bias 4 | {} | g/gru_cell/candidate/kernel",
      })
  void whatIsNoSuchCellIsRefused(String shapes, String config, String why) {
    assertThatExceptionOfType(ImportException.class)
        .isThrownBy(() -> read(shapes, config))
        .withMessageContaining(why);
  }
}

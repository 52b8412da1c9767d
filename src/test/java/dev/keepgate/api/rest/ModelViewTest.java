package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.importer.ModelFormat;
import dev.keepgate.model.Activation;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.GruCell;
import dev.keepgate.model.GruConfig;
import dev.keepgate.model.Layer;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.Merge;
import dev.keepgate.model.Network;
import dev.keepgate.model.RnnCell;
import dev.keepgate.model.RnnConfig;
import dev.keepgate.model.Summary;
import dev.keepgate.registry.ModelDescription;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What clients see of a model's layers. */
class ModelViewTest {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private static final CellConfig PLAIN = CellConfig.builder(3, 4).build();

  private static JsonNode layer(CellConfig forward, @Nullable CellConfig backward) {
    return layer(
        new Layer.Recurrent(
            cell(forward), backward == null ? null : cell(backward), Merge.CONCAT, false, false));
  }

  private static JsonNode layer(Layer.Recurrent layer) {
    Network network = Network.chain("onnx", List.of(layer), true, Summary.LAST_STEP);
    ModelView view =
        ModelView.of(
            new ModelDescription(
                ModelFormat.ONNX,
                network.framework(),
                network.signature(),
                network.describe(),
                1,
                1,
                List.of(),
                List.of(),
                List.of(),
                null),
            1);
    return JSON.readTree(JSON.writeValueAsString(view)).at("/layers/0");
  }

  private static LstmCell cell(CellConfig config) {
    int gates = 4 * config.hiddenSize();
    return new LstmCell(
        config,
        new CellWeights(
            new float[config.inputSize() * gates],
            new float[config.outputSize() * gates],
            new float[gates],
            config.peepholes() ? new float[3 * config.hiddenSize()] : null,
            null));
  }

  @Test
  void showsBothDirectionsWhereTheyDiffer() {
    CellConfig other =
        CellConfig.builder(3, 5).activation(Activation.RELU).forgetBias(1).peepholes(true).build();
    JsonNode layer = layer(PLAIN, other);
    assertThat(layer.get("bidirectional").asBoolean()).isTrue();
    assertThat(layer.get("hidden_size").asInt()).isEqualTo(4);
    assertThat(layer.get("activation").asString()).isEqualTo("tanh");
    JsonNode backward = layer.get("backward");
    assertThat(backward.get("bidirectional").asBoolean()).isFalse();
    assertThat(backward.get("go_backwards").asBoolean()).isTrue();
    assertThat(backward.get("hidden_size").asInt()).isEqualTo(5);
    assertThat(backward.get("activation").asString()).isEqualTo("relu");
    assertThat(backward.get("forget_bias").asDouble()).isEqualTo(1);
    assertThat(backward.get("peepholes").asBoolean()).isTrue();
    assertThat(backward.has("merge")).isFalse();
    assertThat(backward.has("backward")).isFalse();
  }

  @Test
  void tellsTheTypeOfEachCellAndOnlyTheOptionsThatItHas() {
    GruConfig gru = new GruConfig(3, 4, true, 5, Activation.HARD_SIGMOID_FIFTH, Activation.RELU);
    assertThat(
            layer(
                Layer.Recurrent.of(
                    new GruCell(gru, new float[36], new float[48], new float[12], new float[4]))))
        .isEqualTo(
            JSON.readTree(
                """
                {"type": "gru", "input_size": 3, "hidden_size": 4, "bidirectional": false,
                 "clip": 5.0, "reset_after": true, "activation": "relu",
                 "recurrent_activation": "hard_sigmoid(0.2, 0.5)"}
                """));
    RnnConfig rnn = new RnnConfig(3, 4, CellConfig.NO_CLIP, Activation.TANH);
    RnnCell cell = new RnnCell(rnn, new float[12], new float[16], new float[4]);
    assertThat(layer(Layer.Recurrent.bidirectional(cell, cell)))
        .isEqualTo(
            JSON.readTree(
                """
                {"type": "rnn", "input_size": 3, "hidden_size": 4, "bidirectional": true,
                 "merge": "concat", "activation": "tanh"}
                """));
    assertThat(layer(PLAIN, null).get("type").asString()).isEqualTo("lstm");
    assertThat(layer(PLAIN, null).has("reset_after")).isFalse();
  }

  @Test
  void showsOneDirectionWhereTheOtherIsTheSame() {
    assertThat(layer(PLAIN, PLAIN).has("backward")).isFalse();
    assertThat(layer(PLAIN, null).has("backward")).isFalse();
  }
}

package dev.keepgate.api.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.importer.ModelFormat;
import dev.keepgate.model.Activation;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.LayerConfig;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.registry.ModelDescription;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What clients see of a model's layers. */
class ModelViewTest {

  private static final CellConfig PLAIN = CellConfig.builder(3, 4).build();

  private static JsonNode layer(LayerConfig.Lstm layer) {
    LstmConfig config = new LstmConfig(List.of(layer), true, LstmConfig.Summary.LAST_STEP);
    ModelView view =
        ModelView.of(new ModelDescription(ModelFormat.ONNX, "onnx", config, 1, 1, List.of()));
    return JsonMapper.builder().build().<JsonNode>valueToTree(view).at("/layers/0");
  }

  @Test
  void showsBothDirectionsWhereTheyDiffer() {
    CellConfig other =
        CellConfig.builder(3, 5).activation(Activation.RELU).forgetBias(1).peepholes(true).build();
    JsonNode layer = layer(LayerConfig.Lstm.bidirectional(PLAIN, other));
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
  void showsOneDirectionWhereTheOtherIsTheSame() {
    assertThat(layer(LayerConfig.Lstm.bidirectional(PLAIN, PLAIN)).has("backward")).isFalse();
    assertThat(layer(LayerConfig.Lstm.of(PLAIN)).has("backward")).isFalse();
  }
}

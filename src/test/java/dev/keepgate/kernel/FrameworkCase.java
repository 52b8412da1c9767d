package dev.keepgate.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.Activation;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.Layer;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.Merge;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Summary;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A small model in our own layout, an input, and the numbers that PyTorch, ONNX Runtime or Keras
 * computed; the README beside the file says how.
 *
 * @param returnSequences what {@code output} is: every step, or the summary
 * @param state after the last step; null where the framework does not tell
 */
public record FrameworkCase(
    String name,
    Network model,
    NetworkInput input,
    boolean returnSequences,
    float[] output,
    @Nullable RecurrentState state) {

  private static final Offset<Float> TOLERANCE = Offset.offset(3e-6f);

  private static final Path FILE = Path.of("src/test/resources/kernel/frameworks.json");

  public static Stream<FrameworkCase> all() {
    return JsonMapper.builder()
        .build()
        .readTree(FILE.toFile())
        .valueStream()
        .map(FrameworkCase::read);
  }

  /** Holds a kernel against the framework. */
  public void assertAnsweredBy(LstmKernel kernel) {
    try (CompiledModel compiled = kernel.compile(model);
        Scratch scratch = kernel.newScratch()) {
      NetworkOutput ours = compiled.unroll(input, returnSequences, false, scratch);
      assertThat(ours.output()).containsExactly(output, TOLERANCE);
      for (int slot = 0; state != null && slot < state.values().length; slot++) {
        assertThat(ours.state().values()[slot]).containsExactly(state.values()[slot], TOLERANCE);
      }
    }
  }

  @Override
  public String toString() {
    return name;
  }

  private static FrameworkCase read(JsonNode json) {
    List<Layer> layers = json.get("layers").valueStream().map(FrameworkCase::layer).toList();
    boolean returnSequences = json.path("return_sequences").asBoolean(true);
    Network model =
        Network.chain(
            json.get("name").asString(),
            layers,
            returnSequences,
            Summary.valueOf(json.path("summary").asString("LAST_STEP")));
    int batch = json.get("batch").asInt();
    NetworkInput input =
        new NetworkInput(
            batch,
            json.get("time").asInt(),
            json.has("x") ? floats(json, "x") : new float[0],
            json.has("ids") ? ints(json, "ids") : null,
            json.has("lengths") ? ints(json, "lengths") : null,
            json.has("h0")
                ? state(model, json, "h0", "c0")
                : RecurrentState.zero(model.signature().state(), batch));
    return new FrameworkCase(
        json.get("name").asString(),
        model,
        input,
        returnSequences,
        floats(json, "output"),
        json.has("h") ? state(model, json, "h", "c") : null);
  }

  private static RecurrentState state(Network model, JsonNode json, String h, String c) {
    return RecurrentState.of(
        model.signature().state(), Map.of("h", all(json, h), "c", all(json, c)));
  }

  private static Layer layer(JsonNode json) {
    int input = json.path("input").asInt(1);
    return switch (json.get("type").asString()) {
      case "embedding" ->
          new Layer.Embedding(
              json.get("vocabulary").asInt(),
              json.get("output").asInt(),
              json.get("mask_zero").asBoolean(),
              floats(json, "table"));
      case "masking" -> new Layer.Masking(input, json.get("value").floatValue());
      case "dense" ->
          new Layer.Dense(
              input,
              json.get("output").asInt(),
              new Activation(
                  Activation.Kind.valueOf(json.get("activation").asString()),
                  json.get("alpha").floatValue(),
                  json.get("beta").floatValue()),
              floats(json, "kernel"),
              floats(json, "bias"));
      case "layer_norm" ->
          new Layer.LayerNorm(
              json.get("epsilon").floatValue(), floats(json, "scale"), floats(json, "shift"));
      case "lstm" -> lstm(json, input);
      default -> throw new IllegalArgumentException(json.get("type").asString());
    };
  }

  private static Layer lstm(JsonNode json, int input) {
    return new Layer.Recurrent(
        json.has("forward") ? cell(json.get("forward"), input) : null,
        json.has("backward") ? cell(json.get("backward"), input) : null,
        Merge.valueOf(json.path("merge").asString("CONCAT")),
        json.path("processing_order").asBoolean(false),
        json.path("repeat_masked").asBoolean(false));
  }

  private static LstmCell cell(JsonNode json, int input) {
    return new LstmCell(config(json, input), weights(json));
  }

  private static CellConfig config(JsonNode json, int input) {
    int hidden = json.get("hidden").asInt();
    float clip = json.path("clip").floatValue(0);
    CellConfig.Builder cell =
        CellConfig.builder(input, hidden)
            .peepholes(json.has("peepholes"))
            .projectionSize(json.has("projection") ? json.get("projection").size() / hidden : 0)
            .coupled(json.path("coupled").asBoolean(false))
            .inputClip(clip > 0 ? clip : CellConfig.NO_CLIP);
    if (json.has("activations")) {
      cell.recurrentActivation(activation(json.get("activations").get(0)))
          .activation(activation(json.get("activations").get(1)))
          .cellActivation(activation(json.get("activations").get(2)));
    }
    return cell.build();
  }

  private static Activation activation(JsonNode json) {
    return new Activation(
        Activation.Kind.valueOf(json.get(0).asString()),
        json.get(1).floatValue(),
        json.get(2).floatValue());
  }

  private static CellWeights weights(JsonNode json) {
    return new CellWeights(
        floats(json, "kernel"),
        floats(json, "recurrent"),
        floats(json, "bias"),
        json.has("peepholes") ? floats(json, "peepholes") : null,
        json.has("projection") ? floats(json, "projection") : null);
  }

  private static float[][] all(JsonNode json, String field) {
    return json.get(field).valueStream().map(FrameworkCase::floats).toArray(float[][]::new);
  }

  private static float[] floats(JsonNode json, String field) {
    return floats(json.get(field));
  }

  private static float[] floats(JsonNode json) {
    float[] floats = new float[json.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) json.get(i).asDouble();
    }
    return floats;
  }

  private static int[] ints(JsonNode json, String field) {
    return json.get(field).valueStream().mapToInt(JsonNode::asInt).toArray();
  }
}

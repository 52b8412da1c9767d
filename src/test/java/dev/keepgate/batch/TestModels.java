package dev.keepgate.batch;

import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.LayerConfig;
import dev.keepgate.model.LayerWeights;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.LstmModel;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Small models and requests of random numbers. */
final class TestModels {

  private TestModels() {}

  static LstmModel stacked(Random random, int input, int hidden, int layers) {
    List<LayerWeights> all = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      CellConfig cell = CellConfig.builder(i == 0 ? input : hidden, hidden).build();
      all.add(new LayerWeights.Lstm(LayerConfig.Lstm.of(cell), weights(random, cell), null));
    }
    return LstmModel.of("test", all, true, LstmConfig.Summary.LAST_STEP);
  }

  static LstmModel bidirectional(Random random, int input, int hidden) {
    CellConfig cell = CellConfig.builder(input, hidden).build();
    LayerWeights layer =
        new LayerWeights.Lstm(
            LayerConfig.Lstm.bidirectional(cell, cell),
            weights(random, cell),
            weights(random, cell));
    return LstmModel.of("test", List.of(layer), true, LstmConfig.Summary.LAST_STEP);
  }

  static NetworkInput input(Random random, LstmConfig config, int batch, int time) {
    int @Nullable [] lengths = null;
    if (random.nextBoolean()) {
      lengths = random.ints(batch, 1, time + 1).toArray();
    }
    RecurrentState state = RecurrentState.zero(config.state(), batch);
    for (float[] slot : state.values()) {
      fill(random, slot);
    }
    return new NetworkInput(
        batch, time, numbers(random, batch * time * config.inputSize()), null, lengths, state);
  }

  private static CellWeights weights(Random random, CellConfig cell) {
    int gates = 4 * cell.hiddenSize();
    return new CellWeights(
        numbers(random, cell.inputSize() * gates),
        numbers(random, cell.hiddenSize() * gates),
        numbers(random, gates),
        null,
        null);
  }

  private static float[] numbers(Random random, int count) {
    float[] numbers = new float[count];
    fill(random, numbers);
    return numbers;
  }

  private static void fill(Random random, float[] numbers) {
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = random.nextFloat() - 0.5f;
    }
  }
}

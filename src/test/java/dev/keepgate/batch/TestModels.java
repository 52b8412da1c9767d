package dev.keepgate.batch;

import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.Layer;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Summary;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Small models and requests of random numbers. */
final class TestModels {

  private TestModels() {}

  static Network stacked(Random random, int input, int hidden, int layers) {
    List<Layer> all = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      CellConfig cell = CellConfig.builder(i == 0 ? input : hidden, hidden).build();
      all.add(Layer.Recurrent.of(new LstmCell(cell, weights(random, cell))));
    }
    return Network.chain("test", all, true, Summary.LAST_STEP);
  }

  static Network bidirectional(Random random, int input, int hidden) {
    CellConfig cell = CellConfig.builder(input, hidden).build();
    Layer layer =
        Layer.Recurrent.bidirectional(
            new LstmCell(cell, weights(random, cell)), new LstmCell(cell, weights(random, cell)));
    return Network.chain("test", List.of(layer), true, Summary.LAST_STEP);
  }

  static NetworkInput input(Random random, Signature signature, int batch, int time) {
    int @Nullable [] lengths = null;
    if (random.nextBoolean()) {
      lengths = random.ints(batch, 1, time + 1).toArray();
    }
    RecurrentState state = RecurrentState.zero(signature.state(), batch);
    for (float[] slot : state.values()) {
      fill(random, slot);
    }
    return new NetworkInput(
        batch, time, numbers(random, batch * time * signature.inputSize()), null, lengths, state);
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

package dev.keepgate.bench;

import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.Layer;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Summary;
import java.util.List;
import java.util.Random;

/**
 * A batch of sequences for one plain LSTM layer, all from one seed, with a zero state.
 *
 * @param x [batch, time, input]
 */
record Problem(int batch, int time, int input, int hidden, CellWeights weights, float[] x) {

  static CellWeights weights(int input, int hidden) {
    Random random = new Random(4711);
    int gates = 4 * hidden;
    float spread = (float) Math.sqrt(1.0 / hidden);
    return new CellWeights(
        floats(random, input * gates, spread),
        floats(random, hidden * gates, spread),
        floats(random, gates, spread),
        null,
        null);
  }

  static Problem of(int batch, int time, int input, int hidden, CellWeights weights) {
    return new Problem(
        batch, time, input, hidden, weights, floats(new Random(1), batch * time * input, 1));
  }

  /** One step of a square layer. */
  static Problem step(int hidden) {
    return of(1, 1, hidden, hidden, weights(hidden, hidden));
  }

  Network model() {
    CellConfig cell = CellConfig.builder(input, hidden).build();
    return Network.chain(
        "benchmark",
        List.of(Layer.Recurrent.of(new LstmCell(cell, weights))),
        true,
        Summary.LAST_STEP);
  }

  NetworkInput request() {
    return new NetworkInput(
        batch, time, x, null, null, RecurrentState.zero(model().signature().state(), batch));
  }

  /** From [outer, inner, width] to [inner, outer, width]. */
  static float[] swapped(float[] values, int outer, int inner, int width) {
    float[] swapped = new float[values.length];
    for (int i = 0; i < outer; i++) {
      for (int j = 0; j < inner; j++) {
        System.arraycopy(values, (i * inner + j) * width, swapped, (j * outer + i) * width, width);
      }
    }
    return swapped;
  }

  static float[] floats(Random random, int count, float bound) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = (2 * random.nextFloat() - 1) * bound;
    }
    return floats;
  }
}

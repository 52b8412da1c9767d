package dev.keepgate.deploy;

import dev.keepgate.tensor.Tensor;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/**
 * An LSTM layer whose weights follow from a number, as a PyTorch state dict of 2 MB.
 *
 * <p>A step from zero with a one-hot input needs no kernel to be checked: the gates are a column of
 * the input weights and the bias, so {@code h = σ(o) · tanh(σ(i) · tanh(g))}.
 */
record NumberedModel(long number) {

  private static final int INPUT = 1024;
  private static final int HIDDEN = 128;

  private float[] inputWeights() {
    return numbers(new Random(number), 4 * HIDDEN * INPUT);
  }

  private float[] bias() {
    return numbers(new Random(~number), 4 * HIDDEN);
  }

  private static float[] numbers(Random random, int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = random.nextFloat() - 0.5f;
    }
    return numbers;
  }

  /** The file to upload. */
  byte[] file() throws IOException {
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    tensors.put("weight_ih_l0", Tensor.Floats.of(inputWeights(), 4 * HIDDEN, INPUT));
    tensors.put(
        "weight_hh_l0", Tensor.Floats.of(new float[4 * HIDDEN * HIDDEN], 4 * HIDDEN, HIDDEN));
    tensors.put("bias_ih_l0", Tensor.Floats.of(bias(), 4 * HIDDEN));
    tensors.put("bias_hh_l0", Tensor.Floats.of(new float[4 * HIDDEN], 4 * HIDDEN));
    return Server.body(tensors);
  }

  /** One-hot rows, {@code [columns, 1024]}. */
  static Tensor.Floats input(int... columns) {
    float[] rows = new float[columns.length * INPUT];
    for (int row = 0; row < columns.length; row++) {
      rows[row * INPUT + columns[row]] = 1;
    }
    return Tensor.Floats.of(rows, columns.length, INPUT);
  }

  /** What a step from zero with {@link #input} answers, {@code [columns, 128]} row-major. */
  double[] output(int... columns) {
    float[] weights = inputWeights();
    float[] bias = bias();
    double[] output = new double[columns.length * HIDDEN];
    for (int row = 0; row < columns.length; row++) {
      for (int j = 0; j < HIDDEN; j++) {
        double[] gates = new double[4];
        for (int gate = 0; gate < 4; gate++) {
          int unit = gate * HIDDEN + j;
          gates[gate] = (double) weights[unit * INPUT + columns[row]] + bias[unit];
        }
        // PyTorch's order: input, forget, candidate, output.
        double cell = sigmoid(gates[0]) * Math.tanh(gates[2]);
        output[row * HIDDEN + j] = sigmoid(gates[3]) * Math.tanh(cell);
      }
    }
    return output;
  }

  static int lastColumn() {
    return INPUT - 1;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}

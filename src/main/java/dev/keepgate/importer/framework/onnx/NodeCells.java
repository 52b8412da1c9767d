package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.GateBlocks;
import dev.keepgate.importer.framework.GruOrder;
import dev.keepgate.importer.framework.RecurrentCells;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Cell;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellType;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.GateOrder;
import dev.keepgate.model.GruConfig;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.RnnCell;
import dev.keepgate.model.RnnConfig;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * The numbers and options of a recurrent node's cells.
 *
 * @param directions how many cells it has
 * @param activations of all of them, forward first
 */
record NodeCells(
    OperatorCall call,
    CellType type,
    int directions,
    int inputSize,
    int hidden,
    List<Activation> activations) {

  private static final int W = 1;
  private static final int R = 2;
  private static final int B = 3;
  private static final int P = 7;

  static NodeCells read(OperatorCall call, CellType type, int directions)
      throws IOException, ImportException {
    int[] kernel = shape(call, W);
    int[] recurrent = shape(call, R);
    if (kernel.length != 3 || recurrent.length != 3 || recurrent[2] < 1 || kernel[2] < 1) {
      throw call.refuse(
          "W %s and R %s must be [directions, %d * hidden, inputs]"
              .formatted(Arrays.toString(kernel), Arrays.toString(recurrent), blocks(type)));
    }
    int hidden = recurrent[2];
    long claimed = call.node().integer("hidden_size", hidden);
    if (claimed != hidden) {
      throw call.refuse("hidden_size is %d, R has %d".formatted(claimed, hidden));
    }
    return new NodeCells(
        call,
        type,
        directions,
        kernel[2],
        hidden,
        CellActivations.read(call, defaults(type), directions));
  }

  private static int[] shape(OperatorCall call, int input) throws IOException, ImportException {
    return call.get(input) instanceof Value.StoredConstant stored
        ? stored.tensor().shape()
        : call.numbers(input).shape();
  }

  /** How many blocks a kernel has. */
  private static int blocks(CellType type) {
    return switch (type) {
      case LSTM -> 4;
      case GRU -> 3;
      case RNN -> 1;
    };
  }

  /** The activations of a cell whose node names none. */
  private static List<String> defaults(CellType type) {
    return switch (type) {
      case LSTM -> List.of("Sigmoid", "Tanh", "Tanh");
      case GRU -> List.of("Sigmoid", "Tanh");
      case RNN -> List.of("Tanh");
    };
  }

  Cell cell(int direction) throws IOException, ImportException {
    return switch (type) {
      case LSTM -> lstm(direction);
      case GRU -> gru(direction);
      case RNN -> rnn(direction);
    };
  }

  private Activation activation(int direction, int index) {
    return activations.get(direction * activations.size() / directions + index);
  }

  private float clip() throws ImportException {
    float clip = call.node().number("clip", CellConfig.NO_CLIP);
    if (!(clip > 0)) {
      throw call.refuse("clip must be positive, is " + clip);
    }
    return clip;
  }

  private Cell lstm(int direction) throws IOException, ImportException {
    CellConfig config =
        CellConfig.builder(inputSize, hidden)
            .peepholes(call.has(P))
            .coupled(call.node().integer("input_forget", 0) != 0)
            .inputClip(clip())
            .recurrentActivation(activation(direction, 0))
            .activation(activation(direction, 1))
            .cellActivation(activation(direction, 2))
            .build();
    return new LstmCell(
        config,
        new CellWeights(
            GateBlocks.fromRows(
                part(direction, W, 4 * hidden, inputSize), inputSize, hidden, GateOrder.IOFG),
            GateBlocks.fromRows(
                part(direction, R, 4 * hidden, hidden), hidden, hidden, GateOrder.IOFG),
            GateBlocks.fromVector(summedBias(direction), hidden, GateOrder.IOFG),
            call.has(P) ? peepholes(part(direction, P, 3 * hidden)) : null,
            null));
  }

  private Cell gru(int direction) throws IOException, ImportException {
    int[] order = GruOrder.ZRN.blocks();
    int width = order.length * hidden;
    float[] biases = biases(direction);
    GruConfig config =
        new GruConfig(
            inputSize,
            hidden,
            call.node().integer("linear_before_reset", 0) != 0,
            clip(),
            activation(direction, 0),
            activation(direction, 1));
    return RecurrentCells.gru(
        config,
        GateBlocks.fromRows(part(direction, W, width, inputSize), inputSize, hidden, order),
        GateBlocks.fromRows(part(direction, R, width, hidden), hidden, hidden, order),
        Arrays.copyOf(biases, width),
        Arrays.copyOfRange(biases, width, biases.length));
  }

  private Cell rnn(int direction) throws IOException, ImportException {
    return new RnnCell(
        new RnnConfig(inputSize, hidden, clip(), activation(direction, 0)),
        GateBlocks.transpose(part(direction, W, hidden, inputSize), hidden, inputSize),
        GateBlocks.transpose(part(direction, R, hidden, hidden), hidden, hidden),
        summedBias(direction));
  }

  /** Wb, then Rb; zero where there are none. */
  private float[] biases(int direction) throws IOException, ImportException {
    int width = 2 * blocks(type) * hidden;
    return call.has(B) ? part(direction, B, width) : new float[width];
  }

  private float[] summedBias(int direction) throws IOException, ImportException {
    float[] both = biases(direction);
    float[] sum = Arrays.copyOf(both, both.length / 2);
    for (int i = 0; i < sum.length; i++) {
      sum[i] += both[sum.length + i];
    }
    return sum;
  }

  /** From input, output, forget to input, forget, output. */
  private float[] peepholes(float[] stored) {
    float[] ours = new float[stored.length];
    System.arraycopy(stored, 0, ours, 0, hidden);
    System.arraycopy(stored, 2 * hidden, ours, hidden, hidden);
    System.arraycopy(stored, hidden, ours, 2 * hidden, hidden);
    return ours;
  }

  /** One direction's numbers of an input whose first dimension is the directions. */
  private float[] part(int direction, int input, int... shape) throws IOException, ImportException {
    int[] full = new int[shape.length + 1];
    full[0] = directions;
    System.arraycopy(shape, 0, full, 1, shape.length);
    float[] all = call.numbers(input, full);
    int length = all.length / directions;
    return directions == 1
        ? all
        : Arrays.copyOfRange(all, direction * length, (direction + 1) * length);
  }
}

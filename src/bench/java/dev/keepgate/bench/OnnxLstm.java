package dev.keepgate.bench;

import dev.keepgate.model.GateOrder;

/** An ONNX file with one LSTM operator, as onnx.proto and the operator's page describe them. */
final class OnnxLstm {

  private static final int FLOAT = 1;
  private static final int INT_ATTRIBUTE = 2;
  private static final int GATES = 4;

  private OnnxLstm() {}

  static byte[] write(Problem problem) {
    int input = problem.input();
    int hidden = problem.hidden();
    Protobuf node =
        new Protobuf()
            .text(1, "x")
            .text(1, "w")
            .text(1, "r")
            .text(1, "b")
            .text(1, "")
            .text(1, "h0")
            .text(1, "c0")
            .text(2, "y")
            .text(2, "h")
            .text(2, "c")
            .text(4, "LSTM")
            .message(
                5,
                new Protobuf().text(1, "hidden_size").number(3, hidden).number(20, INT_ATTRIBUTE));
    float[] bias = new float[2 * GATES * hidden];
    System.arraycopy(rows(problem.weights().bias(), 1, hidden), 0, bias, 0, GATES * hidden);
    float[] kernel = rows(problem.weights().inputKernel(), input, hidden);
    float[] recurrent = rows(problem.weights().recurrentKernel(), hidden, hidden);
    Protobuf graph =
        new Protobuf()
            .message(1, node)
            .text(2, "lstm")
            .message(5, tensor("w", kernel, 1, GATES * hidden, input))
            .message(5, tensor("r", recurrent, 1, GATES * hidden, hidden))
            .message(5, tensor("b", bias, 1, 2 * GATES * hidden))
            .message(11, value("x", -1, -1, input))
            .message(11, value("h0", 1, -1, hidden))
            .message(11, value("c0", 1, -1, hidden))
            .message(12, value("y", -1, 1, -1, hidden))
            .message(12, value("h", 1, -1, hidden))
            .message(12, value("c", 1, -1, hidden));
    return new Protobuf()
        .number(1, 8)
        .message(7, graph)
        .message(8, new Protobuf().text(1, "").number(2, 14))
        .toBytes();
  }

  /** From [rows, 4 hidden] in our order to [4 hidden, rows] in ONNX'. */
  private static float[] rows(float[] ours, int rows, int hidden) {
    float[] theirs = new float[ours.length];
    for (int gate = 0; gate < GATES; gate++) {
      int from = GateOrder.IFOG.blockOf(gate) * hidden;
      int to = GateOrder.IOFG.blockOf(gate) * hidden;
      for (int j = 0; j < hidden; j++) {
        for (int row = 0; row < rows; row++) {
          theirs[(to + j) * rows + row] = ours[row * GATES * hidden + from + j];
        }
      }
    }
    return theirs;
  }

  private static Protobuf tensor(String name, float[] values, int... shape) {
    Protobuf tensor = new Protobuf();
    for (int size : shape) {
      tensor.number(1, size);
    }
    return tensor.number(2, FLOAT).text(8, name).floats(9, values);
  }

  /** A negative size is one that the caller chooses. */
  private static Protobuf value(String name, int... shape) {
    Protobuf sizes = new Protobuf();
    for (int i = 0; i < shape.length; i++) {
      Protobuf size = new Protobuf();
      sizes.message(1, shape[i] < 0 ? size.text(2, name + i) : size.number(1, shape[i]));
    }
    Protobuf tensor = new Protobuf().number(1, FLOAT).message(2, sizes);
    return new Protobuf().text(1, name).message(2, new Protobuf().message(1, tensor));
  }
}

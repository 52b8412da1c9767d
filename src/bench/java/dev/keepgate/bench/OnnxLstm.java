package dev.keepgate.bench;

import dev.keepgate.model.GateOrder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.shade.protobuf.ByteString;

/** An ONNX file with one LSTM operator. */
final class OnnxLstm {

  private static final int IR_VERSION = 8;
  private static final int OPERATOR_SET = 14;
  private static final int GATES = 4;

  private OnnxLstm() {}

  static byte[] write(Problem problem) {
    int input = problem.input();
    int hidden = problem.hidden();
    NodeProto node =
        NodeProto.newBuilder()
            .setOpType("LSTM")
            .addAllInput(List.of("x", "w", "r", "b", "", "h0", "c0"))
            .addAllOutput(List.of("y", "h", "c"))
            .addAttribute(
                AttributeProto.newBuilder()
                    .setName("hidden_size")
                    .setI(hidden)
                    .setType(AttributeProto.AttributeType.INT))
            .build();
    int gates = GATES * hidden;
    float[] bias = new float[2 * gates];
    System.arraycopy(rows(problem.weights().bias(), 1, hidden), 0, bias, 0, gates);
    float[] kernel = rows(problem.weights().inputKernel(), input, hidden);
    float[] recurrent = rows(problem.weights().recurrentKernel(), hidden, hidden);
    GraphProto graph =
        GraphProto.newBuilder()
            .setName("lstm")
            .addNode(node)
            .addInitializer(tensor("w", kernel, 1, gates, input))
            .addInitializer(tensor("r", recurrent, 1, gates, hidden))
            .addInitializer(tensor("b", bias, 1, bias.length))
            .addInput(value("x", -1, -1, input))
            .addInput(value("h0", 1, -1, hidden))
            .addInput(value("c0", 1, -1, hidden))
            .addOutput(value("y", -1, 1, -1, hidden))
            .addOutput(value("h", 1, -1, hidden))
            .addOutput(value("c", 1, -1, hidden))
            .build();
    return ModelProto.newBuilder()
        .setIrVersion(IR_VERSION)
        .setGraph(graph)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(OPERATOR_SET))
        .build()
        .toByteArray();
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

  private static TensorProto tensor(String name, float[] values, long... shape) {
    ByteBuffer raw = ByteBuffer.allocate(values.length * Float.BYTES);
    raw.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.FLOAT.getNumber())
            .setRawData(ByteString.copyFrom(raw));
    for (long size : shape) {
      tensor.addDims(size);
    }
    return tensor.build();
  }

  /** A negative size is one that the caller chooses. */
  private static ValueInfoProto value(String name, long... shape) {
    TensorShapeProto.Builder sizes = TensorShapeProto.newBuilder();
    for (int i = 0; i < shape.length; i++) {
      TensorShapeProto.Dimension.Builder size = TensorShapeProto.Dimension.newBuilder();
      sizes.addDim(shape[i] < 0 ? size.setDimParam(name + i) : size.setDimValue(shape[i]));
    }
    TypeProto.Tensor.Builder type =
        TypeProto.Tensor.newBuilder()
            .setElemType(TensorProto.DataType.FLOAT.getNumber())
            .setShape(sizes);
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(type))
        .build();
  }
}

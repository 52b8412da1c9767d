package dev.keepgate;

import dev.keepgate.GoldenCase.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Inputs and outputs of one LSTM operator, as ONNX has them and as a request does. A request is
 * always batch first, its states are always direction first, and its output has the directions side
 * by side.
 *
 * @param batchFirst whether the operator's layout is 1
 */
record OnnxCase(Map<String, Tensor> inputs, Map<String, Tensor> outputs, boolean batchFirst) {

  Map<String, Tensor> requestInputs() {
    Map<String, Tensor> request = new LinkedHashMap<>();
    request.put("x", batchFirst ? input("X") : transpose(input("X"), 1, 0, 2));
    request.put("h0", state(input("h0")));
    request.put("c0", state(input("c0")));
    if (inputs.containsKey("lens")) {
      request.put("lengths", input("lens"));
    }
    return request;
  }

  Map<String, Tensor> answers() {
    String suffix = inputs.containsKey("lens") ? "_lengths" : "";
    Tensor y = output("Y");
    Tensor ordered = batchFirst ? y : transpose(y, 2, 0, 1, 3);
    int[] shape = ordered.shape();
    return Map.of(
        "y" + suffix,
        new Tensor(new int[] {shape[0], shape[1], shape[2] * shape[3]}, ordered.data()),
        "h" + suffix,
        state(output("Y_h")),
        "c" + suffix,
        state(output("Y_c")));
  }

  private Tensor input(String name) {
    return Objects.requireNonNull(inputs.get(name));
  }

  private Tensor output(String name) {
    return Objects.requireNonNull(outputs.get(name));
  }

  private Tensor state(Tensor state) {
    return batchFirst ? transpose(state, 1, 0, 2) : state;
  }

  private static Tensor transpose(Tensor tensor, int... order) {
    int rank = order.length;
    int[] shape = new int[rank];
    for (int i = 0; i < rank; i++) {
      shape[i] = tensor.shape()[order[i]];
    }
    double[] data = new double[tensor.data().length];
    int[] index = new int[rank];
    for (int to = 0; to < data.length; to++) {
      int rest = to;
      for (int i = rank - 1; i >= 0; i--) {
        index[order[i]] = rest % shape[i];
        rest /= shape[i];
      }
      int from = 0;
      for (int i = 0; i < rank; i++) {
        from = from * tensor.shape()[i] + index[i];
      }
      data[to] = tensor.data()[from];
    }
    return new Tensor(shape, data);
  }
}

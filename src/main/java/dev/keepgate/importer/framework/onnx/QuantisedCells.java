package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ONNX Runtime's DynamicQuantizeLSTM: X, W [D, in, 4H] and R [D, H, 4H] of 8-bit integers, B,
 * sequence_lens, initial_h, initial_c, P, then W's scale and zero point and R's, [D] or [D, 4H].
 */
final class QuantisedCells {

  private static final int W = 1;
  private static final int R = 2;
  private static final int SCALES = 8;

  private QuantisedCells() {}

  /** The same call with W and R as an LSTM has them. */
  static OperatorCall dequantised(OperatorCall call) throws IOException, ImportException {
    call.evaluation().assume(QuantizationOperators.WEIGHTS);
    call.evaluation().assume(QuantizationOperators.ACTIVATIONS);
    List<@Nullable Value> inputs = new ArrayList<>();
    for (int i = 0; i < SCALES; i++) {
      inputs.add(call.find(i));
    }
    inputs.set(W, kernel(call, W, SCALES));
    inputs.set(R, kernel(call, R, SCALES + 2));
    return new OperatorCall(call.node(), inputs, call.evaluation());
  }

  private static Constant kernel(OperatorCall call, int input, int scales)
      throws IOException, ImportException {
    Constant stored = call.numbers(input);
    if (stored.rank() != 3) {
      throw call.refuse(
          "input %d has shape %s, expected [directions, inputs, 4 * hidden]"
              .formatted(input, Arrays.toString(stored.shape())));
    }
    Constant zero = spread(call, call.numbers(scales + 1), stored);
    Constant scale = spread(call, call.numbers(scales), stored);
    Constant less = ConstantFolding.elementwise(call, stored, zero, (a, b) -> a - b);
    Constant real = ConstantFolding.elementwise(call, less, scale, (a, b) -> a * b);
    return ConstantFolding.transpose(call, real, List.of(0, 2, 1));
  }

  /** A number a direction, or one a direction and column. */
  private static Constant spread(OperatorCall call, Constant numbers, Constant of)
      throws ImportException {
    int directions = of.shape()[0];
    int count = numbers.values().length;
    if (count == directions) {
      return new Constant(new int[] {directions, 1, 1}, numbers.values());
    }
    if (count == directions * of.shape()[2]) {
      return new Constant(new int[] {directions, 1, of.shape()[2]}, numbers.values());
    }
    throw call.refuse(
        "its scales have shape %s for weights of shape %s"
            .formatted(Arrays.toString(numbers.shape()), Arrays.toString(of.shape())));
  }
}

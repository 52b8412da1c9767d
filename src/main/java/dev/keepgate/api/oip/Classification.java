package dev.keepgate.api.oip;

import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.Operation;
import dev.keepgate.model.ModelSettings.Classes;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.TensorFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Triton's classification extension: an output is answered by its largest numbers, the largest
 * first, each as {@code value:index} or {@code value:index:label}.
 */
final class Classification {

  /** Bytes of a string with a number and an index, as an object and as it is written. */
  private static final int STRING_BYTES = 160;

  private Classification() {}

  /**
   * @param time how many steps the request has
   * @throws TensorFormatException if the output is no row of numbers
   */
  static void require(
      InferCall call,
      InferCall.WantedOutput wanted,
      Signature signature,
      Operation operation,
      int time) {
    if (wanted.classes() == 0) {
      return;
    }
    String pointer = "/outputs/" + wanted.name() + "/parameters/" + Parameters.CLASSIFICATION;
    for (Signature.Output output : signature.outputs()) {
      if (output.name().equals(wanted.name())) {
        requireOneStep(call, output, signature, operation == Operation.STEP ? 1 : time, pointer);
        return;
      }
    }
    throw new TensorFormatException(pointer, "is of outputs, and not of the state");
  }

  private static void requireOneStep(
      InferCall call, Signature.Output output, Signature signature, int time, String pointer) {
    Boolean asked = call.parameters().flag("return_sequences");
    boolean sequences = asked != null ? asked : signature.returnSequences();
    int rank = output.shape().size();
    int skipped = output.isSequence() && !sequences ? 1 : 0;
    for (int axis = 1 + skipped; axis < rank - 1; axis++) {
      Signature.Dimension dim = output.shape().get(axis);
      int size = dim.equals(Signature.Dimension.TIME) ? time : dim.size();
      if (size != 1) {
        throw new TensorFormatException(
            pointer,
            "is of one row of numbers, and this output has %s of them%s"
                .formatted(
                    size == 0 ? "several" : size,
                    output.isSequence() ? "; ask for the last by return_sequences false" : ""));
      }
    }
  }

  /** Bytes that an output's strings take, of so many numbers. */
  static long bytes(InferCall call, Signature signature, long numbers) {
    if (call.outputs().stream().allMatch(output -> output.classes() == 0)) {
      return 0;
    }
    Classes classes = signature.settings().classes();
    int longest =
        classes == null
            ? 0
            : classes.labels().names().stream().mapToInt(String::length).max().orElse(0);
    return numbers * (STRING_BYTES + 6L * longest);
  }

  /**
   * The largest numbers of each row.
   *
   * @param wanted how many; of a row that has fewer all
   */
  static InferResponse.Classes of(InferenceResult.Output output, int wanted, Signature signature) {
    float[] values = output.rounded();
    int rows = output.shape()[0];
    int width = output.rowSize();
    int count = Math.min(wanted, width);
    List<String> names = labels(output, signature);
    List<String> classes = new ArrayList<>(rows * count);
    long[] keys = new long[width];
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < width; i++) {
        keys[i] = key(values[row * width + i], i);
      }
      Arrays.sort(keys);
      for (int i = 0; i < count; i++) {
        int index = (int) keys[i];
        String text = values[row * width + index] + ":" + index;
        classes.add(names == null ? text : text + ":" + names.get(index));
      }
    }
    return new InferResponse.Classes(output.described().name(), new int[] {rows, count}, classes);
  }

  /** Keys in whose order larger numbers are first, and of equal ones those of lower indices. */
  private static long key(float value, int index) {
    // As integers floats are in order, negative ones in the other; no zero is negative.
    int bits = Float.floatToIntBits(value + 0f);
    int ascending = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
    return ((long) ~ascending << 32) | index;
  }

  /** A name each number; null where they have none, as the one number of two classes. */
  private static @Nullable List<String> labels(InferenceResult.Output output, Signature signature) {
    Classes classes = signature.settings().classes();
    return classes != null
            && output.described().equals(signature.outputs().get(0))
            && classes.labels().size() == output.rowSize()
        ? classes.labels().names()
        : null;
  }
}

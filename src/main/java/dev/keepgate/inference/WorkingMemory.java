package dev.keepgate.inference;

import dev.keepgate.batch.BatchTask;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Slot;
import java.util.List;

/**
 * What computing a request takes, told from its sizes before anything is allocated.
 *
 * @param numbers that the result has, states and traces included
 * @param bytes of the result, and of what computing it as a whole needs beside
 */
record WorkingMemory(long numbers, long bytes) {

  static WorkingMemory of(Signature signature, NetworkInput input, InferenceRequest request) {
    boolean trace = request.options().trace();
    long rows = input.batch();
    long steps = rows * input.time();
    long outputs = outputs(signature, input, request.returnsSequences(signature));
    long numbers = outputs + rows * stateWidth(signature) + (trace ? steps * traced(signature) : 0);
    long beside =
        BatchTask.goesByStep(signature, input, trace)
            ? 0
            : rows * signature.inside().numbers().at(longest(signature, input));
    boolean isInverted =
        signature.settings().targetScaler() != null && !request.options().units().scaled();
    // The readings, and their like in floats for answers that are binary.
    long readings = isInverted ? outputs * (Double.BYTES + Float.BYTES) : 0;
    return new WorkingMemory(numbers, (numbers + beside) * Float.BYTES + readings);
  }

  private static long outputs(Signature signature, NetworkInput input, boolean sequences) {
    long longest = longest(signature, input);
    long numbers = 0;
    for (Signature.Output output : signature.outputs()) {
      long row = 1;
      for (int axis = output.isSequence() && !sequences ? 2 : 1;
          axis < output.shape().size();
          axis++) {
        Signature.Dimension dim = output.shape().get(axis);
        row *= dim.symbol() == null ? dim.size() : longest;
      }
      numbers += row;
    }
    return numbers * input.batch();
  }

  /** The most steps that any input has: no layer makes more of them. */
  private static long longest(Signature signature, NetworkInput input) {
    long longest = input.time();
    for (int i = 1; i < signature.inputs().size(); i++) {
      if (signature.inputs().get(i).hasOwnSteps()) {
        for (int size : input.others().get(i - 1).shape()) {
          longest = Math.max(longest, size);
        }
      }
    }
    return longest;
  }

  /** Numbers of one row's state. */
  static long stateWidth(Signature signature) {
    return signature.state().rowSize();
  }

  private static long traced(Signature signature) {
    long traced = 0;
    for (List<Slot> cell : signature.inside().trace()) {
      for (Slot slot : cell) {
        traced += slot.width();
      }
    }
    return traced;
  }
}

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
    long outputs = (request.returnsSequences(signature) ? steps : rows) * signature.outputSize();
    long numbers = outputs + rows * stateWidth(signature) + (trace ? steps * traced(signature) : 0);
    long beside =
        BatchTask.goesByStep(signature, input, trace) ? 0 : steps * signature.inside().widest();
    return new WorkingMemory(numbers, (numbers + beside) * Float.BYTES);
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

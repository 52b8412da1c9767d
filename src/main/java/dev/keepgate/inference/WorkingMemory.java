package dev.keepgate.inference;

import dev.keepgate.batch.BatchTask;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.LayerConfig;
import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.Slot;

/**
 * What computing a request takes, told from its sizes before anything is allocated.
 *
 * @param numbers that the result has, states and traces included
 * @param bytes of the result, and of what computing it as a whole needs beside
 */
record WorkingMemory(long numbers, long bytes) {

  static WorkingMemory of(LstmConfig config, NetworkInput input, InferenceRequest request) {
    boolean trace = request.options().trace();
    long rows = input.batch();
    long steps = rows * input.time();
    long outputs = (request.returnsSequences(config) ? steps : rows) * config.outputSize();
    long numbers = outputs + rows * stateWidth(config) + (trace ? steps * traced(config) : 0);
    long beside = BatchTask.goesByStep(config, input, trace) ? 0 : steps * widest(config);
    return new WorkingMemory(numbers, (numbers + beside) * Float.BYTES);
  }

  /** Numbers of one row's state. */
  static long stateWidth(LstmConfig config) {
    return config.state().rowSize();
  }

  private static long traced(LstmConfig config) {
    long traced = 0;
    for (CellConfig cell : config.cells()) {
      for (Slot slot : cell.trace()) {
        traced += slot.width();
      }
    }
    return traced;
  }

  /**
   * Numbers that a step of the widest layer needs: its input, what each direction makes, and its
   * output. Gates are computed a bounded number of steps at a time, off the heap.
   */
  private static long widest(LstmConfig config) {
    long widest = 0;
    long input = config.inputSize();
    for (LayerConfig layer : config.layers()) {
      long width = input + layer.outputSize();
      if (layer instanceof LayerConfig.Lstm lstm) {
        CellConfig forward = lstm.forward();
        CellConfig backward = lstm.backward();
        width += forward == null ? 0 : forward.outputSize();
        width += backward == null ? 0 : backward.outputSize();
      }
      widest = Math.max(widest, width);
      input = layer.outputSize();
    }
    return widest;
  }
}

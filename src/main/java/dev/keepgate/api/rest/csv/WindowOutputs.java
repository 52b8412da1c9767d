package dev.keepgate.api.rest.csv;

import dev.keepgate.inference.InferenceResult;
import java.io.IOException;
import java.util.List;

/** The outputs of a window's last step, or of all of it. */
record WindowOutputs(ChunkRunner runner, OutputCells outputs) implements WindowAnswers {

  @Override
  public List<String> names() {
    return outputs.names();
  }

  @Override
  public Cells compute(ChunkRunner.Rows windows) throws IOException {
    List<InferenceResult.Output> computed = runner.unroll(windows, false).outputs();
    return (to, window) -> outputs.write(to, computed, window, 0);
  }
}

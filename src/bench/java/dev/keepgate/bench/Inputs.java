package dev.keepgate.bench;

import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.StateLayout;
import dev.keepgate.tensor.JsonBuffer;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of one request to an LSTM of a {@link Problem}'s weights.
 *
 * @param shape of x: [1, hidden] for a step, [1, time, hidden] for an unroll
 * @param h [1, hidden], as c; null where the request brings no state
 */
record Inputs(int[] shape, float[] x, float @Nullable [] h, float @Nullable [] c) {

  static final String JSON = "application/json";

  /** One step from a state. */
  static Inputs step(int hidden, Random random) {
    return new Inputs(
        new int[] {1, hidden},
        Problem.floats(random, hidden, 1),
        Problem.floats(random, hidden, 1),
        Problem.floats(random, hidden, 1));
  }

  /** A sequence from its begin. */
  static Inputs unroll(int hidden, int time, Random random) {
    float[] x = Problem.floats(random, time * hidden, 1);
    return new Inputs(new int[] {1, time, hidden}, x, null, null);
  }

  Inputs withoutState() {
    return new Inputs(shape, x, null, null);
  }

  int hidden() {
    return shape[shape.length - 1];
  }

  int time() {
    return x.length / hidden();
  }

  LoadRequest request(String path, boolean binary) throws IOException {
    return binary ? safetensors(path) : json(path);
  }

  LoadRequest json(String path) throws IOException {
    JsonBuffer json = new JsonBuffer(1 << 12).raw("{\"x\":").tensor(x, 0, shape);
    if (h != null && c != null) {
      json.raw(",\"state\":{\"h\":").tensor(h, 0, 1, hidden());
      json.raw(",\"c\":").tensor(c, 0, 1, hidden()).raw("}");
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    json.raw("}").flushTo(body);
    return LoadRequest.of(path, JSON, body.toByteArray());
  }

  private LoadRequest safetensors(String path) throws IOException {
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    tensors.put("x", Tensor.Floats.of(x, shape));
    if (h != null && c != null) {
      tensors.put("h", Tensor.Floats.of(h, 1, hidden()));
      tensors.put("c", Tensor.Floats.of(c, 1, hidden()));
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    Safetensors.write(body, tensors, Map.of());
    return LoadRequest.of(path, Safetensors.MEDIA_TYPE, body.toByteArray());
  }

  /** The state h that these inputs lead to, as the reference computes it. */
  float[] expected() {
    Problem problem =
        Problem.of(1, time(), hidden(), hidden(), Problem.weights(hidden(), hidden()));
    LstmKernel kernel = new ReferenceKernel();
    try (CompiledModel model = kernel.compile(problem.model());
        Scratch scratch = kernel.newScratch()) {
      StateLayout layout = model.signature().state();
      RecurrentState state =
          h == null || c == null
              ? RecurrentState.zero(layout, 1)
              : RecurrentState.of(layout, Map.of("h", new float[][] {h}, "c", new float[][] {c}));
      NetworkInput input = new NetworkInput(1, time(), x, null, null, state);
      return model.unroll(input, false, false, scratch).state().of("h")[0];
    }
  }
}

package dev.keepgate.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Set;

/**
 * ONNX Runtime as it is fastest from Java: one thread a run, its tensors made once over direct
 * buffers, into which requests are copied and out of which answers are. Its batch is time-major,
 * the only layout that its LSTM takes, and nobody is asked to swap it.
 */
final class OnnxRuntimePeer implements Peer {

  private final Problem problem;
  private final OrtSession session;
  private final float[] x;
  private final float[] state;
  private final float[] output;
  private final FloatBuffer xBuffer;
  private final FloatBuffer hBuffer;
  private final FloatBuffer cBuffer;
  private final FloatBuffer yBuffer;
  private final FloatBuffer lastHBuffer;
  private final FloatBuffer lastCBuffer;
  private final float[] lastH;
  private final float[] lastC;
  private final Map<String, OnnxTensor> inputs;
  private final Map<String, OnnxTensor> outputs;

  static OrtSession session(Problem problem) {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      return OrtEnvironment.getEnvironment().createSession(OnnxLstm.write(problem), options);
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * @param session stays the caller's
   */
  OnnxRuntimePeer(OrtSession session, Problem problem) {
    this.problem = problem;
    this.session = session;
    int batch = problem.batch();
    int time = problem.time();
    int hidden = problem.hidden();
    this.x = Problem.swapped(problem.x(), batch, time, problem.input());
    this.state = new float[batch * hidden];
    this.lastH = new float[batch * hidden];
    this.lastC = new float[batch * hidden];
    this.output = new float[batch * time * hidden];
    this.xBuffer = direct(x.length);
    this.hBuffer = direct(state.length);
    this.cBuffer = direct(state.length);
    this.yBuffer = direct(output.length);
    this.lastHBuffer = direct(state.length);
    this.lastCBuffer = direct(state.length);
    this.inputs =
        Map.of(
            "x", tensor(xBuffer, time, batch, problem.input()),
            "h0", tensor(hBuffer, 1, batch, hidden),
            "c0", tensor(cBuffer, 1, batch, hidden));
    this.outputs =
        Map.of(
            "y", tensor(yBuffer, time, 1, batch, hidden),
            "h", tensor(lastHBuffer, 1, batch, hidden),
            "c", tensor(lastCBuffer, 1, batch, hidden));
  }

  private static FloatBuffer direct(int count) {
    return ByteBuffer.allocateDirect(count * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  private static OnnxTensor tensor(FloatBuffer buffer, long... shape) {
    try {
      return OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), buffer, shape);
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void run() {
    xBuffer.put(0, x);
    hBuffer.put(0, state);
    cBuffer.put(0, state);
    try {
      session.run(inputs, Set.of(), outputs).close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
    yBuffer.get(0, output);
    lastHBuffer.get(0, lastH);
    lastCBuffer.get(0, lastC);
  }

  @Override
  public float[] output() {
    return Problem.swapped(output, problem.time(), problem.batch(), problem.hidden());
  }

  @Override
  public void close() {
    inputs.values().forEach(OnnxTensor::close);
    outputs.values().forEach(OnnxTensor::close);
  }
}

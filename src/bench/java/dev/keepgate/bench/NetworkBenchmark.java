package dev.keepgate.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.cpu.CpuKernel;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.registry.ImporterConfiguration;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Whole networks of one input beside ONNX Runtime: the ONNX files of a folder, each with one
 * sequence, one thread each, in turn; both from an array to an array. The fastest turn counts.
 */
final class NetworkBenchmark {

  private static final double TOLERANCE = 1e-4;
  private static final int ROUNDS = 40;
  private static final long ROUND_NANOS = 20_000_000;
  private static final int VOCABULARY = 100;

  private final LstmKernel kernel = new CpuKernel();
  private final Random random = new Random(7);

  /** Microseconds a request. */
  record Line(
      String file, long numbers, double keepgate_us, double onnxruntime_us, double ratio) {}

  List<Line> run(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      files = all.filter(file -> file.toString().endsWith(".onnx")).sorted().toList();
    }
    List<Line> lines = new ArrayList<>();
    for (Path file : files) {
      try {
        Line line = measure(file);
        System.out.println(line);
        lines.add(line);
      } catch (ImportException | OrtException e) {
        throw new IOException(file + ": " + e.getMessage(), e);
      }
    }
    return lines;
  }

  private Line measure(Path file) throws IOException, ImportException, OrtException {
    Network network =
        ImporterConfiguration.importers(ImportLimits.DEFAULT)
            .read(ModelFiles.of(file), null, ImportConfig.NONE)
            .network();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      try (OrtSession session =
              OrtEnvironment.getEnvironment().createSession(file.toString(), options);
          CompiledModel model = kernel.compile(network)) {
        NetworkInput input = input(network.signature(), session);
        try (Ours ours = new Ours(kernel, model, network, input);
            Theirs theirs = new Theirs(session, input)) {
          check(file, ours, theirs);
          double[] best = best(List.of(ours, theirs));
          return new Line(
              String.valueOf(file.getFileName()),
              network.parameters(),
              best[0] / 1e3,
              best[1] / 1e3,
              best[1] / best[0]);
        }
      }
    }
  }

  /** One sequence of the length that the file was made with. */
  private NetworkInput input(Signature signature, OrtSession session) throws OrtException {
    TensorInfo info = (TensorInfo) session.getInputInfo().values().iterator().next().getInfo();
    int time = (int) info.getShape()[1];
    int[] ids = null;
    float[] x = new float[signature.takesIds() ? 0 : time * signature.inputSize()];
    if (signature.takesIds()) {
      ids = random.ints(time, 0, VOCABULARY).toArray();
    }
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return new NetworkInput(
        1, time, x, ids, null, RecurrentState.zero(signature.state(), 1));
  }

  private static void check(Path file, Peer ours, Peer theirs) throws IOException {
    ours.run();
    theirs.run();
    float[] a = ours.output();
    float[] b = theirs.output();
    for (int i = 0; i < Math.max(a.length, b.length); i++) {
      if (!(Math.abs(a[i] - b[i]) <= TOLERANCE * Math.max(1, Math.abs(b[i])))) {
        throw new IOException(file + " [" + i + "]: " + a[i] + " against " + b[i]);
      }
    }
  }

  /** Nanoseconds a request. */
  private static double[] best(List<Peer> peers) {
    double[] best = new double[peers.size()];
    for (int round = -ROUNDS; round < ROUNDS; round++) {
      for (int i = 0; i < best.length; i++) {
        long start = System.nanoTime();
        int runs = 0;
        while (runs == 0 || System.nanoTime() - start < ROUND_NANOS) {
          peers.get(i).run();
          runs++;
        }
        double took = (System.nanoTime() - start) / (double) runs;
        best[i] = round <= 0 ? took : Math.min(best[i], took);
      }
    }
    return best;
  }

  private static final class Ours implements Peer {

    private final CompiledModel model;
    private final boolean returnSequences;
    private final NetworkInput input;
    private final LstmKernel.Scratch scratch;
    private float[] output = new float[0];

    Ours(LstmKernel kernel, CompiledModel model, Network network, NetworkInput input) {
      this.model = model;
      this.returnSequences = network.signature().returnSequences();
      this.input = input;
      this.scratch = kernel.newScratch();
    }

    @Override
    public void run() {
      output = model.unroll(input, returnSequences, false, scratch).output();
    }

    @Override
    public float[] output() {
      return output;
    }

    @Override
    public void close() {
      scratch.close();
    }
  }

  private static final class Theirs implements Peer {

    private final OrtSession session;
    private final String name;
    private final NetworkInput input;
    private final long[] shape;
    private float[] output = new float[0];

    Theirs(OrtSession session, NetworkInput input) throws OrtException {
      this.session = session;
      this.name = session.getInputNames().iterator().next();
      this.input = input;
      int rank =
          ((TensorInfo) session.getInputInfo().values().iterator().next().getInfo())
              .getShape()
              .length;
      this.shape =
          rank == 2
              ? new long[] {1, input.time()}
              : new long[] {1, input.time(), input.x().length / input.time()};
    }

    @Override
    public void run() {
      try (OnnxTensor x = tensor();
          OrtSession.Result result = session.run(Map.of(name, x))) {
        FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
        output = new float[values.remaining()];
        values.get(output);
      } catch (OrtException e) {
        throw new IllegalStateException(e);
      }
    }

    private OnnxTensor tensor() throws OrtException {
      int[] ids = input.ids();
      if (ids == null) {
        return OnnxTensor.createTensor(
            OrtEnvironment.getEnvironment(), FloatBuffer.wrap(input.x()), shape);
      }
      long[] wide = new long[ids.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = ids[i];
      }
      return OnnxTensor.createTensor(
          OrtEnvironment.getEnvironment(), LongBuffer.wrap(wide), shape);
    }

    @Override
    public float[] output() {
      return output;
    }

    @Override
    public void close() {
      // The session is another's.
    }
  }
}

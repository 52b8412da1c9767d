package dev.keepgate.bench;

import dev.keepgate.model.GateOrder;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** DL4J's {@code rnnTimeStep}, its state cleared before each run. */
final class Dl4jPeer implements Peer {

  private static final int GATES = 4;

  private final Problem problem;
  private final MultiLayerNetwork network;
  private float[] output = new float[0];

  Dl4jPeer(Problem problem) {
    this.problem = problem;
    MultiLayerConfiguration configuration =
        new NeuralNetConfiguration.Builder()
            .list()
            .layer(
                new LSTM.Builder()
                    .nIn(problem.input())
                    .nOut(problem.hidden())
                    .activation(Activation.TANH)
                    .gateActivationFunction(Activation.SIGMOID)
                    .build())
            .build();
    this.network = new MultiLayerNetwork(configuration);
    network.init();
    network.setParam("0_W", matrix(problem.weights().inputKernel(), problem.input()));
    network.setParam("0_RW", matrix(problem.weights().recurrentKernel(), problem.hidden()));
    network.setParam("0_b", matrix(problem.weights().bias(), 1));
  }

  /** From [rows, 4 hidden] in our order to DL4J's. */
  private INDArray matrix(float[] ours, int rows) {
    int hidden = problem.hidden();
    float[] theirs = new float[ours.length];
    for (int row = 0; row < rows; row++) {
      for (int gate = 0; gate < GATES; gate++) {
        int from = (row * GATES + GateOrder.IFOG.blockOf(gate)) * hidden;
        int to = (row * GATES + GateOrder.GFOI.blockOf(gate)) * hidden;
        System.arraycopy(ours, from, theirs, to, hidden);
      }
    }
    return Nd4j.create(theirs, new long[] {rows, (long) GATES * hidden}, 'c');
  }

  @Override
  public void run() {
    network.rnnClearPreviousState();
    int batch = problem.batch();
    int time = problem.time();
    int hidden = problem.hidden();
    try (INDArray x = Nd4j.createFromArray(problem.x())) {
      // [batch, features, time] is how DL4J wants a sequence.
      INDArray shaped =
          time == 1
              ? x.reshape(batch, problem.input())
              : x.reshape(batch, time, problem.input()).permute(0, 2, 1);
      INDArray y = network.rnnTimeStep(shaped);
      INDArray steps = time == 1 ? y : y.permute(0, 2, 1).dup('c');
      output = steps.reshape((long) batch * time * hidden).toFloatVector();
    }
  }

  @Override
  public float[] output() {
    return output;
  }

  @Override
  public void close() {
    network.close();
  }
}

package dev.keepgate.importer.framework.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.Importers;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.kernel.CompiledModel;
import dev.keepgate.kernel.LstmKernel;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.kernel.nd4j.Nd4jKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.registry.ImporterConfiguration;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.GravesBidirectionalLSTM;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;
import org.deeplearning4j.nn.conf.layers.ZeroPadding1DLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping1D;
import org.deeplearning4j.nn.conf.layers.misc.RepeatVector;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.conf.layers.util.MaskZeroLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.rng.Random;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** What Deeplearning4j wrote gives what Deeplearning4j computes. */
class Dl4jImportTest {

  private static final int BATCH = 3;
  private static final int TIME = 5;

  private final Importers importers = ImporterConfiguration.importers(ImportLimits.DEFAULT);

  @BeforeAll
  static void load() {
    // Before ND4J is first used: what it takes from the environment is set there.
    Backend.load(BlasOptions.DEFAULT);
  }

  @TempDir private Path folder;

  /**
   * A network of these layers.
   *
   * @param vocabulary of an embedding in front; 0 where the network takes numbers
   */
  record Network(String name, int inputs, int vocabulary, List<Layer> layers) {
    @Override
    public String toString() {
      return name;
    }

    MultiLayerNetwork make(DataType type) {
      NeuralNetConfiguration.ListBuilder builder =
          new NeuralNetConfiguration.Builder().seed(7).dataType(type).list();
      layers.forEach(builder::layer);
      if (vocabulary == 0) {
        builder.setInputType(InputType.recurrent(inputs));
      }
      MultiLayerNetwork network = new MultiLayerNetwork(builder.build());
      network.init();
      // Biases and peepholes start at zero, which would hide their order.
      network.setParams(Nd4j.rand(type, 1, network.numParams()).subi(0.5));
      return network;
    }
  }

  static Stream<Network> networks() {
    return Stream.of(
        new Network("lstm", 3, 0, List.of(lstm(3, 4, Activation.TANH), rnnOutput(4, 2))),
        new Network("graves", 2, 0, List.of(graves(2, 5), rnnOutput(5, 3))),
        new Network(
            "activations",
            3,
            0,
            List.of(
                lstm(3, 4, Activation.SOFTSIGN),
                new DropoutLayer.Builder(0.5).build(),
                new ActivationLayer.Builder().activation(Activation.LEAKYRELU).build(),
                new DenseLayer.Builder().nIn(4).nOut(6).activation(Activation.SELU).build(),
                lstm(6, 3, Activation.ELU),
                loss())),
        new Network(
            "last-step",
            4,
            0,
            List.of(
                lstm(4, 3, Activation.TANH),
                new LastTimeStep(lstm(3, 5, Activation.TANH)),
                new DenseLayer.Builder().nIn(5).nOut(4).activation(Activation.RELU).build(),
                new OutputLayer.Builder(LossFunction.MCXENT)
                    .nIn(4)
                    .nOut(3)
                    .activation(Activation.SOFTMAX)
                    .build())),
        new Network(
            "last-of-both",
            2,
            0,
            List.of(
                new LastTimeStep(both(Bidirectional.Mode.CONCAT, lstm(2, 3, Activation.TANH))),
                new OutputLayer.Builder(LossFunction.MSE)
                    .nIn(6)
                    .nOut(2)
                    .activation(Activation.IDENTITY)
                    .build())),
        new Network(
            "simple",
            3,
            0,
            List.of(simple(3, 4, Activation.RELU), simple(4, 5, Activation.TANH), loss())),
        new Network(
            "simple-both",
            2,
            0,
            List.of(
                both(Bidirectional.Mode.CONCAT, simple(2, 3, Activation.TANH)),
                lstm(6, 2, Activation.TANH),
                new LastTimeStep(simple(2, 4, Activation.SOFTSIGN)),
                new OutputLayer.Builder(LossFunction.MSE)
                    .nIn(4)
                    .nOut(2)
                    .activation(Activation.IDENTITY)
                    .build())),
        new Network(
            "convolution",
            3,
            0,
            List.of(
                convolution(3, 4, 3, ConvolutionMode.Same),
                new Subsampling1DLayer.Builder(PoolingType.MAX).kernelSize(2).stride(1).build(),
                convolution(4, 5, 2, ConvolutionMode.Causal),
                lstm(5, 4, Activation.TANH),
                new GlobalPoolingLayer.Builder(PoolingType.AVG).build(),
                output(4, 2))),
        new Network(
            "window",
            2,
            0,
            List.of(
                new Convolution1DLayer.Builder()
                    .kernelSize(2)
                    .stride(2)
                    .padding(1)
                    .convolutionMode(ConvolutionMode.Truncate)
                    .nIn(2)
                    .nOut(3)
                    .activation(Activation.RELU)
                    .build(),
                new Subsampling1DLayer.Builder()
                    .poolingType(PoolingType.AVG)
                    .kernelSize(2)
                    .stride(1)
                    .build(),
                new ZeroPadding1DLayer.Builder(1, 2).build(),
                lstm(3, 4, Activation.TANH),
                new Cropping1D.Builder(1, 0).build(),
                new GlobalPoolingLayer.Builder(PoolingType.MAX).build(),
                repeat(4),
                simple(4, 3, Activation.TANH),
                new GlobalPoolingLayer.Builder(PoolingType.SUM).build(),
                output(3, 2))),
        new Network("graves-both", 3, 0, List.of(gravesBoth(3, 4), rnnOutput(4, 2))),
        new Network(
            "merges",
            3,
            0,
            List.of(
                both(Bidirectional.Mode.ADD, lstm(3, 4, Activation.TANH)),
                both(Bidirectional.Mode.MUL, graves(4, 3)),
                both(Bidirectional.Mode.AVERAGE, lstm(3, 2, Activation.TANH)),
                rnnOutput(2, 2))),
        new Network(
            "embedding",
            0,
            7,
            List.of(
                new EmbeddingSequenceLayer.Builder().nIn(7).nOut(4).build(),
                lstm(4, 3, Activation.TANH),
                rnnOutput(3, 2))));
  }

  @ParameterizedTest
  @MethodSource("networks")
  void importedNetworkComputesWhatDeeplearning4jDoes(Network network) throws Exception {
    check(network, network.make(DataType.FLOAT));
  }

  @ParameterizedTest
  @MethodSource("networks")
  void graphOfOnePathIsReadAsItsLayers(Network network) throws Exception {
    ComputationGraphConfiguration.GraphBuilder builder =
        new NeuralNetConfiguration.Builder()
            .seed(7)
            .graphBuilder()
            .addInputs("in")
            .setInputTypes(
                network.vocabulary() > 0
                    ? InputType.feedForward(1)
                    : InputType.recurrent(network.inputs()));
    String below = "in";
    for (int i = 0; i < network.layers().size(); i++) {
      builder.addLayer("l" + i, network.layers().get(i), below);
      below = "l" + i;
    }
    ComputationGraph graph = new ComputationGraph(builder.setOutputs(below).build());
    if (network.vocabulary() == 0) {
      graph.init();
      graph.setParams(Nd4j.rand(DataType.FLOAT, 1, graph.numParams()).subi(0.5));
      check(network, graph, x -> graph.outputSingle(x));
    }
  }

  @Test
  void graphOfMorePathsIsRefusedByName() throws Exception {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .graphBuilder()
                .addInputs("in")
                .addLayer("one", lstm(3, 4, Activation.TANH), "in")
                .addLayer("two", lstm(3, 4, Activation.TANH), "in")
                .addVertex("both", new MergeVertex(), "one", "two")
                .addLayer("out", rnnOutput(8, 2), "both")
                .setOutputs("out")
                .build());
    graph.init();
    Path file = write(graph);
    assertThatExceptionOfType(ImportException.class)
        .isThrownBy(() -> importers.read(ModelFiles.of(file), null, ImportConfig.NONE))
        .withMessageContaining("vertex 'both'");
  }

  @Test
  void doublePrecisionIsRead() throws Exception {
    Network network = networks().findFirst().orElseThrow();
    check(network, network.make(DataType.DOUBLE));
  }

  private void check(Network network, MultiLayerNetwork theirs) throws Exception {
    check(network, theirs, theirs::output);
  }

  private void check(Network network, Model theirs, UnaryOperator<INDArray> forward)
      throws Exception {
    ImportedModel imported = importers.read(ModelFiles.of(write(theirs)), null, ImportConfig.NONE);
    Random random = Nd4j.getRandomFactory().getNewRandomInstance(3);
    INDArray x =
        network.vocabulary() > 0
            ? Nd4j.rand(random, BATCH, TIME).muli(network.vocabulary()).castTo(DataType.INT32)
            : Nd4j.rand(random, BATCH, network.inputs(), TIME).subi(0.5).muli(2);
    INDArray expected =
        forward.apply(
            x.castTo(network.vocabulary() > 0 ? DataType.INT32 : theirs.params().dataType()));
    boolean isSequence = expected.rank() == 3;
    assertThat(imported.network().signature().returnSequences()).isEqualTo(isSequence);
    for (LstmKernel kernel : List.of(new ReferenceKernel(), new Nd4jKernel())) {
      try (CompiledModel model = kernel.compile(imported.network());
          LstmKernel.Scratch scratch = kernel.newScratch()) {
        float[] output =
            model.unroll(input(network, imported, x), isSequence, false, scratch).output();
        float[] theirOutput = rowMajor(isSequence ? expected.permute(0, 2, 1) : expected);
        assertThat(output).containsExactly(theirOutput, within(1e-5f));
      }
    }
  }

  private static NetworkInput input(Network network, ImportedModel imported, INDArray x) {
    boolean ids = network.vocabulary() > 0;
    return new NetworkInput(
        BATCH,
        TIME,
        ids ? new float[0] : rowMajor(x.permute(0, 2, 1)),
        ids ? x.dup('c').data().asInt() : null,
        null,
        RecurrentState.zero(imported.network().signature().state(), BATCH));
  }

  private static float[] rowMajor(INDArray array) {
    return array.castTo(DataType.FLOAT).dup('c').data().asFloat();
  }

  @Test
  void layersThatAreNotServedAreNamed() throws Exception {
    MultiLayerNetwork network =
        new Network(
                "mask",
                3,
                0,
                List.of(
                    new MaskZeroLayer.Builder().setUnderlying(lstm(3, 4, Activation.TANH)).build(),
                    loss()))
            .make(DataType.FLOAT);
    Path file = write(network);
    assertThatExceptionOfType(ImportException.class)
        .isThrownBy(() -> importers.read(ModelFiles.of(file), null, ImportConfig.NONE))
        .withMessageContaining("layer 'layer0' (MaskZeroLayer)");
  }

  @Test
  void configurationThatTheFileSaysItselfIsRefused() throws Exception {
    Path file = write(networks().findFirst().orElseThrow().make(DataType.FLOAT));
    ImportConfig config =
        ImportConfig.parse("{\"forget_bias\": 1}".getBytes(StandardCharsets.UTF_8));
    assertThatExceptionOfType(ImportException.class)
        .isThrownBy(() -> importers.read(ModelFiles.of(file), null, config))
        .withMessageContaining("/config/forget_bias");
  }

  private Path write(Model network) throws IOException {
    Path file = folder.resolve("network.zip");
    ModelSerializer.writeModel(network, file.toFile(), true);
    return file;
  }

  private static SimpleRnn simple(int in, int out, Activation activation) {
    return new SimpleRnn.Builder().nIn(in).nOut(out).activation(activation).build();
  }

  private static LSTM lstm(int in, int out, Activation activation) {
    return new LSTM.Builder().nIn(in).nOut(out).activation(activation).build();
  }

  @SuppressWarnings("deprecation") // deprecated, but saved
  private static Layer graves(int in, int out) {
    return new GravesLSTM.Builder()
        .nIn(in)
        .nOut(out)
        .activation(Activation.TANH)
        .gateActivationFunction(Activation.HARDSIGMOID)
        .build();
  }

  @SuppressWarnings("deprecation") // deprecated, but saved
  private static Layer gravesBoth(int in, int out) {
    return new GravesBidirectionalLSTM.Builder()
        .nIn(in)
        .nOut(out)
        .activation(Activation.TANH)
        .build();
  }

  private static Layer convolution(int in, int out, int size, ConvolutionMode mode) {
    return new Convolution1DLayer.Builder()
        .kernelSize(size)
        .convolutionMode(mode)
        .nIn(in)
        .nOut(out)
        .activation(Activation.TANH)
        .build();
  }

  @SuppressWarnings({"rawtypes", "unchecked"}) // its builder has a type of its own builder
  private static Layer repeat(int steps) {
    return new RepeatVector.Builder(steps).build();
  }

  private static OutputLayer output(int in, int out) {
    return new OutputLayer.Builder(LossFunction.MSE)
        .nIn(in)
        .nOut(out)
        .activation(Activation.IDENTITY)
        .build();
  }

  private static Bidirectional both(Bidirectional.Mode mode, Layer layer) {
    return new Bidirectional(mode, layer);
  }

  private static RnnOutputLayer rnnOutput(int in, int out) {
    return new RnnOutputLayer.Builder(LossFunction.MCXENT)
        .nIn(in)
        .nOut(out)
        .activation(Activation.SOFTMAX)
        .build();
  }

  private static RnnLossLayer loss() {
    return new RnnLossLayer.Builder()
        .activation(Activation.IDENTITY)
        .lossFunction(LossFunction.MSE)
        .build();
  }
}

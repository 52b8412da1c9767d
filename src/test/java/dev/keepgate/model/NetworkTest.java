package dev.keepgate.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.keepgate.model.Network.Node;
import dev.keepgate.model.Signature.Input;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Which layers make a network, and what a network says of itself. */
class NetworkTest {

  private static final Signature.Unroll UNROLL = new Signature.Unroll(true, Summary.LAST_STEP);
  private static final Input X = Input.ofSteps("x", 3);

  private static LstmCell cell(int input, int hidden) {
    int gates = 4 * hidden;
    return new LstmCell(
        CellConfig.builder(input, hidden).build(),
        new CellWeights(
            new float[input * gates], new float[hidden * gates], new float[gates], null, null));
  }

  private static Layer lstm(int input, int hidden) {
    return Layer.Recurrent.of(cell(input, hidden));
  }

  private static Layer dense(int input, int output) {
    return new Layer.Dense(
        input, output, Activation.LINEAR, new float[input * output], new float[output]);
  }

  private static Node node(String name, Layer layer, String... inputs) {
    return new Node(name, layer, List.of(inputs));
  }

  private static Network graph(List<Input> inputs, Map<String, String> outputs, Node... nodes) {
    return Network.graph("test", inputs, List.of(nodes), outputs, UNROLL);
  }

  private static void assertRefused(ThrowingCallable network, String said) {
    assertThatExceptionOfType(InconsistentModelException.class)
        .isThrownBy(network)
        .withMessageContaining(said);
  }

  @Test
  void chainIsAGraphOfOneInputAndOneOutput() {
    List<Layer> layers = List.of(lstm(3, 4), lstm(4, 2), dense(2, 5));
    Network chain = Network.chain("test", layers, false, Summary.FINAL_STATE);
    assertThat(chain.chain()).isEqualTo(layers);
    assertThat(chain.nodes())
        .containsExactly(
            node("lstm_0", layers.get(0), "x"),
            node("lstm_1", layers.get(1), "lstm_0"),
            node("dense_2", layers.get(2), "lstm_1"));
    Signature signature = chain.signature();
    assertThat(signature.inputs()).containsExactly(X);
    assertThat(signature.inputs().get(0).shape().toString()).isEqualTo("[batch, time, 3]");
    assertThat(signature.inputs().get(0).steps()).isTrue();
    assertThat(signature.outputs().toString()).contains("output", "[batch, time, 5]");
    assertThat(signature.inputSize()).isEqualTo(3);
    assertThat(signature.outputSize()).isEqualTo(5);
    assertThat(signature.isCausal()).isTrue();
    assertThat(signature.returnSequences()).isFalse();
    assertThat(signature.summary()).isEqualTo(Summary.FINAL_STATE);
    assertThat(signature.inside().numbers().at(1)).isEqualTo(3 + 4 + 4);
    assertThat(chain.parameters()).isEqualTo(4 * 4 * 8 + 4 * 2 * 7 + 15);
  }

  @Test
  void stateIsThatOfTheCellsInTheirOrder() {
    Layer both = Layer.Recurrent.bidirectional(cell(3, 4), cell(3, 2));
    Network network = Network.chain("test", List.of(both, lstm(6, 5)), true, Summary.LAST_STEP);
    StateLayout state = network.signature().state();
    assertThat(state.names()).containsExactly("h", "c");
    assertThat(state.widths("h")).containsExactly(4, 2, 5);
    assertThat(state.first(2)).isEqualTo(4);
    assertThat(network.signature().isCausal()).isFalse();
    assertThat(network.signature().inside().trace().get(1))
        .containsExactly(
            new Slot("input", 2),
            new Slot("forget", 2),
            new Slot("output", 2),
            new Slot("candidate", 2),
            new Slot("cell", 2),
            new Slot("hidden", 2));
  }

  @Test
  void cellsOfAllTypesStandOnEachOther() {
    GruCell gru =
        new GruCell(
            GruConfig.plain(4, 2, true),
            new float[4 * 6],
            new float[2 * 6],
            new float[6],
            new float[2]);
    RnnCell rnn =
        new RnnCell(
            new RnnConfig(2, 5, CellConfig.NO_CLIP, Activation.RELU),
            new float[10],
            new float[25],
            new float[5]);
    List<Layer> layers = List.of(lstm(3, 4), Layer.Recurrent.of(gru), Layer.Recurrent.of(rnn));
    Network network = Network.chain("test", layers, true, Summary.LAST_STEP);
    assertThat(network.nodes().stream().map(Node::name))
        .containsExactly("lstm_0", "gru_1", "rnn_2");
    StateLayout state = network.signature().state();
    assertThat(state.names()).containsExactly("h", "c");
    assertThat(state.widths("h")).containsExactly(4, 2, 5);
    assertThat(state.widths("c")).containsExactly(4);
    List<List<Slot>> trace = network.signature().inside().trace();
    assertThat(trace.get(1))
        .containsExactly(
            new Slot("update", 2),
            new Slot("reset", 2),
            new Slot("candidate", 2),
            new Slot("hidden", 2));
    assertThat(trace.get(2)).containsExactly(new Slot("hidden", 5));
    assertThat(network.parameters()).isEqualTo(4 * 4 * 8 + (6 * 7 + 2) + 5 * 8);
    assertThat(network.describe().layers().get(1).toString()).contains("gru", "resetAfter=true");
  }

  @Test
  void numbersOfACellAreThoseOfItsOptions() {
    assertRefused(
        () ->
            new GruCell(
                GruConfig.plain(1, 2, false),
                new float[6],
                new float[12],
                new float[6],
                new float[2]),
        "resetBias needs 0");
    assertRefused(
        () ->
            new GruCell(
                GruConfig.plain(1, 2, true),
                new float[6],
                new float[11],
                new float[6],
                new float[2]),
        "recurrentKernel needs 12");
    assertRefused(() -> new RnnConfig(1, 2, CellConfig.NO_CLIP, Activation.SOFTMAX), "softmax");
    assertRefused(() -> new GruConfig(1, 2, true, 0, Activation.SIGMOID, Activation.TANH), "clip");
    RnnCell rnn =
        new RnnCell(
            new RnnConfig(3, 4, CellConfig.NO_CLIP, Activation.TANH),
            new float[12],
            new float[16],
            new float[4]);
    assertRefused(() -> Layer.Recurrent.bidirectional(cell(3, 4), rnn), "differ in kind");
  }

  @Test
  void embeddingTakesIntegers() {
    Layer table = new Layer.Embedding(7, 3, true, new float[21]);
    Signature signature =
        Network.chain("test", List.of(table, lstm(3, 4)), true, Summary.LAST_STEP).signature();
    assertThat(signature.takesIds()).isTrue();
    assertThat(signature.inputs().get(0).vocabulary()).isEqualTo(OptionalInt.of(7));
    assertThat(signature.inputs().get(0).shape().toString()).isEqualTo("[batch, time]");
    assertThat(signature.inputSize()).isEqualTo(1);
    assertThat(signature.masksSteps()).isTrue();
  }

  @Test
  void layersOfAChainMustFitEachOther() {
    assertRefused(
        () -> Network.chain("test", List.of(lstm(3, 4), dense(5, 2)), true, Summary.LAST_STEP),
        "layer 1 takes 5 features, the layer below gives 4");
    assertRefused(
        () -> Network.chain("test", List.of(dense(5, 2)), true, Summary.LAST_STEP),
        "needs a recurrent layer");
    Layer table = new Layer.Embedding(7, 1, false, new float[7]);
    assertRefused(
        () -> Network.chain("test", List.of(lstm(3, 4), table), true, Summary.LAST_STEP),
        "an embedding must be the first layer");
  }

  @Test
  void namesOfTheStateAreNoInputsAndOutputs() {
    Input h0 = Input.ofSteps("h0", 3);
    assertRefused(
        () -> graph(List.of(h0), Map.of("output", "a"), node("a", lstm(3, 4), "h0")),
        "input 'h0' has the name of a part of the state");
    assertRefused(
        () -> graph(List.of(X), Map.of("c", "a"), node("a", lstm(3, 4), "x")),
        "output 'c' has the name of a part of the state");
  }

  @Test
  void nodesComeAfterThoseThatTheyTake() {
    Network network =
        graph(
            List.of(X),
            Map.of("output", "head"),
            node("head", dense(2, 1), "top"),
            node("top", lstm(4, 2), "bottom"),
            node("bottom", lstm(3, 4), "x"));
    assertThat(network.nodes().stream().map(Node::name)).containsExactly("bottom", "top", "head");
    assertThat(network.chain()).hasSize(3);
  }

  /** Each output steps if all that it is made of can. */
  @Test
  void outputsShareTheLayersBelow() {
    Map<String, String> outputs = new LinkedHashMap<>();
    outputs.put("value", "value_head");
    outputs.put("label", "label_head");
    Network network =
        graph(
            List.of(X),
            outputs,
            node("shared", lstm(3, 4), "x"),
            node("value_head", dense(4, 1), "shared"),
            node(
                "back",
                new Layer.Recurrent(null, cell(4, 5), Merge.CONCAT, false, false),
                "shared"),
            node("label_head", dense(5, 2), "back"));
    List<Signature.Output> described = network.signature().outputs();
    assertThat(described.stream().map(Signature.Output::name)).containsExactly("value", "label");
    assertThat(described.stream().map(Signature.Output::size)).containsExactly(1, 2);
    assertThat(described.stream().map(Signature.Output::steps)).containsExactly(true, false);
    assertThat(network.signature().isCausal()).isFalse();
    assertThatIllegalStateException()
        .isThrownBy(network::chain)
        .withMessageContaining("only a chain")
        .withMessageContaining("[value, label]");
  }

  @Test
  void inputsMayBeSeveral() {
    Map<String, String> outputs = new LinkedHashMap<>();
    outputs.put("a", "first");
    outputs.put("b", "second");
    Network network =
        graph(
            List.of(X, Input.ofSteps("y", 2)),
            outputs,
            node("first", lstm(3, 4), "x"),
            node("second", lstm(2, 4), "y"));
    assertThat(network.signature().inputs().stream().map(Input::size)).containsExactly(3, 2);
    assertThatIllegalStateException().isThrownBy(network::chain).withMessageContaining("[x, y]");
  }

  @Test
  void branchIsNoChain() {
    Map<String, String> output = Map.of("output", "b");
    assertRefused(
        () -> graph(List.of(X), output, node("a", lstm(3, 4), "x"), node("b", lstm(3, 4), "x")),
        "node a leads to no output");
  }

  @Test
  void nodesInACircleAreNamed() {
    assertRefused(
        () ->
            graph(
                List.of(X),
                Map.of("output", "c"),
                node("front", lstm(3, 4), "x"),
                node("a", dense(4, 4), "c"),
                node("b", dense(4, 4), "a"),
                node("c", dense(4, 4), "b")),
        "[a, c, b] feed each other in a circle");
    assertRefused(
        () -> graph(List.of(X), Map.of("output", "a"), node("a", lstm(3, 3), "a")),
        "[a] feed each other in a circle");
  }

  @Test
  void unknownInputIsNamed() {
    assertRefused(
        () ->
            graph(
                List.of(X),
                Map.of("output", "b"),
                node("a", lstm(3, 4), "x"),
                node("b", dense(4, 1), "q")),
        "node b takes q, which is no input and no node; there are the inputs [x] and the nodes"
            + " [a, b]");
  }

  @Test
  void otherFaultsAreNamed() {
    Node a = node("a", lstm(3, 4), "x");
    assertRefused(
        () -> graph(List.of(X), Map.of("output", "a"), a, node("a", dense(4, 1), "a")),
        "are called a");
    assertRefused(
        () -> graph(List.of(X), Map.of("output", "x"), node("x", lstm(3, 4), "x")), "are called x");
    assertRefused(() -> graph(List.of(X), Map.of("output", "z"), a), "is of z, which is no node");
    assertRefused(() -> graph(List.of(X), Map.of(), a), "needs an output");
    assertRefused(
        () -> graph(List.of(X, Input.ofSteps("y", 2)), Map.of("output", "a"), a),
        "input y leads to no output");
    assertRefused(
        () -> graph(List.of(X), Map.of("output", "b"), a, node("b", dense(5, 1), "a")),
        "node b: dense takes 5 features, got [batch, time, 4]");
    assertRefused(
        () -> graph(List.of(X), Map.of("output", "b"), a, node("b", dense(4, 1), "a", "x")),
        "node b: dense takes one input, got 2");
    assertRefused(
        () ->
            graph(List.of(Input.ofIds("x", 9)), Map.of("output", "a"), node("a", lstm(1, 4), "x")),
        "node a: takes numbers, not the integers of a vocabulary");
  }
}

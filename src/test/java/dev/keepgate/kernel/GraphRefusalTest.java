package dev.keepgate.kernel;

import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.kernel.cpu.CpuKernel;
import dev.keepgate.kernel.nd4j.Nd4jKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellWeights;
import dev.keepgate.model.Layer;
import dev.keepgate.model.LstmCell;
import dev.keepgate.model.Network;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Summary;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Kernels compute chains, and say so of any other network. */
class GraphRefusalTest {

  @BeforeAll
  static void load() {
    Backend.load(BlasOptions.DEFAULT);
  }

  static Stream<LstmKernel> kernels() {
    return Stream.of(new ReferenceKernel(), new CpuKernel(), new Nd4jKernel());
  }

  private static Network.Node node(String name) {
    CellWeights weights = new CellWeights(new float[12], new float[36], new float[12], null, null);
    LstmCell cell = new LstmCell(CellConfig.builder(1, 3).build(), weights);
    return new Network.Node(name, Layer.Recurrent.of(cell), List.of("x"));
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void networkThatIsNoChainIsRefused(LstmKernel kernel) {
    Network network =
        Network.graph(
            "test",
            List.of(Signature.Input.ofSteps("x", 1)),
            List.of(node("a"), node("b")),
            Map.of("first", "a", "second", "b"),
            new Signature.Unroll(true, Summary.LAST_STEP));
    assertThatIllegalStateException()
        .isThrownBy(() -> kernel.compile(network))
        .withMessageContaining("only a chain of layers is computed here");
  }
}

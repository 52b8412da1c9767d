package dev.keepgate.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import dev.keepgate.kernel.cpu.CpuKernel;
import dev.keepgate.kernel.nd4j.Nd4jKernel;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Graphs of any operations: the kernels agree with the reference, and steps with an unroll. */
class GraphAgreementTest {

  private static final double TOLERANCE = 2e-5;

  private final List<LstmKernel> kernels = List.of(new CpuKernel(), new Nd4jKernel());

  @BeforeAll
  static void load() {
    Backend.load(BlasOptions.DEFAULT);
  }

  static Stream<RandomGraphs.Case> cases() {
    return RandomGraphs.cases(Integer.getInteger("keepgate.cases", 300));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void kernelsAgreeWithTheReference(RandomGraphs.Case given) {
    NetworkOutput expected = unroll(new ReferenceKernel(), given, given.input());
    for (LstmKernel kernel : kernels) {
      NetworkOutput actual = unroll(kernel, given, given.input());
      KernelAgreement.assertAgree(actual, expected, TOLERANCE, kernel.name() + ", " + given);
      for (int i = 0; i < expected.all().size(); i++) {
        assertThat(actual.all().get(i).shape())
            .as("%s", given)
            .isEqualTo(expected.all().get(i).shape());
        assertClose(actual.all().get(i).values(), expected.all().get(i).values(), given);
      }
    }
  }

  static Stream<RandomGraphs.Case> stepwise() {
    return RandomGraphs.stepwise(Integer.getInteger("keepgate.cases", 300) / 2);
  }

  /** Each step's outputs are the last of an unroll that ends there. */
  @ParameterizedTest
  @MethodSource("stepwise")
  void stepsGiveTheNumbersOfAnUnroll(RandomGraphs.Case given) {
    NetworkInput whole = given.input();
    RecurrentState state = whole.state();
    for (int t = 0; t < whole.time(); t++) {
      NetworkInput step = part(whole, t, t + 1, state);
      NetworkOutput one = unroll(kernels.get(0), given, step, false);
      NetworkOutput all =
          unroll(new ReferenceKernel(), given, part(whole, 0, t + 1, whole.state()), false);
      state = one.state();
      for (int i = 0; i < all.all().size(); i++) {
        assertClose(one.all().get(i).values(), all.all().get(i).values(), given);
      }
    }
  }

  /** Some steps of all rows. */
  private static NetworkInput part(NetworkInput whole, int from, int to, RecurrentState state) {
    int width = whole.x().length / whole.batch() / whole.time();
    float[] x = new float[whole.batch() * (to - from) * width];
    for (int row = 0; row < whole.batch(); row++) {
      System.arraycopy(
          whole.x(),
          (row * whole.time() + from) * width,
          x,
          row * (to - from) * width,
          (to - from) * width);
    }
    List<Tensor> others = new ArrayList<>(whole.others());
    return new NetworkInput(whole.batch(), to - from, x, null, null, state, others);
  }

  private static NetworkOutput unroll(
      LstmKernel kernel, RandomGraphs.Case given, NetworkInput input) {
    return unroll(kernel, given, input, given.returnSequences());
  }

  private static NetworkOutput unroll(
      LstmKernel kernel, RandomGraphs.Case given, NetworkInput input, boolean returnSequences) {
    try (CompiledModel model = kernel.compile(given.network());
        Scratch scratch = kernel.newScratch()) {
      return model.unroll(input, returnSequences, true, scratch);
    }
  }

  private static void assertClose(float[] actual, float[] expected, RandomGraphs.Case given) {
    assertThat(actual).as("%s", given).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      double bound = TOLERANCE * Math.max(1, Math.abs(expected[i]));
      boolean isEqual = Float.compare(actual[i], expected[i]) == 0;
      if (!isEqual && !(Math.abs((double) actual[i] - expected[i]) <= bound)) {
        assertThat(actual[i])
            .as("[%d] of %s, %s", i, given, Arrays.toString(expected))
            .isEqualTo(expected[i]);
      }
    }
  }
}

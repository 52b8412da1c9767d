package dev.keepgate.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.LstmOutput;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The oracle itself, against numbers that were computed elsewhere. */
class ReferenceKernelTest {

  private final LstmKernel kernel = new ReferenceKernel();

  static java.util.stream.Stream<FrameworkCase> frameworkCases() {
    return FrameworkCase.all();
  }

  @ParameterizedTest
  @MethodSource("frameworkCases")
  void unrollAnswersTheNumbersOfTheFramework(FrameworkCase theirs) {
    try (CompiledModel model = kernel.compile(theirs.model());
        Scratch scratch = kernel.newScratch()) {
      LstmOutput ours = model.unroll(theirs.input(), theirs.returnSequences(), false, scratch);
      assertThat(ours.output()).containsExactly(theirs.output(), within(3e-6f));
      if (theirs.state() != null) {
        for (int cell = 0; cell < theirs.state().h().length; cell++) {
          assertThat(ours.state().h()[cell])
              .containsExactly(theirs.state().h()[cell], within(3e-6f));
          assertThat(ours.state().c()[cell])
              .containsExactly(theirs.state().c()[cell], within(3e-6f));
        }
      }
    }
  }
}

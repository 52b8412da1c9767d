package dev.keepgate.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.model.LstmOutput;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NativeKernelTest {

  private final LstmKernel kernel = new NativeKernel();

  static Stream<FrameworkCase> frameworkCases() {
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

  static Stream<RandomModels.Case> cases() {
    return RandomModels.cases(Integer.getInteger("keepgate.cases", 300));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void unrollAgreesWithTheReference(RandomModels.Case given) {
    KernelAgreement.assertAgree(kernel, given);
  }
}

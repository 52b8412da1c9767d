package dev.keepgate.kernel.reference;

import dev.keepgate.kernel.FrameworkCase;
import dev.keepgate.kernel.LstmKernel;
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
    theirs.assertAnsweredBy(kernel);
  }
}

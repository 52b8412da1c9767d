package dev.keepgate.kernel.nd4j;

import dev.keepgate.kernel.KernelAgreement;
import dev.keepgate.kernel.RandomModels;
import dev.keepgate.kernel.backend.Backend;
import dev.keepgate.kernel.backend.BlasOptions;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class Nd4jKernelTest {

  @BeforeAll
  static void load() {
    Backend.load(BlasOptions.DEFAULT);
  }

  static Stream<RandomModels.Case> cases() {
    return RandomModels.cases(Integer.getInteger("keepgate.cases", 300));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void unrollAgreesWithTheReference(RandomModels.Case given) {
    KernelAgreement.assertAgree(new Nd4jKernel(), given);
  }
}

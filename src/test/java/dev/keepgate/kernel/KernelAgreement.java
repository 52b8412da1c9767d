package dev.keepgate.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.kernel.LstmKernel.Scratch;
import dev.keepgate.kernel.reference.ReferenceKernel;
import dev.keepgate.model.CellTrace;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.Slot;
import java.util.List;
import java.util.Objects;

/** Holds a kernel in single precision against the reference in double. */
public final class KernelAgreement {

  /** Relative to a number's size, or to 1 if it is smaller. */
  public static final double TOLERANCE = 1e-5;

  private KernelAgreement() {}

  /** Computes a case with both, and compares every number of their answers. */
  public static void assertAgree(LstmKernel kernel, RandomModels.Case given) {
    try (CompiledModel model = kernel.compile(given.model());
        Scratch scratch = kernel.newScratch()) {
      assertAgree(
          unroll(model, given, scratch),
          reference(given),
          tolerance(given.model()),
          given.toString());
    }
  }

  /**
   * What is allowed of a model: a layer norm makes an error larger by 1 / sqrt(epsilon) at most.
   */
  public static double tolerance(Network network) {
    double tolerance = TOLERANCE;
    for (Layer layer : network.chain()) {
      if (layer instanceof Layer.LayerNorm norm) {
        tolerance *= Math.max(1, 1 / Math.sqrt(norm.epsilon()));
      }
    }
    return tolerance;
  }

  public static NetworkOutput unroll(
      CompiledModel model, RandomModels.Case given, Scratch scratch) {
    return model.unroll(given.input(), given.returnSequences(), given.trace(), scratch);
  }

  public static NetworkOutput reference(RandomModels.Case given) {
    LstmKernel kernel = new ReferenceKernel();
    try (CompiledModel model = kernel.compile(given.model());
        Scratch scratch = kernel.newScratch()) {
      return unroll(model, given, scratch);
    }
  }

  public static void assertAgree(
      NetworkOutput actual, NetworkOutput expected, double tolerance, String description) {
    for (int slot = 0; slot < expected.state().values().length; slot++) {
      assertClose(
          actual.state().values()[slot],
          expected.state().values()[slot],
          tolerance,
          "final %s of %s".formatted(expected.state().layout().slot(slot), description));
    }
    List<CellTrace> trace = expected.trace();
    for (int cell = 0; trace != null && cell < trace.size(); cell++) {
      String of = " of cell %d of %s".formatted(cell, description);
      assertAgree(
          Objects.requireNonNull(actual.trace(), "trace" + of).get(cell),
          trace.get(cell),
          tolerance,
          of);
    }
    assertClose(actual.output(), expected.output(), tolerance, "output of " + description);
  }

  private static void assertAgree(
      CellTrace actual, CellTrace expected, double tolerance, String of) {
    for (Slot slot : expected.slots()) {
      String name = slot.name();
      assertClose(actual.of(name), expected.of(name), tolerance, name + of);
    }
  }

  private static void assertClose(
      float[] actual, float[] expected, double tolerance, String description) {
    assertThat(actual).as(description).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      double bound = tolerance * Math.max(1, Math.abs(expected[i]));
      // Written so that NaN fails.
      if (!(Math.abs((double) actual[i] - expected[i]) <= bound)) {
        assertThat(actual[i]).as("[%d] of %s", i, description).isEqualTo(expected[i]);
      }
    }
  }
}

package dev.keepgate.kernel.reference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.kernel.ActivationContract;
import dev.keepgate.kernel.ExactFunctions;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Activation.Kind;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The oracle's activations against arithmetic of a hundred digits. */
class ReferenceFunctionsTest {

  private static final double BOUND = 1e-9;

  static Stream<Activation> elementwise() {
    return ActivationContract.elementwise();
  }

  static Stream<float[]> rows() {
    return ActivationContract.rows();
  }

  @ParameterizedTest
  @MethodSource("elementwise")
  void areExact(Activation activation) {
    for (double x : ActivationContract.points(activation)) {
      double exact = ExactFunctions.activate(activation, x).doubleValue();
      double ours = ReferenceFunctions.activate(activation, x);
      ActivationContract.assertClose(ours, exact, BOUND, activation, x);
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void softmaxesAreExact(float[] row) {
    double[] doubles = new double[row.length];
    Arrays.setAll(doubles, i -> row[i]);
    for (Kind kind : List.of(Kind.SOFTMAX, Kind.LOG_SOFTMAX)) {
      double[] ours = ReferenceFunctions.activate(Activation.of(kind), doubles);
      for (int i = 0; i < row.length; i++) {
        double exact = ExactFunctions.ofRow(kind, row, i);
        String at = "[%d] of %s".formatted(i, Arrays.toString(row));
        ActivationContract.assertClose(ours[i], exact, BOUND, Activation.of(kind), at);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("elementwise")
  void notANumberStays(Activation activation) {
    assertThat(ReferenceFunctions.activate(activation, Double.NaN)).isNaN();
  }
}

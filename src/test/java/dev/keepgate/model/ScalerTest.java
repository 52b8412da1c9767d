package dev.keepgate.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.keepgate.model.ScalerStep.Add;
import dev.keepgate.model.ScalerStep.Clip;
import dev.keepgate.model.ScalerStep.Divide;
import dev.keepgate.model.ScalerStep.Multiply;
import dev.keepgate.model.ScalerStep.Subtract;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScalerTest {

  /** Columns scaled by 10, 20, 30 and so on. */
  private static Scaler tens(String... names) {
    return Scaler.ofColumns(names.length, i -> List.of(new Divide(10 * (i + 1))))
        .withNames(List.of(names));
  }

  @Test
  void readingsNearAMillionKeepTheirDifference() {
    Scaler scaler =
        Scaler.ofColumns(1, i -> List.of(new Subtract(1_000_000.03125), new Divide(0.25)));
    float[] scaled = scaler.scale(new double[] {1_000_000.1, 1_000_000.2});
    assertThat(scaled[1] - scaled[0]).isCloseTo(0.4f, within(1e-6f));
    assertThat(scaler.invert(new float[] {4})).containsExactly(1_000_001.03125);
  }

  @Test
  void joinedScalersDoOneAfterTheOther() {
    Scaler first =
        new Scaler(
            3,
            List.of("a", "b", "c"),
            List.of(
                new Scaler.Column(2, List.of(new Subtract(1))), new Scaler.Column(0, List.of())));
    Scaler second = Scaler.ofColumns(2, i -> List.of(new Multiply(2), new Add(i), new Clip(-5, 5)));
    Scaler joined = first.then(second);
    assertThat(joined.names()).containsExactly("a", "b", "c");
    assertThat(joined.scale(new double[] {1, 9, 3, 100, 9, -100})).containsExactly(4, 3, -5, 5);
    assertThat(joined.invert(new float[] {4, 3})).containsExactly(3, 1);
    assertThatThrownBy(() -> second.then(first)).isInstanceOf(InconsistentModelException.class);
  }

  @Test
  void targetsAreUndoneByTheirColumns() {
    Scaler scaler = tens("load", "wind", "price");
    assertThat(scaler.forTargets(List.of("price"), 1).invert(new float[] {1})).containsExactly(30);
    assertThat(scaler.forTargets(List.of("wind"), 2).invert(new float[] {1, 2}))
        .containsExactly(20, 40);
    assertThat(scaler.forTargets(List.of("price", "load"), 2).invert(new float[] {1, 1}))
        .containsExactly(30, 10);
    assertThat(scaler.forTargets(List.of(), 3).invert(new float[] {1, 1, 1}))
        .containsExactly(10, 20, 30);
    assertThat(tens("load").forTargets(List.of(), 2).invert(new float[] {1, 2}))
        .containsExactly(10, 20);
  }

  @Test
  void targetsThatAreAmbiguousAreAskedFor() {
    Scaler scaler = tens("load", "wind", "price");
    assertThatThrownBy(() -> scaler.forTargets(List.of(), 1)).hasMessageContaining("leave open");
    assertThatThrownBy(() -> scaler.forTargets(List.of("load", "wind"), 3))
        .hasMessageContaining("leave open");
    assertThatThrownBy(() -> scaler.forTargets(List.of("rain"), 1)).hasMessageContaining("'rain'");
    Scaler dropped =
        new Scaler(2, List.of("a", "b"), List.of(new Scaler.Column(0, List.of(new Divide(2)))));
    assertThatThrownBy(() -> dropped.forTargets(List.of("b"), 1))
        .hasMessageContaining("0 columns of column 1");
  }

  @Test
  void numbersThatNothingUndoesAreRefused() {
    for (double number : new double[] {0, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> new Divide(number)).isInstanceOf(InconsistentModelException.class);
      assertThatThrownBy(() -> new Multiply(number)).isInstanceOf(InconsistentModelException.class);
    }
    assertThatThrownBy(() -> new Subtract(Double.NaN))
        .isInstanceOf(InconsistentModelException.class);
    assertThatThrownBy(() -> new Clip(1, 0)).isInstanceOf(InconsistentModelException.class);
    assertThatThrownBy(() -> tens("a", "a")).hasMessageContaining("same name");
    assertThatThrownBy(() -> tens("a", "b").scale(new double[3]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

package dev.keepgate.api.oip;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.kernel.RandomModels;
import dev.keepgate.model.Signature;
import org.junit.jupiter.api.Test;

/** What is asked of every request agrees with what a model's description says. */
class ModelTensorsTest {

  private static final int MODELS = 200;

  @Test
  void namesAreThoseOfTheDescription() {
    long named = 0;
    for (RandomModels.Case each : RandomModels.cases(MODELS).toList()) {
      Signature signature = each.model().signature();
      assertThat(ModelTensors.outputNames(signature))
          .isEqualTo(ModelTensors.names(ModelTensors.outputs(signature)))
          .allMatch(name -> ModelTensors.isOutput(signature, name))
          .noneMatch(name -> ModelTensors.isOutput(signature, name + ".7"));
      assertThat(ModelTensors.names(ModelTensors.inputs(signature)))
          .allMatch(name -> ModelTensors.isInput(signature, name))
          .noneMatch(name -> ModelTensors.isInput(signature, name + ".7"));
      named +=
          ModelTensors.outputNames(signature).stream().filter(name -> name.contains(".")).count();
    }
    // Some have a tensor a cell.
    assertThat(named).isPositive();
  }
}

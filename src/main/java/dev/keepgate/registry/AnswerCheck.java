package dev.keepgate.registry;

import dev.keepgate.model.ExpectedAnswers;
import dev.keepgate.model.NetworkInput;
import dev.keepgate.model.NetworkOutput;
import dev.keepgate.model.Signature;
import java.util.List;

/** Holds a model against what it is to answer, as its clients would ask it. */
@FunctionalInterface
public interface AnswerCheck {

  /** Computes what was validated, by the kernel that serves. */
  interface Computation {
    NetworkOutput unroll(NetworkInput input, boolean returnSequences);
  }

  /**
   * A case that the model does not answer as it is to.
   *
   * @param where a pointer into the list of cases, such as {@code /2/output}
   * @param detail the index, what was expected, what came, and the difference
   */
  record Fault(String where, String detail) {}

  /**
   * What was found.
   *
   * @param found of the cases without a fault
   * @param faults none where the model may serve
   */
  record Outcome(AnswersFound found, List<Fault> faults) {
    public Outcome {
      faults = List.copyOf(faults);
    }
  }

  /** Asks all cases. */
  Outcome check(ExpectedAnswers expected, Signature signature, Computation computation);
}

package dev.keepgate.api.rest.csv;

import dev.keepgate.model.Scaler;
import dev.keepgate.model.Signature;
import dev.keepgate.tensor.TensorFormatException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a line of a file brings to a model.
 *
 * @param width how many numbers
 * @param names of them; empty where they have none
 * @param vocabulary the bound of identifiers, exclusive; 0 where they are real numbers
 * @param scaler that makes the model's numbers of them; null where they are
 */
record Readings(int width, List<String> names, int vocabulary, @Nullable Scaler scaler) {

  /**
   * @param scaled whether the file has the model's own numbers
   */
  static Readings of(Signature signature, boolean scaled) {
    Signature.Input own = signature.inputs().get(signature.sequenceInput());
    Signature.Input input = scaled ? own : signature.reading(signature.sequenceInput());
    boolean isOfSteps = input.shape().size() == (input.vocabulary().isPresent() ? 2 : 3);
    if (signature.inputs().size() > 1 || !isOfSteps) {
      throw new TensorFormatException(
          "", "a line of CSV is a step of a model's one input; send this model's inputs as JSON");
    }
    Scaler scaler = scaled ? null : signature.settings().scaler();
    List<String> names = signature.settings().columns().features();
    if (names.isEmpty() && scaler != null) {
      names = scaler.names();
    }
    return new Readings(
        input.size(),
        names.size() == input.size() ? names : List.of(),
        input.vocabulary().orElse(0),
        scaler);
  }
}

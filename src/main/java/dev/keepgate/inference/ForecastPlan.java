package dev.keepgate.inference;

import dev.keepgate.model.ModelSettings.Forecasting;
import dev.keepgate.model.Signature;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How a model goes on by its own answers.
 *
 * @param inputSize width of a step of its input
 * @param columns of each number of a forecast step, the column of the input that it becomes; -1
 *     where it becomes none
 * @param known columns of the input that must be known ahead
 * @param answered how many forecast steps an answer has
 * @param window how many steps it sees; 0 where it goes on from its state
 */
record ForecastPlan(int inputSize, int[] columns, int[] known, int answered, int window) {

  /**
   * @throws InferenceException.CannotForecast if it leaves open what is fed back
   */
  static ForecastPlan of(Signature signature) {
    Signature.Input input = signature.inputs().get(signature.sequenceInput());
    Signature.Output output = signature.outputs().get(0);
    if (signature.inputs().size() > 1 || input.vocabulary().isPresent()) {
      throw cannot("it must have one input of real numbers");
    }
    if (signature.outputs().size() > 1) {
      throw cannot("it must have one output");
    }
    if (signature.settings().classes() != null) {
      throw cannot("its output is the probabilities of classes");
    }
    int window = window(signature, input);
    int width = output.size();
    int answered = 1;
    if (!output.isSequence() && output.shape().size() == 3) {
      answered = output.shape().get(1).size();
    } else if (!output.isSequence() || signature.inside().isChain()) {
      boolean isOfSteps = input.size() == 1 && width > 1 && feedback(signature) == null;
      answered = isOfSteps ? width : 1;
      width = isOfSteps ? 1 : width;
    }
    int[] columns = columns(signature, input.size(), width);
    List<Integer> known = new ArrayList<>();
    for (int column = 0; column < input.size(); column++) {
      int own = column;
      if (Arrays.stream(columns).noneMatch(fed -> fed == own)) {
        known.add(column);
      }
    }
    int[] ahead = known.stream().mapToInt(Integer::intValue).toArray();
    return new ForecastPlan(input.size(), columns, ahead, answered, window);
  }

  private static int window(Signature signature, Signature.Input input) {
    if (!input.steps()) {
      if (input.shape().size() != 3) {
        throw cannot("its input must be a sequence");
      }
      return input.shape().get(1).size();
    }
    int window = signature.settings().forecasting().window();
    if (window == 0 && (!signature.isCausal() || signature.masksSteps())) {
      throw cannot("it does not go on from a state; say how many steps it sees by config.window");
    }
    return window;
  }

  private static @Nullable List<Integer> feedback(Signature signature) {
    return signature.settings().forecasting().feedback();
  }

  private static int[] columns(Signature signature, int inputSize, int width) {
    Forecasting forecasting = signature.settings().forecasting();
    List<String> features = signature.settings().columns().features();
    List<String> targets = signature.settings().columns().targets();
    if (forecasting.feedback() != null) {
      return forecasting.feedback().stream().mapToInt(Integer::intValue).toArray();
    }
    if (!targets.isEmpty() && features.containsAll(targets)) {
      return targets.stream().mapToInt(features::indexOf).toArray();
    }
    if (inputSize == width) {
      return IntStream.range(0, width).toArray();
    }
    throw cannot(
        "its output of %d numbers is no input of %d; say which columns of the input they become by config.feedback, such as [0]"
            .formatted(width, inputSize));
  }

  private static InferenceException.CannotForecast cannot(String why) {
    return new InferenceException.CannotForecast(why);
  }

  /** How many numbers a forecast step has. */
  int width() {
    return columns.length;
  }
}

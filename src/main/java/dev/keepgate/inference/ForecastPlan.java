package dev.keepgate.inference;

import dev.keepgate.model.Distribution;
import dev.keepgate.model.ModelSettings.Forecasting;
import dev.keepgate.model.Scaler;
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
 * @param layout of an answer
 */
record ForecastPlan(
    int inputSize, int[] columns, int[] known, int answered, int window, Layout layout) {

  /**
   * Where the numbers of forecast steps are in an answer.
   *
   * @param size how many numbers a row's answer has
   * @param at of each parameter of the distribution, or of the answer itself, of each number of its
   *     steps where it is
   */
  record Layout(int size, int[][] at) {

    /**
     * Of an answer.
     *
     * @param output how many numbers a step of it has
     * @param steps how many of these there are
     */
    static Layout of(@Nullable Distribution distribution, int output, int steps) {
      List<List<Integer>> read =
          distribution == null
              ? List.of(IntStream.range(0, output).boxed().toList())
              : distribution.parameters().stream().map(Distribution.Parameter::outputs).toList();
      int[][] at = new int[read.size()][];
      for (int i = 0; i < at.length; i++) {
        List<Integer> own = read.get(i);
        at[i] =
            IntStream.range(0, steps)
                .flatMap(step -> own.stream().mapToInt(number -> step * output + number))
                .toArray();
      }
      return new Layout(output * steps, at);
    }
  }

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
    Distribution distribution = signature.settings().forecasting().distribution();
    int width = distribution == null ? output.size() : distribution.targets();
    Layout layout = Layout.of(distribution, output.size(), 1);
    int answered = 1;
    if (!output.isSequence() && output.shape().size() == 3) {
      answered = output.shape().get(1).size();
      layout = Layout.of(distribution, output.size(), answered);
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
    return new ForecastPlan(input.size(), columns, ahead, answered, window, layout);
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
    if (width > 1 && inputSize == width && !features.isEmpty() && !targets.isEmpty()) {
      throw cannot(
          "its targets %s are not among its features %s; say which columns of the input they become by config.feedback, such as %s"
              .formatted(targets, features, IntStream.range(0, width).boxed().toList()));
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

  /** Whether a chain's rows go on by themselves, a step at a time. */
  boolean goesByStep(Signature signature) {
    return window == 0 && answered == 1 && signature.inside().isChain();
  }

  /** Where a step's numbers begin among those of its answer's steps. */
  int first(int step) {
    return step % answered * width();
  }

  /** Which column of a scaler of the targets, or of all steps of an answer, undoes a number. */
  int column(Scaler scaler, int step, int target) {
    return scaler.outputs() == width() ? target : first(step) + target;
  }

  /** How many numbers a forecast step has. */
  int width() {
    return columns.length;
  }
}

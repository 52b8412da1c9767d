package dev.keepgate.inference;

import dev.keepgate.model.ModelSettings;
import dev.keepgate.model.ModelSettings.Probability;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Vocabulary;
import org.jspecify.annotations.Nullable;

/**
 * How a model goes on with a text.
 *
 * @param takesIds whether it takes ids; else vectors, 1 at the id and 0 elsewhere
 * @param ids how many ids it takes
 * @param width how many numbers a step of its output has, one an id
 * @param window how many tokens it sees; 0 where it goes on from its state
 * @param probability how its output's numbers become probabilities
 * @param vocabulary null where it is not known
 */
record GeneratePlan(
    boolean takesIds,
    int ids,
    int width,
    int window,
    Probability probability,
    @Nullable Vocabulary vocabulary) {

  /**
   * @throws InferenceException.CannotGenerate if it takes no tokens, or answers none
   */
  static GeneratePlan of(Signature signature) {
    if (signature.inputs().size() > 1 || signature.outputs().size() > 1) {
      throw cannot("it must have one input and one output");
    }
    ModelSettings settings = signature.settings();
    if (settings.classes() != null) {
      throw cannot("its output is the probabilities of classes, and not of tokens");
    }
    if (settings.scaler() != null || settings.targetScaler() != null) {
      throw cannot("its numbers are readings, and not tokens");
    }
    Signature.Input input = signature.inputs().get(0);
    boolean takesIds = input.vocabulary().isPresent();
    int ids = input.vocabulary().orElse(input.size());
    Probability probability = settings.tokens().probability();
    Vocabulary vocabulary = settings.tokens().vocabulary();
    if (probability == null) {
      throw cannot("it must end with a softmax, a log_softmax, or logits of tokens");
    }
    if (!takesIds && vocabulary == null && probability == Probability.SOFTMAX) {
      throw cannot("it has no embedding and no softmax; with a vocabulary it is one of tokens");
    }
    int width = signature.outputSize();
    if (width > ids || (width < ids && vocabulary == null)) {
      throw cannot(
          "it answers %d numbers and takes %d ids%s"
              .formatted(width, ids, width < ids ? "; a vocabulary says which they are" : ""));
    }
    return new GeneratePlan(
        takesIds, ids, width, window(signature, input), probability, vocabulary);
  }

  private static int window(Signature signature, Signature.Input input) {
    int rank = input.vocabulary().isPresent() ? 2 : 3;
    if (input.shape().size() != rank) {
      throw cannot("its input must be a sequence");
    }
    if (!input.steps()) {
      return input.shape().get(1).size();
    }
    int window = signature.settings().forecasting().window();
    if (window == 0 && (!signature.isCausal() || signature.masksSteps())) {
      throw cannot("it does not go on from a state; say how many tokens it sees by config.window");
    }
    return window;
  }

  private static InferenceException.CannotGenerate cannot(String why) {
    return new InferenceException.CannotGenerate(why);
  }

  /** Whether a prompt may be shorter than the window: whether there is what stands for no token. */
  boolean pads() {
    return !takesIds
        || vocabulary == null
        || vocabulary.special().padding() != null
        || vocabulary.token(0) == null;
  }

  /** The id that stands for no token, before a prompt that is shorter than the window. */
  int padding() {
    Integer padding = vocabulary == null ? null : vocabulary.special().padding();
    return padding == null ? 0 : padding;
  }
}

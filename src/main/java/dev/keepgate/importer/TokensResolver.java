package dev.keepgate.importer;

import dev.keepgate.model.Activation;
import dev.keepgate.model.ArrayOperation;
import dev.keepgate.model.Layer;
import dev.keepgate.model.ModelSettings.Probability;
import dev.keepgate.model.ModelSettings.Tokens;
import dev.keepgate.model.Network;
import dev.keepgate.model.Operation;
import dev.keepgate.model.ShapeOperation;
import dev.keepgate.model.Signature;
import dev.keepgate.model.Vocabulary;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a model's numbers are of a text: whether its output is probabilities of ids, their
 * logarithms, or logits, and whether a vocabulary fits it.
 */
final class TokensResolver {

  private final Network network;
  private final Signature signature;
  private final List<String> assumed;

  /**
   * @param assumed collects what nothing said and was taken for granted
   */
  TokensResolver(Network network, List<String> assumed) {
    this.network = network;
    this.signature = network.signature();
    this.assumed = assumed;
  }

  /**
   * @param window how many tokens the model sees; 0 where it goes on from its state
   * @param hasClasses whether the output is of classes, and not of ids
   * @throws ImportException if the vocabulary has more ids than the network
   */
  Tokens resolve(@Nullable Vocabulary vocabulary, int window, boolean hasClasses)
      throws ImportException {
    Probability probability = hasClasses ? null : probability();
    if (vocabulary != null) {
      requireFit(vocabulary, hasClasses);
      if (probability == Probability.SOFTMAX) {
        assumed.add("probabilities of tokens are the softmax of the output");
      }
      Integer padding = vocabulary.special().padding();
      boolean takesIds = signature.inputs().get(signature.sequenceInput()).vocabulary().isPresent();
      if (window > 0 && (!takesIds || padding != null)) {
        assumed.add(
            "a prompt of fewer than %d tokens is padded in front with %s"
                .formatted(window, takesIds ? "id " + padding : "zeros"));
      }
    }
    return new Tokens(vocabulary, probability);
  }

  private void requireFit(Vocabulary vocabulary, boolean hasClasses) throws ImportException {
    Signature.Input input = signature.inputs().get(signature.sequenceInput());
    int bound = vocabulary.idBound();
    int taken = input.vocabulary().orElse(input.size());
    if (bound > taken) {
      throw ImportException.unsupported(
          SideFiles.VOCABULARY,
          input.vocabulary().isPresent()
              ? "has ids up to %d, the model's embedding has %d rows".formatted(bound - 1, taken)
              : "has ids up to %d, the model takes %d numbers a step".formatted(bound - 1, taken));
    }
    if (!hasClasses && bound > signature.outputSize()) {
      throw ImportException.unsupported(
          SideFiles.VOCABULARY,
          "has ids up to %d, the model answers %d numbers; a classifier of texts needs labels"
              .formatted(bound - 1, signature.outputSize()));
    }
  }

  /** Null where the output's numbers are of no choice among ids. */
  private @Nullable Probability probability() {
    if (signature.outputs().size() > 1) {
      return null;
    }
    Activation.Kind last = lastFunction();
    if (last == null) {
      return null;
    }
    return switch (last) {
      case SOFTMAX -> Probability.AS_THEY_ARE;
      case LOG_SOFTMAX -> Probability.EXPONENTIAL;
      case LINEAR -> Probability.SOFTMAX;
      default -> null;
    };
  }

  /** Of the dense layer, or the function, whose rows the output has; null where there is none. */
  private Activation.@Nullable Kind lastFunction() {
    Map<String, Network.Node> nodes =
        network.nodes().stream().collect(Collectors.toMap(Network.Node::name, Function.identity()));
    Network.Node node = nodes.get(network.node(signature.outputs().get(0).name()));
    while (node != null && keepsRows(node.operation())) {
      node = nodes.get(node.inputs().get(0));
    }
    if (node == null
        || !(node.operation() instanceof Layer layer)
        || layer.outputSize() != signature.outputSize()) {
      return null;
    }
    if (layer instanceof Layer.Dense dense) {
      return dense.activation().kind();
    }
    return layer instanceof Layer.Activate activate ? activate.activation().kind() : null;
  }

  private static boolean keepsRows(Operation operation) {
    return operation instanceof ShapeOperation.Reshape
        || operation instanceof ShapeOperation.Slice
        || operation instanceof ArrayOperation.Take;
  }
}

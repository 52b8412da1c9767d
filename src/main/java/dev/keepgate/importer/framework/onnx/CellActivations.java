package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Activation.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The activations of a recurrent node: for an LSTM three a direction, for the gates, the candidate
 * and the cell; for a GRU the first two of them, for an RNN one. Each takes as many of the given
 * constants as it has, in order, and those that are not given are ONNX Runtime's, which for
 * ThresholdedRelu, Affine and ScaledTanh are 0.
 */
final class CellActivations {

  /**
   * @param function with its constants where they are not given
   * @param alpha whether it takes an alpha
   * @param beta whether it takes a beta
   */
  private record Form(Activation function, boolean alpha, boolean beta) {}

  private static final Map<String, Form> FORMS =
      Map.ofEntries(
          Map.entry("sigmoid", plain(Kind.SIGMOID)),
          Map.entry("tanh", plain(Kind.TANH)),
          Map.entry("relu", plain(Kind.RELU)),
          Map.entry("softsign", plain(Kind.SOFTSIGN)),
          Map.entry("softplus", plain(Kind.SOFTPLUS)),
          Map.entry("leakyrelu", new Form(new Activation(Kind.LEAKY_RELU, 0.01f, 0), true, false)),
          Map.entry(
              "thresholdedrelu",
              new Form(new Activation(Kind.THRESHOLDED_RELU, 0, 0), true, false)),
          Map.entry("elu", new Form(new Activation(Kind.ELU, 1, 0), true, false)),
          Map.entry("affine", new Form(new Activation(Kind.AFFINE, 0, 0), true, true)),
          Map.entry("scaledtanh", new Form(new Activation(Kind.SCALED_TANH, 0, 0), true, true)),
          Map.entry("hardsigmoid", new Form(Activation.HARD_SIGMOID_FIFTH, true, true)));

  private CellActivations() {}

  private static Form plain(Kind kind) {
    return new Form(Activation.of(kind), false, false);
  }

  /**
   * Reads those of all directions, the forward cell's first.
   *
   * @param defaults of one direction where the node names none
   */
  static List<Activation> read(OperatorCall call, List<String> defaults, int directions)
      throws ImportException {
    int count = defaults.size() * directions;
    List<String> names = call.node().strings("activations");
    if (names.isEmpty()) {
      names =
          Stream.generate(() -> defaults).limit(directions).flatMap(Collection::stream).toList();
    }
    if (names.size() != count) {
      throw call.refuse("%d activations are given, expected %d".formatted(names.size(), count));
    }
    List<Float> alphas = new ArrayList<>(call.node().numbers("activation_alpha"));
    List<Float> betas = new ArrayList<>(call.node().numbers("activation_beta"));
    List<Activation> activations = new ArrayList<>();
    for (String name : names) {
      Form form = FORMS.get(name.toLowerCase(Locale.ROOT));
      if (form == null) {
        throw call.refuse("activation '" + name + "' is unknown");
      }
      Activation otherwise = form.function();
      activations.add(
          new Activation(
              otherwise.kind(),
              form.alpha() && !alphas.isEmpty() ? alphas.remove(0) : otherwise.alpha(),
              form.beta() && !betas.isEmpty() ? betas.remove(0) : otherwise.beta()));
    }
    return activations;
  }
}

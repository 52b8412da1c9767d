package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Activation.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The activations of an LSTM node: three a direction, for the gates, the candidate and the cell.
 * Each takes as many of the given constants as it has, in order, and those that are not given are
 * ONNX Runtime's, which for ThresholdedRelu, Affine and ScaledTanh are 0.
 */
final class LstmActivations {

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

  private LstmActivations() {}

  private static Form plain(Kind kind) {
    return new Form(Activation.of(kind), false, false);
  }

  static List<Activation> read(OperatorCall call, int directions) throws ImportException {
    List<String> names = call.node().strings("activations");
    if (names.isEmpty()) {
      names =
          List.of("Sigmoid", "Tanh", "Tanh", "Sigmoid", "Tanh", "Tanh").subList(0, 3 * directions);
    }
    if (names.size() != 3 * directions) {
      throw call.refuse(
          "%d activations are given, expected %d".formatted(names.size(), 3 * directions));
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

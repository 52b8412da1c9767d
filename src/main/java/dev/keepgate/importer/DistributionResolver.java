package dev.keepgate.importer;

import dev.keepgate.model.Activation;
import dev.keepgate.model.Distribution;
import dev.keepgate.model.Distribution.Kind;
import dev.keepgate.model.Distribution.Parameter;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.Link;
import dev.keepgate.model.Network;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Decides how a network's output is read as a distribution. What {@code config} leaves out is the
 * usual, where the network ends with a dense layer without an activation; else it is asked for.
 */
final class DistributionResolver {

  private static final String FIELD = "/config/distribution";

  private final Network network;
  private final DistributionConfig config;
  private final int outputSize;

  DistributionResolver(Network network, DistributionConfig config) {
    this.network = network;
    this.config = config;
    this.outputSize = network.signature().outputSize();
  }

  /**
   * Without its scaler.
   *
   * @param assumed where it is told what nothing said
   */
  Distribution resolve(List<String> assumed) throws ImportException {
    if (network.signature().outputs().size() > 1) {
      throw ImportException.config(
          FIELD, "the model has several outputs; join them into one, a number a parameter");
    }
    List<Parameter> parameters = new ArrayList<>();
    Map<String, List<Integer>> outputs = outputs();
    for (String name : order(outputs.keySet())) {
      parameters.add(new Parameter(name, Objects.requireNonNull(outputs.get(name)), link(name)));
    }
    for (String name : config.links().keySet()) {
      if (!outputs.containsKey(name)) {
        throw ImportException.config(
            FIELD + "/activations/" + name, "is no parameter of " + config.kind().word());
      }
    }
    Distribution distribution;
    try {
      distribution = new Distribution(config.kind(), parameters, null);
    } catch (InconsistentModelException e) {
      throw ImportException.config(FIELD + "/parameters", String.valueOf(e.getMessage()));
    }
    requireAllOutputs(outputs);
    if (config.parameters() == null || config.links().size() < parameters.size()) {
      assumed.add("the output is read as " + words(distribution));
    }
    return distribution;
  }

  private static String words(Distribution distribution) {
    return distribution.kind().word()
        + " by "
        + String.join(
            ", ",
            distribution.parameters().stream()
                .map(p -> "%s = %s of %s".formatted(p.name(), p.link(), p.outputs()))
                .toList());
  }

  private Map<String, List<Integer>> outputs() throws ImportException {
    Map<String, List<Integer>> said = config.parameters();
    if (said != null) {
      return said;
    }
    if (config.kind() == Kind.QUANTILES) {
      throw ImportException.config(
          FIELD, "say the levels: {\"kind\": \"quantiles\", \"quantiles\": [0.1, 0.5, 0.9]}");
    }
    List<String> usual = config.kind().forms().get(0);
    Map<String, List<Integer>> outputs = new LinkedHashMap<>();
    usual.forEach(name -> outputs.put(name, List.of(outputs.size())));
    if (outputSize != usual.size()) {
      throw ImportException.config(
          FIELD,
          "the model answers %d numbers, one target's %s takes %d; say which are which by parameters, such as %s"
              .formatted(outputSize, config.kind().word(), usual.size(), outputs));
    }
    return outputs;
  }

  /** In the order of the form that has these names; the given one where none has. */
  private List<String> order(Set<String> names) {
    return config.kind().forms().stream()
        .filter(form -> Set.copyOf(form).equals(names))
        .findAny()
        .orElse(List.copyOf(names));
  }

  private Link link(String name) throws ImportException {
    Link said = config.links().get(name);
    if (said != null) {
      return said;
    }
    Link usual = Parameter.usualLink(name);
    Activation head = network.describeHead().activation();
    if (config.kind() != Kind.QUANTILES
        && !usual.equals(Link.LINEAR)
        && (head == null || head.kind() != Activation.Kind.LINEAR)) {
      throw ImportException.config(
          FIELD + "/activations/" + name,
          "say what makes it of the output, as the model does not end with a plain dense layer: \"linear\" where the output is it, else such as \"%s\""
              .formatted(usual));
    }
    return usual;
  }

  private void requireAllOutputs(Map<String, List<Integer>> outputs) throws ImportException {
    Set<Integer> used = new HashSet<>();
    outputs.values().forEach(used::addAll);
    for (int output : used) {
      if (output >= outputSize) {
        throw ImportException.config(
            FIELD + "/parameters",
            "the model answers %d numbers, from 0; there is no %d".formatted(outputSize, output));
      }
    }
    for (int output = 0; output < outputSize; output++) {
      if (!used.contains(output)) {
        throw ImportException.config(
            FIELD + "/parameters",
            "the model answers %d numbers; say what number %d is".formatted(outputSize, output));
      }
    }
  }
}

package dev.keepgate.importer.framework.forward;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.model.Network;
import dev.keepgate.model.Summary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The network that a file's modules make, in the order that {@code config.forward} says or that the
 * file leaves no doubt of.
 *
 * @param stages its recipe, with the shapes after every stage
 * @param assumed what neither file nor configuration said
 * @param waived tensors that are left out by what the configuration says
 */
public record Forward(
    Network network,
    List<ImportedModel.Stage> stages,
    List<String> assumed,
    Predicate<TensorInfo> waived) {

  /** A recipe, and what may be left out of it. */
  record Plan(List<Stage> recipe, Predicate<TensorInfo> waived) {}

  /**
   * Puts modules in order and reads them.
   *
   * @throws ImportException if the order is not said, or does not fit
   * @throws IOException if the disk fails
   */
  public static Forward of(Modules modules, ImportConfig config)
      throws IOException, ImportException {
    boolean said = config.forward() != null;
    Plan plan =
        config.forward() != null
            ? said(modules, config, config.forward())
            : new DefaultForward(modules, config).plan();
    ForwardNetwork forward =
        ForwardNetwork.of(
            plan.recipe(), said ? within(modules, config) : modules, config.headActivation());
    Network network = forward.network(config);
    return new Forward(
        network, forward.shapes(), assumed(modules, forward, config, network), plan.waived());
  }

  private static Plan said(Modules modules, ImportConfig config, List<String> recipe)
      throws ImportException {
    refuseBeside("embedding", config.embedding());
    refuseBeside("head", config.head());
    refuseBeside("head_activation", config.headActivation());
    String prefix = config.prefix();
    if (prefix != null && within(modules, config).all().isEmpty()) {
      throw ImportException.config(
          "/config/prefix",
          "no module has the prefix '%s', of %s".formatted(prefix, Modules.titles(modules.all())));
    }
    return new Plan(
        Stage.parse(recipe),
        tensor -> prefix != null && !ModuleName.isUnder(tensor.name(), prefix));
  }

  private static Modules within(Modules modules, ImportConfig config) {
    String prefix = config.prefix();
    return prefix == null
        ? modules
        : modules.only(module -> ModuleName.isUnder(module.name(), prefix));
  }

  private static void refuseBeside(String field, @Nullable Object given) throws ImportException {
    if (given != null) {
      throw ImportException.config("/config/" + field, "is said by forward; leave it out");
    }
  }

  private static List<String> assumed(
      Modules modules, ForwardNetwork forward, ImportConfig config, Network network) {
    List<String> assumed = new ArrayList<>(modules.assumed());
    assumed.add("the initial state is zero where a request gives none");
    if (!forward.saysSummary()) {
      assumed.add(
          (config.returnSequences() == null ? "an unroll answers every step; " : "")
              + "the one answer of all steps would be "
              + summary(network));
    }
    if (config.forward() == null) {
      assumed.add("nothing runs between the stages of forward: no activation, no residual");
    }
    modules.all().stream()
        .filter(module -> forward.used().contains(module) && !module.hasBias())
        .filter(module -> module.kind() != Module.Kind.EMBEDDING && !forward.isEmbedding(module))
        .forEach(module -> assumed.add("%s has no bias".formatted(module.title())));
    return assumed;
  }

  private static String summary(Network network) {
    if (network.signature().summary() == Summary.FINAL_STATE) {
      return "the last LSTM layer's final state";
    }
    boolean both = network.cells().size() > 0 && !network.signature().isCausal();
    return "the output at the last step"
        + (both ? ", of which the backward direction has read that step alone" : "");
  }
}

package dev.keepgate.importer.framework.forward;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The order of a file's modules where no recipe says it: an embedding, recurrent layers and a dense
 * layer, where names and widths leave one order alone. What could be otherwise is refused, with the
 * recipes that would say it.
 */
final class DefaultForward {

  private final Modules modules;
  private final ImportConfig config;
  private final Scope scope;
  private final List<Module> recurrent;
  private final List<Module> outer;

  DefaultForward(Modules modules, ImportConfig config) throws ImportException {
    this.modules = modules;
    this.config = config;
    this.scope = Scope.of(modules, config);
    this.recurrent = ordered(scope.chosen());
    this.outer = scope.own();
  }

  Forward.Plan plan() throws ImportException {
    for (Module module : outer) {
      switch (module.kind()) {
        case LAYER_NORM, GROUP_NORM, BATCH_NORM, CONVOLUTION, VECTOR ->
            throw ambiguous("%s could stand in more than one place".formatted(module));
        default -> {
          // What stands before the recurrent layers or behind them is chosen below.
        }
      }
    }
    Module embedding = embedding();
    Module head = head(embedding);
    List<Stage> recipe = new ArrayList<>();
    if (embedding != null) {
      recipe.add(
          embedding.kind() == Module.Kind.MATRIX
              ? new Stage("/config/embedding", embedding.title(), List.of("embedding"), Map.of())
              : Stage.of(embedding.title()));
    }
    recurrent.forEach(module -> recipe.add(Stage.of(module.title())));
    if (head != null) {
      recipe.add(Stage.of(head.title()));
    }
    return new Forward.Plan(recipe, tensor -> waives(tensor, head));
  }

  private boolean waives(TensorInfo tensor, @Nullable Module head) {
    return scope.waives(tensor, config.head() != null)
        || (config.head() != null && head != null && isOfAnotherHead(tensor, head));
  }

  /** A dense layer that could only be a second head is left out by naming the first. */
  private boolean isOfAnotherHead(TensorInfo tensor, Module head) {
    return outer.stream()
        .filter(module -> module.tensors().contains(tensor) && !module.equals(head))
        .anyMatch(
            module ->
                module.isDenseOf(last().outputSize())
                    && module.outputSize() != head.inputSize()
                    && module.outputSize() != first().inputSize());
  }

  private Module first() {
    return recurrent.get(0);
  }

  private Module last() {
    return recurrent.get(recurrent.size() - 1);
  }

  /** The recurrent modules in the one order that their names say and their widths allow. */
  private List<Module> ordered(List<Module> chosen) throws ImportException {
    if (chosen.size() == 1) {
      return chosen;
    }
    List<Module> numbered = NumberedNames.order(chosen);
    List<Module> order = numbered == null && modules.inOrder() ? chosen : numbered;
    boolean differ = numbered != null && modules.inOrder() && !numbered.equals(chosen);
    if (order == null || differ || !chains(order)) {
      throw refused(
          "prefix",
          "the file has several LSTMs, %s, and does not say whether and in which order they run one"
                  .formatted(Modules.titles(chosen))
              + " after the other; name the one in config.prefix, or",
          Stream.concat(chosen.stream(), scope.own().stream()).toList());
    }
    return order;
  }

  private static boolean chains(List<Module> order) {
    for (int i = 1; i < order.size(); i++) {
      if (order.get(i).inputSize() != order.get(i - 1).outputSize()) {
        return false;
      }
    }
    return true;
  }

  private @Nullable Module embedding() throws ImportException {
    if (config.embedding() != null) {
      return named("embedding", config.embedding(), true);
    }
    List<Module> tables = outer.stream().filter(this::isEmbedding).toList();
    if (tables.isEmpty()) {
      return null;
    }
    if (tables.size() > 1 || !fitsInFront(tables.get(0))) {
      throw ambiguous("which of %s is the embedding is not said".formatted(tables));
    }
    return tables.get(0);
  }

  private boolean isEmbedding(Module module) {
    if (module.kind() != Module.Kind.MATRIX) {
      return module.kind() == Module.Kind.EMBEDDING;
    }
    Integer vocabulary = config.expectations().vocabulary();
    boolean said = ModuleName.saysEmbedding(module.ownName());
    return said || (vocabulary != null && vocabulary == module.outputSize() && fitsInFront(module));
  }

  private boolean fitsInFront(Module module) {
    return module.asEmbedding().kind() == Module.Kind.EMBEDDING
        && module.asEmbedding().outputSize() == first().inputSize();
  }

  private @Nullable Module head(@Nullable Module embedding) throws ImportException {
    if (config.head() != null) {
      requireNoGap(recurrent);
      return named("head", config.head(), false);
    }
    List<Module> dense =
        outer.stream()
            .filter(module -> module.asDense().kind() == Module.Kind.DENSE)
            .filter(module -> !module.equals(embedding) && !isEmbedding(module))
            .toList();
    if (dense.size() > 1) {
      throw refused(
          "head",
          "which of %s is the head is not said; name it in config.head, or".formatted(dense),
          all());
    }
    if (dense.isEmpty()) {
      requireNoGap(recurrent);
      return null;
    }
    Module head = dense.get(0);
    requireHead(head, embedding);
    List<Module> chain = new ArrayList<>(recurrent);
    chain.add(head);
    requireNoGap(chain);
    return head;
  }

  private void requireHead(Module head, @Nullable Module embedding) throws ImportException {
    if (!head.isDenseOf(last().outputSize())) {
      throw ambiguous("%s does not fit behind %s".formatted(head, last()));
    }
    String own = ModuleName.beyond(head.name(), last().name());
    boolean saysOtherPlace = ModuleName.parts(own).stream().anyMatch(ModuleName::saysOtherPlace);
    boolean isUnknownMatrix =
        head.kind() == Module.Kind.MATRIX
            && embedding == null
            && !ModuleName.saysDense(head.ownName())
            && fitsInFront(head);
    boolean fitsBoth =
        head.outputSize() == first().inputSize()
            && (head.inputSize() == head.outputSize() || head.ownName().startsWith("proj"))
            && !ModuleName.saysHead(head.ownName())
            && !Boolean.TRUE.equals(NumberedNames.isAfter(head, last()));
    if (saysOtherPlace || isUnknownMatrix || fitsBoth || comesBefore(head)) {
      throw ambiguous("%s could stand before the LSTM or behind it".formatted(head));
    }
    // Widths are no witness here: code that adds the input to the LSTM's output fits as well. A
    // matrix without a bias was already told from an embedding by what its name says.
    boolean square = embedding == null && first().inputSize() == last().outputSize();
    boolean placed =
        Boolean.TRUE.equals(NumberedNames.isAfter(head, last())) || !head.hasBias() || saysCode();
    if (square && !placed) {
      throw ambiguous(
          ("the input is as wide as what the LSTM gives, so %s could read either, or their sum, as"
                  + " well as steps that are read backwards")
              .formatted(head));
    }
  }

  /** Whether the file has it before a recurrent layer, where its order says something. */
  private boolean comesBefore(Module head) {
    boolean before =
        recurrent.stream()
            .anyMatch(module -> Boolean.FALSE.equals(NumberedNames.isAfter(head, module)));
    return before
        || (modules.inOrder() && modules.all().indexOf(head) < modules.all().indexOf(last()));
  }

  /** Whether the configuration speaks of what only code says, and so of the network's end. */
  private boolean saysCode() {
    return Stream.of(
            config.activation(),
            config.recurrentActivation(),
            config.headActivation(),
            config.returnSequences(),
            config.bidirectionalMerge())
        .anyMatch(Objects::nonNull);
  }

  /** Numbers that are left out stand for modules without weights, which the file cannot name. */
  private void requireNoGap(List<Module> chain) throws ImportException {
    for (Module module : chain) {
      String before = ModuleName.before(module.name());
      boolean gap =
          before != null
              && Stream.concat(modules.all().stream(), scope.chosen().stream())
                  .noneMatch(other -> ModuleName.isWithin(other.name(), before));
      if (gap) {
        throw ambiguous(
            "%s has no weights, so the file does not say what it does before %s"
                .formatted(before, module));
      }
    }
  }

  private Module named(String field, String name, boolean embedding) throws ImportException {
    List<Module> fitting =
        modules.all().stream()
            .filter(
                module -> embedding ? fitsInFront(module) : module.isDenseOf(last().outputSize()))
            .toList();
    Module found = modules.find("/config/" + field, name);
    if (found == null || !fitting.contains(found)) {
      throw ImportException.config(
          "/config/" + field, "no tensor '%s' fits there, only %s".formatted(name, fitting));
    }
    return found;
  }

  private List<Module> all() {
    return Stream.concat(recurrent.stream(), outer.stream()).toList();
  }

  private ImportException ambiguous(String why) {
    return refused("forward", why + ";", all());
  }

  /** What a recipe has to say of modules that have more than weights. */
  private static String arguments(List<Module> modules) {
    boolean convolves =
        modules.stream().anyMatch(module -> module.kind() == Module.Kind.CONVOLUTION);
    return convolves ? " and how a convolution goes, as conv(padding=1, stride=2)" : "";
  }

  /**
   * @param field of the configuration that would say it
   */
  private static ImportException refused(String field, String why, List<Module> modules) {
    List<String> recipes = Candidates.of(modules);
    return ImportException.unsupported(
        field,
        why
            + " say the order by config.forward"
            + (recipes.isEmpty() ? "" : ", such as " + String.join(" or ", recipes))
            + ", with what runs between them (relu, dropout, last, ...)"
            + arguments(modules)
            + ", and leave out what has no"
            + " part in it by config.ignore; the file's modules are "
            + modules.stream().map(Module::toString).collect(Collectors.joining(", ")));
  }
}

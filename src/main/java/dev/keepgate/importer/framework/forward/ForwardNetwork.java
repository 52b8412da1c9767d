package dev.keepgate.importer.framework.forward;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.model.Activation;
import dev.keepgate.model.CellType;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network;
import dev.keepgate.model.Operation;
import dev.keepgate.model.Summary;
import dev.keepgate.model.TensorOperation;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Follows a recipe stage by stage: what each takes and gives, and the operations that it is. */
final class ForwardNetwork {

  /** What a norm has where neither the recipe nor the framework's module says it. */
  static final float EPSILON = 1e-5f;

  private final Modules modules;
  private final List<Stage> recipe;
  private final Flow flow = new Flow();
  private final Axes axes;
  private final SequenceFunctions functions;
  private final Set<Module> used = new HashSet<>();

  private Layer.@Nullable Recurrent justRead;
  private boolean saysSummary;
  private @Nullable Stage steps;
  private @Nullable Module embedding;

  private ForwardNetwork(Modules modules, List<Stage> recipe) {
    this.modules = modules;
    this.recipe = recipe;
    this.axes = new Axes(recipe, modules.framework());
    this.functions = new SequenceFunctions(flow, axes, modules.framework());
  }

  /**
   * The network of a recipe.
   *
   * @param headActivation behind its last stage
   */
  static ForwardNetwork of(List<Stage> recipe, Modules modules, @Nullable Activation headActivation)
      throws IOException, ImportException {
    ForwardNetwork forward = new ForwardNetwork(modules, recipe);
    for (int i = 0; i < recipe.size(); i++) {
      forward.add(i);
    }
    forward.axes.requireNoneOpen();
    if (headActivation != null) {
      forward.flow.activate(headActivation);
      forward.flow.tell(headActivation.kind().name().toLowerCase(Locale.ROOT));
    }
    return forward;
  }

  /** The stages with their shapes. */
  List<ImportedModel.Stage> shapes() {
    return flow.stages();
  }

  /** The modules that have a part in it. */
  Set<Module> used() {
    return used;
  }

  /** Whether the recipe says what one answer of all steps is. */
  boolean saysSummary() {
    return saysSummary || !flow.isOpen();
  }

  /** Whether a module is its embedding. */
  boolean isEmbedding(Module module) {
    return module.equals(embedding);
  }

  Network network(ImportConfig config) throws ImportException {
    if (!flow.isSequence() && Boolean.TRUE.equals(config.returnSequences())) {
      throw ImportException.config(
          "/config/return_sequences", "is true, but forward answers once for all steps");
    }
    try {
      boolean sequences = flow.isSequence() && !Boolean.FALSE.equals(config.returnSequences());
      Network network = flow.network(modules.framework(), sequences, modules.summary());
      boolean isOpen = flow.isOpen() && !network.isChain() && !network.signature().isCausal();
      if (isOpen && !sequences && modules.summary() == Summary.FINAL_STATE) {
        throw ImportException.config(
            "/config/return_sequences", "say last or final_state in forward in its place");
      }
      return network;
    } catch (InconsistentModelException e) {
      throw ImportException.config("/config/forward", String.valueOf(e.getMessage()));
    }
  }

  private void add(int index) throws IOException, ImportException {
    Stage stage = recipe.get(index);
    Module module = modules.find(stage.pointer(), stage.name());
    try {
      if (module != null) {
        addModule(stage, module);
      } else if (stage.name().equals(Functions.STEPS)) {
        steps(stage);
      } else {
        addFunction(index);
      }
    } catch (InconsistentModelException e) {
      throw stage.refused(String.valueOf(e.getMessage()));
    }
    flow.tell(stage.toString());
  }

  private void steps(Stage stage) throws ImportException {
    stage.allow(1, Set.of());
    if (!flow.isEmpty() || steps != null || stage.count(0, 1) == null) {
      throw stage.refused("says once and in front how many steps the input has: steps(9)");
    }
    steps = stage;
  }

  private void addModule(Stage stage, Module found) throws IOException, ImportException {
    Module module = as(stage, found);
    Module.Options options = ModuleOptions.of(stage, module, modules.framework());
    int takes = module.inputSize() * options.groups();
    if (module.kind() != Module.Kind.CONVOLUTION) {
      takes = module.inputSize();
    }
    boolean isShared = module.kind() == Module.Kind.VECTOR && takes == 1;
    if (flow.isEmpty()) {
      begin(stage, module, takes);
    }
    checkAxes(stage, options, isShared);
    if (module.kind() == Module.Kind.EMBEDDING) {
      if (embedding != null || flow.before() != null) {
        throw stage.refused("an embedding reads integers, so it stands first");
      }
      embedding = found;
    } else if (!isShared && takes != flow.width()) {
      throw stage.refused(
          "%s takes %d features, the stage before it gives %d"
              .formatted(module, takes, flow.width()));
    }
    justRead = null;
    for (Operation operation : found.source().read(options)) {
      flow.add(isShared ? shared(operation) : operation);
      justRead = operation instanceof Layer.Recurrent layer ? layer : null;
    }
    checkActivation(stage, options);
    used.add(found);
  }

  private void begin(Stage stage, Module module, int width) throws ImportException {
    if (module.kind() == Module.Kind.EMBEDDING) {
      flow.begin(1, OptionalInt.of(module.tensors().get(0).shape()[0]));
    } else if (module.kind() == Module.Kind.VECTOR) {
      throw stage.refused("a module of the file has to stand first, which says the input's width");
    } else {
      flow.begin(width, OptionalInt.empty());
    }
    Integer count = steps == null ? null : steps.count(0, 1);
    if (count != null) {
      flow.fix(count);
    }
  }

  private void checkAxes(Stage stage, Module.Options options, boolean isShared)
      throws ImportException {
    switch (options.kind()) {
      case RECURRENT -> {
        if (!flow.isSequence()) {
          throw stage.refused("reads steps, and the stages before it leave but one of them");
        }
        axes.requireFeaturesLast(stage);
      }
      case CONVOLUTION -> {
        if (!flow.isSequence()) {
          throw stage.refused("reads steps, and the stages before it leave but one of them");
        }
        axes.requireChannels(stage, true);
      }
      case BATCH_NORM, GROUP_NORM -> axes.requireChannels(stage, flow.isSequence());
      case VECTOR -> {
        if (!isShared) {
          axes.requireChannels(stage, flow.isSequence());
        }
      }
      case DENSE, LAYER_NORM, MATRIX, EMBEDDING -> axes.requireFeaturesLast(stage);
    }
  }

  /** A PReLU of one slope has it for all features. */
  private Operation shared(Operation operation) {
    if (!(operation instanceof TensorOperation.Prelu prelu)) {
      return operation;
    }
    float[] alpha = new float[flow.width()];
    Arrays.fill(alpha, prelu.alpha()[0]);
    return new TensorOperation.Prelu(alpha);
  }

  /** PyTorch's layers with gates have no other activation than theirs. */
  private void checkActivation(Stage stage, Module.Options options) throws ImportException {
    boolean hasGates = justRead != null && justRead.cellType() != CellType.RNN;
    if (options.activation() != null && hasGates && modules.framework().equals("pytorch")) {
      throw stage.refused("only an nn.RNN has another activation");
    }
  }

  /** What a module is: a matrix is an embedding or a dense layer by its name, or as said. */
  private Module as(Stage stage, Module found) throws ImportException {
    if (found.kind() != Module.Kind.MATRIX) {
      return found;
    }
    String said = stage.values().isEmpty() ? "" : stage.values().get(0);
    if (said.equals("embedding")) {
      return found.asEmbedding();
    }
    if (said.equals("linear") || !flow.isEmpty()) {
      return found.asDense();
    }
    if (!said.isEmpty()) {
      throw stage.refused("'%s' is not one of embedding, linear".formatted(said));
    }
    String own = found.ownName();
    if (ModuleName.saysEmbedding(own)) {
      return found.asEmbedding();
    }
    if (ModuleName.isGeneric(own) || ModuleName.saysOtherPlace(own)) {
      return found.asDense();
    }
    throw stage.refused(
        "%s has no bias: say which it is, %s(embedding) or %s(linear)"
            .formatted(found, stage.name(), stage.name()));
  }

  private void addFunction(int index) throws ImportException {
    Stage stage = recipe.get(index);
    String name = stage.name();
    if (Functions.TRANSPOSES.contains(name)) {
      axes.transpose(stage, flow);
      return;
    }
    if (Functions.IDENTITIES.contains(name)) {
      stage.allow(1, Set.of("p", "rate"));
      return;
    }
    Activation activation = Functions.activation(stage, modules.framework());
    boolean isKnown =
        activation != null
            || SequenceFunctions.isKnown(stage)
            || Set.of(Functions.LAST, Functions.FINAL_STATE, Functions.LAYER_NORM).contains(name);
    if (!isKnown) {
      throw stage.refused(
          Functions.isNormOfWeights(name)
              ? "name the file's module that it is"
              : "is neither a module of the file, %s, nor a function"
                  .formatted(Modules.titles(modules.all())));
    }
    if (flow.isEmpty()) {
      throw stage.refused("a module of the file has to stand first, which says the input's width");
    }
    if (activation != null) {
      activate(stage, activation);
    } else if (name.equals(Functions.LAST) || name.equals(Functions.FINAL_STATE)) {
      summarize(stage);
    } else if (name.equals(Functions.LAYER_NORM)) {
      addLayerNorm(stage);
    } else {
      functions.add(stage, nextWidth(index));
    }
    justRead = null;
  }

  private void activate(Stage stage, Activation activation) throws ImportException {
    if (activation.kind().isOfRow()) {
      axes.requireFeaturesLast(stage);
    }
    flow.activate(activation);
  }

  /** What the next module takes, if it is one that takes a vector. */
  private @Nullable Integer nextWidth(int index) throws ImportException {
    for (Stage stage : recipe.subList(index + 1, recipe.size())) {
      Module module = modules.find(stage.pointer(), stage.name());
      if (module != null) {
        return module.asDense().inputSize();
      }
      if (SequenceFunctions.isKnown(stage)) {
        return null;
      }
    }
    return null;
  }

  private void addLayerNorm(Stage stage) throws ImportException {
    stage.allow(1, Set.of("epsilon"));
    axes.requireFeaturesLast(stage);
    Float epsilon = stage.number("epsilon");
    float[] ones = new float[flow.width()];
    Arrays.fill(ones, 1);
    flow.add(
        new Layer.LayerNorm(epsilon == null ? EPSILON : epsilon, ones, new float[flow.width()]));
  }

  private void summarize(Stage stage) throws ImportException {
    boolean isState = stage.name().equals(Functions.FINAL_STATE);
    stage.allow(isState ? 1 : 0, Set.of());
    axes.requireFeaturesLast(stage);
    if (!flow.isSequence()) {
      throw stage.refused("there is but one step left");
    }
    if (!flow.hasRecurrent()) {
      throw stage.refused("no recurrent layer stands before it");
    }
    if (!isState) {
      flow.addLast();
    } else if (justRead == null) {
      throw stage.refused("is a recurrent layer's, so it stands right behind one");
    } else {
      flow.addFinal(justRead, port(stage, justRead));
    }
    saysSummary = true;
    axes.forget();
  }

  private static String port(Stage stage, Layer.Recurrent layer) throws ImportException {
    String slot = stage.values().isEmpty() ? "h" : stage.values().get(0);
    boolean isThere = layer.slots().stream().anyMatch(each -> each.name().equals(slot));
    if (slot.equals("h")) {
      return Layer.Recurrent.FINAL;
    }
    if (!isThere) {
      throw stage.refused("'%s' is no state of it, only %s".formatted(slot, layer.slots()));
    }
    return slot;
  }
}

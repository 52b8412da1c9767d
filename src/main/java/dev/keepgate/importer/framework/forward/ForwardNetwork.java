package dev.keepgate.importer.framework.forward;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportedModel;
import dev.keepgate.model.Activation;
import dev.keepgate.model.InconsistentModelException;
import dev.keepgate.model.Layer;
import dev.keepgate.model.Network;
import dev.keepgate.model.Summary;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Follows a recipe stage by stage: what each takes and gives, and the layers that it is. */
final class ForwardNetwork {

  /** What a layer norm has where neither the recipe nor the framework's module says it. */
  private static final float EPSILON = 1e-5f;

  private final Modules modules;
  private final List<Layer> layers = new ArrayList<>();
  private final List<ImportedModel.Stage> shapes = new ArrayList<>();
  private final Set<Module> used = new HashSet<>();

  private int width;
  private boolean ids;
  private boolean afterRecurrent;
  private @Nullable Summary summary;
  private @Nullable Module first;

  /** The transpose that no other has undone; null where there is none. */
  private @Nullable Stage transposed;

  private ForwardNetwork(Modules modules) {
    this.modules = modules;
  }

  /**
   * The network of a recipe.
   *
   * @param headActivation behind its last stage
   */
  static ForwardNetwork of(List<Stage> recipe, Modules modules, @Nullable Activation headActivation)
      throws IOException, ImportException {
    ForwardNetwork forward = new ForwardNetwork(modules);
    for (Stage stage : recipe) {
      forward.add(stage);
    }
    if (forward.transposed != null) {
      throw forward.transposed.refused("no other transpose undoes it");
    }
    if (headActivation != null) {
      forward.activate(headActivation);
      forward.shape(headActivation.kind().name().toLowerCase(Locale.ROOT));
    }
    return forward;
  }

  /** The stages with their shapes. */
  List<ImportedModel.Stage> shapes() {
    return shapes;
  }

  /** The modules that have a part in it. */
  Set<Module> used() {
    return used;
  }

  /** Whether the recipe says what one answer of all steps is. */
  boolean saysSummary() {
    return summary != null;
  }

  /** Whether a module is its embedding. */
  boolean isEmbedding(Module module) {
    return ids && module.equals(first);
  }

  Network network(ImportConfig config) throws ImportException {
    boolean sequences = summary == null && !Boolean.FALSE.equals(config.returnSequences());
    if (summary != null && Boolean.TRUE.equals(config.returnSequences())) {
      throw ImportException.config(
          "/config/return_sequences", "is true, but forward answers once for all steps");
    }
    try {
      return Network.chain(
          modules.framework(), layers, sequences, summary == null ? modules.summary() : summary);
    } catch (InconsistentModelException e) {
      throw ImportException.config("/config/forward", String.valueOf(e.getMessage()));
    }
  }

  private void add(Stage stage) throws IOException, ImportException {
    Module module = modules.find(stage.pointer(), stage.name());
    if (module != null) {
      addModule(stage, module);
    } else {
      addFunction(stage);
    }
    shape(stage.toString());
  }

  private void shape(String stage) {
    List<String> shape = new ArrayList<>(List.of("batch"));
    if (summary == null) {
      shape.add("time");
    }
    shape.add(Integer.toString(width));
    shapes.add(new ImportedModel.Stage(stage, shape));
  }

  private void addModule(Stage stage, Module found) throws IOException, ImportException {
    Module module = as(stage, found);
    switch (module.kind()) {
      case EMBEDDING -> {
        if (!layers.isEmpty()) {
          throw stage.refused("an embedding reads integers, so it stands first");
        }
      }
      case RECURRENT -> {
        if (summary != null) {
          throw stage.refused("reads steps, and the stages before it leave but one of them");
        }
      }
      case CONVOLUTION -> throw stage.unserved("convolutions");
      case DENSE, LAYER_NORM -> requireFeaturesLast(stage);
      default -> {
        // A batch norm or a matrix needs no more than its width.
      }
    }
    if (!layers.isEmpty() && module.inputSize() != width) {
      throw stage.refused(
          "%s takes %d features, the stage before it gives %d"
              .formatted(module, module.inputSize(), width));
    }
    if (layers.isEmpty()) {
      first = found;
      ids = module.kind() == Module.Kind.EMBEDDING;
      width = module.inputSize();
      shapes.add(
          new ImportedModel.Stage(
              Network.INPUT,
              ids ? List.of("batch", "time") : List.of("batch", "time", Integer.toString(width))));
    }
    layers.addAll(found.source().read(new Module.Options(module.kind(), epsilon(stage, found))));
    width = module.outputSize();
    afterRecurrent = module.isRecurrent();
    used.add(found);
  }

  /** What a module is: a matrix is an embedding or a dense layer by its name, or as said. */
  private Module as(Stage stage, Module found) throws ImportException {
    if (found.kind() != Module.Kind.MATRIX) {
      return found;
    }
    stage.allow(1, Set.of());
    String said = stage.values().isEmpty() ? "" : stage.values().get(0);
    if (said.equals("embedding")) {
      return found.asEmbedding();
    }
    if (said.equals("linear") || !layers.isEmpty()) {
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

  private static @Nullable Float epsilon(Stage stage, Module module) throws ImportException {
    if (module.kind() == Module.Kind.LAYER_NORM || module.kind() == Module.Kind.BATCH_NORM) {
      String kind = module.kind() == Module.Kind.LAYER_NORM ? "layer_norm" : "batch_norm";
      stage.allow(1, Set.of("epsilon", "eps"));
      if (!stage.values().isEmpty() && !stage.values().get(0).equals(kind)) {
        throw stage.refused(
            "its tensors are those of a %s, not of a %s".formatted(kind, stage.values().get(0)));
      }
      String key = stage.options().containsKey("eps") ? "eps" : "epsilon";
      return stage.options().isEmpty() ? null : stage.number(key);
    }
    if (module.kind() != Module.Kind.MATRIX) {
      stage.allow(0, Set.of());
    }
    return null;
  }

  private void addFunction(Stage stage) throws ImportException {
    String name = stage.name();
    Activation activation = Functions.activation(stage, modules.framework());
    if (Functions.IDENTITIES.contains(name)) {
      stage.allow(1, Set.of("p", "rate"));
    } else if (activation != null) {
      requireInput(stage);
      if (activation.kind().isOfRow()) {
        requireFeaturesLast(stage);
      }
      activate(activation);
    } else if (Functions.TRANSPOSES.contains(name)) {
      transposed = transposed == null ? stage : null;
    } else if (name.equals(Functions.LAST) || name.equals(Functions.FINAL_STATE)) {
      stage.allow(0, Set.of());
      summarize(stage);
    } else if (name.equals(Functions.LAYER_NORM)) {
      requireInput(stage);
      stage.allow(1, Set.of("epsilon"));
      addLayerNorm(stage.number("epsilon"));
    } else if (Functions.NOT_SERVED.contains(name)) {
      throw stage.unserved("this function");
    } else if (Functions.isNormOfWeights(name)) {
      throw stage.refused("name the file's module that it is");
    } else {
      throw stage.refused(
          "is neither a module of the file, %s, nor a function"
              .formatted(Modules.titles(modules.all())));
    }
  }

  private void addLayerNorm(@Nullable Float epsilon) {
    float[] ones = new float[width];
    Arrays.fill(ones, 1);
    layers.add(new Layer.LayerNorm(epsilon == null ? EPSILON : epsilon, ones, new float[width]));
    afterRecurrent = false;
  }

  private void summarize(Stage stage) throws ImportException {
    requireInput(stage);
    requireFeaturesLast(stage);
    if (summary != null) {
      throw stage.refused("there is but one step left");
    }
    if (layers.stream().allMatch(layer -> layer.cells().isEmpty())) {
      throw stage.refused("no recurrent layer stands before it");
    }
    boolean state = stage.name().equals(Functions.FINAL_STATE);
    if (state && !afterRecurrent) {
      throw stage.refused("is a recurrent layer's, so it stands right behind one");
    }
    summary = state ? Summary.FINAL_STATE : Summary.LAST_STEP;
  }

  private void activate(Activation activation) {
    Layer last = layers.get(layers.size() - 1);
    if (activation.equals(Activation.LINEAR)) {
      return;
    }
    if (last instanceof Layer.Dense dense && dense.activation().equals(Activation.LINEAR)) {
      layers.set(
          layers.size() - 1,
          new Layer.Dense(
              dense.inputSize(), dense.outputSize(), activation, dense.kernel(), dense.bias()));
    } else {
      layers.add(new Layer.Activate(width, activation));
    }
    afterRecurrent = false;
  }

  private void requireInput(Stage stage) throws ImportException {
    if (layers.isEmpty()) {
      throw stage.refused("a module of the file has to stand first, which says the input's width");
    }
  }

  private void requireFeaturesLast(Stage stage) throws ImportException {
    if (transposed != null) {
      throw stage.refused("works on the last axis, which a transpose before it made another");
    }
  }
}

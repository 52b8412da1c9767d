package dev.keepgate.api.rest;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.keepgate.model.Activation;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellOptions;
import dev.keepgate.model.ExpectedAnswers;
import dev.keepgate.model.GruConfig;
import dev.keepgate.model.LayerDescription;
import dev.keepgate.model.RnnConfig;
import dev.keepgate.model.Signature;
import dev.keepgate.registry.AnswersFound;
import dev.keepgate.registry.ModelDescription;
import dev.keepgate.registry.ModelInfo;
import dev.keepgate.registry.VersionLabel;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A version of a model as clients see it: enough to check it against the training code. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record ModelView(
    @Nullable String name,
    @Nullable String version,
    @Nullable String status,
    @Nullable String error,
    @JsonProperty("version_labels") @Nullable List<String> versionLabels,
    @JsonProperty("label_weights") @Nullable SortedMap<String, Double> labelWeights,
    @JsonProperty("label_shadows") @Nullable SortedMap<String, Double> labelShadows,
    @JsonProperty("built_in") @Nullable Boolean builtIn,
    @Nullable String format,
    @Nullable String framework,
    @JsonProperty("input_size") @Nullable Integer inputSize,
    @JsonProperty("output_size") @Nullable Integer outputSize,
    @Nullable List<TensorView> inputs,
    @Nullable List<TensorView> outputs,
    @Nullable Boolean steps,
    @JsonUnwrapped @Nullable SettingsView settings,
    @Nullable List<LayerView> layers,
    @Nullable EmbeddingView embedding,
    @Nullable List<PointwiseView> head,
    @Nullable GraphView graph,
    @JsonProperty("return_sequences") @Nullable Boolean returnSequences,
    @Nullable Long parameters,
    @Nullable Long bytes,
    @JsonProperty("unused_tensors") @Nullable List<String> unusedTensors,
    @Nullable List<StageView> forward,
    @Nullable List<String> assumed,
    @Nullable ExpectedView expected,
    @JsonProperty("loaded_at") @Nullable Instant loadedAt) {

  /**
   * A page of the list of models.
   *
   * @param next what {@code after} has to be for the next page; null where this is the last
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record ListView(List<ModelView> models, @Nullable String next) {}

  /**
   * A recurrent layer; what cells of its type do not have is null.
   *
   * @param type of its cells: {@code lstm}, {@code gru} or {@code rnn}
   * @param backward the backward cell as a layer of its own, where it is not as the forward cell is
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record LayerView(
      String type,
      @JsonProperty("input_size") int inputSize,
      @JsonProperty("hidden_size") int hiddenSize,
      @JsonProperty("projection_size") @Nullable Integer projectionSize,
      boolean bidirectional,
      @Nullable String merge,
      @JsonProperty("go_backwards") @Nullable Boolean goBackwards,
      @Nullable Boolean peepholes,
      @JsonProperty("input_forget") @Nullable Boolean inputForget,
      @JsonProperty("forget_bias") @Nullable Float forgetBias,
      @JsonProperty("cell_clip") @Nullable Float cellClip,
      @JsonProperty("proj_clip") @Nullable Float projectionClip,
      @JsonProperty("clip") @Nullable Float inputClip,
      @JsonProperty("reset_after") @Nullable Boolean resetAfter,
      String activation,
      @JsonProperty("recurrent_activation") @Nullable String recurrentActivation,
      @JsonProperty("cell_activation") @Nullable String cellActivation,
      @Nullable LayerView backward) {}

  /**
   * An input or an output.
   *
   * @param shape sizes, and names of those that a request decides: {@code batch}, {@code time}, ...
   * @param vocabulary the bound of an input's integers, exclusive
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record TensorView(String name, String dtype, List<Object> shape, @Nullable Integer vocabulary) {

    static List<TensorView> inputs(Signature signature) {
      return IntStream.range(0, signature.inputs().size())
          .mapToObj(signature::reading)
          .map(
              input ->
                  input.vocabulary().isPresent()
                      ? new TensorView(
                          input.name(),
                          "int64",
                          sizes(input.shape()),
                          input.vocabulary().getAsInt())
                      : new TensorView(input.name(), "float32", sizes(input.shape()), null))
          .toList();
    }

    static List<TensorView> outputs(Signature signature) {
      return signature.outputs().stream()
          .map(output -> new TensorView(output.name(), "float32", sizes(output.shape()), null))
          .toList();
    }

    static List<Object> sizes(List<Signature.Dimension> shape) {
      return shape.stream()
          .map(dim -> dim.symbol() == null ? (Object) dim.size() : dim.symbol())
          .toList();
    }
  }

  record EmbeddingView(int vocabulary, int size, @JsonProperty("mask_zero") boolean maskZero) {}

  @JsonInclude(JsonInclude.Include.NON_NULL)
  record PointwiseView(
      String type,
      @JsonProperty("input_size") int inputSize,
      @JsonProperty("output_size") int outputSize,
      @Nullable String activation) {}

  /** A stage of a recipe, as config.forward would say it, and the shape of what it gives. */
  record StageView(String stage, List<String> shape) {}

  /** One of many, without its graph. */
  static ModelView of(ModelInfo info, SortedMap<String, VersionLabel> labels) {
    return of(info, labels, info.description(), null);
  }

  /**
   * A version in full.
   *
   * @param maxNodes of its graph
   */
  static ModelView of(ModelInfo info, SortedMap<String, VersionLabel> labels, int maxNodes) {
    return of(info, labels, info.description(), maxNodes);
  }

  /**
   * What a file holds that is no model of this server.
   *
   * @param maxNodes of its graph
   */
  static ModelView of(ModelDescription description, int maxNodes) {
    return of(null, Collections.emptySortedMap(), description, maxNodes);
  }

  /** Of those labels that have one; null where none has. */
  static @Nullable SortedMap<String, Double> weights(SortedMap<String, VersionLabel> labels) {
    return shares(labels, VersionLabel::weight);
  }

  /** As {@link #weights}. */
  static @Nullable SortedMap<String, Double> shadows(SortedMap<String, VersionLabel> labels) {
    return shares(labels, VersionLabel::shadow);
  }

  private static @Nullable SortedMap<String, Double> shares(
      SortedMap<String, VersionLabel> labels, ToDoubleFunction<VersionLabel> share) {
    SortedMap<String, Double> shares = new TreeMap<>();
    labels.forEach((label, target) -> shares.put(label, share.applyAsDouble(target)));
    shares.values().removeIf(each -> each == 0);
    return shares.isEmpty() ? null : shares;
  }

  private static ModelView of(
      @Nullable ModelInfo info,
      SortedMap<String, VersionLabel> labels,
      @Nullable ModelDescription description,
      @Nullable Integer maxNodes) {
    Optional<Signature> signature =
        Optional.ofNullable(description).map(ModelDescription::signature);
    Optional<List<LayerDescription>> layers =
        Optional.ofNullable(description).map(each -> each.network().layers());
    return new ModelView(
        info == null ? null : info.id().name(),
        info == null ? null : Long.toString(info.id().version()),
        info == null ? null : info.status().name(),
        info == null ? null : info.error(),
        labels.isEmpty() ? null : List.copyOf(labels.keySet()),
        weights(labels),
        shadows(labels),
        info == null ? null : info.builtIn(),
        description == null ? null : description.format().id(),
        description == null ? null : description.framework(),
        signature.map(Signature::inputSize).orElse(null),
        signature.map(Signature::outputSize).orElse(null),
        signature.map(TensorView::inputs).orElse(null),
        signature.map(TensorView::outputs).orElse(null),
        signature.map(Signature::isCausal).orElse(null),
        signature.map(each -> SettingsView.of(each.settings())).orElse(null),
        layers.map(ModelView::recurrent).orElse(null),
        layers.map(ModelView::embedding).orElse(null),
        layers.map(ModelView::head).orElse(null),
        description == null || maxNodes == null
            ? null
            : GraphView.of(description.signature(), description.network(), maxNodes),
        signature.map(Signature::returnSequences).orElse(null),
        description == null ? null : description.parameters(),
        description == null ? null : description.bytes(),
        description == null ? null : description.unusedTensors(),
        description == null ? null : forward(description),
        description == null || description.assumed().isEmpty() ? null : description.assumed(),
        description == null ? null : ExpectedView.of(description.expected()),
        info == null ? null : info.loadedAt());
  }

  /**
   * What the model was held against when it was loaded.
   *
   * @param cases how many, all within their tolerance
   * @param largestDifference of any number
   * @param tolerance the widest of the cases
   */
  record ExpectedView(
      int cases,
      @JsonProperty("largest_difference") double largestDifference,
      ExpectedAnswers.Tolerance tolerance) {

    static @Nullable ExpectedView of(@Nullable AnswersFound found) {
      return found == null
          ? null
          : new ExpectedView(found.cases(), found.largestDifference(), found.tolerance());
    }
  }

  private static @Nullable List<StageView> forward(ModelDescription description) {
    return description.forward().isEmpty()
        ? null
        : description.forward().stream()
            .map(stage -> new StageView(stage.stage(), stage.shape()))
            .toList();
  }

  private static List<LayerView> recurrent(List<LayerDescription> layers) {
    List<LayerView> views = new ArrayList<>();
    for (LayerDescription layer : layers) {
      if (layer.cells() != null) {
        views.add(LayerWriter.of(layer.cells()));
      }
    }
    return views;
  }

  /** Shows a recurrent layer by its forward cell, or else its backward one. */
  private record LayerWriter(LayerDescription.Cells layer)
      implements CellOptions.Visitor<LayerView> {

    static LayerView of(LayerDescription.Cells layer) {
      return layer.any().accept(new LayerWriter(layer));
    }

    @Override
    public LayerView lstm(CellConfig cell) {
      return new LayerView(
          "lstm",
          cell.inputSize(),
          cell.hiddenSize(),
          cell.projectionSize() > 0 ? cell.projectionSize() : null,
          layer.isBidirectional(),
          merge(),
          goesBackwards(),
          cell.peepholes(),
          cell.coupled() ? true : null,
          cell.forgetBias(),
          finite(cell.cellClip()),
          finite(cell.projectionClip()),
          finite(cell.inputClip()),
          null,
          name(cell.activation()),
          name(cell.recurrentActivation()),
          cell.cellActivation().equals(cell.activation()) ? null : name(cell.cellActivation()),
          otherBackward());
    }

    @Override
    public LayerView gru(GruConfig cell) {
      return gateless(
          "gru",
          cell,
          cell.inputClip(),
          cell.activation(),
          cell.resetAfter(),
          cell.recurrentActivation());
    }

    @Override
    public LayerView rnn(RnnConfig cell) {
      return gateless("rnn", cell, cell.inputClip(), cell.activation(), null, null);
    }

    /** Without what only an LSTM's gates have. */
    private LayerView gateless(
        String type,
        CellOptions cell,
        float clip,
        Activation activation,
        @Nullable Boolean resetAfter,
        @Nullable Activation recurrentActivation) {
      return new LayerView(
          type,
          cell.inputSize(),
          cell.hiddenSize(),
          null,
          layer.isBidirectional(),
          merge(),
          goesBackwards(),
          null,
          null,
          null,
          null,
          null,
          finite(clip),
          resetAfter,
          name(activation),
          recurrentActivation == null ? null : name(recurrentActivation),
          null,
          otherBackward());
    }

    private @Nullable String merge() {
      return layer.isBidirectional() ? layer.merge().name().toLowerCase(Locale.ROOT) : null;
    }

    private @Nullable Boolean goesBackwards() {
      return layer.forward() == null ? true : null;
    }

    private @Nullable LayerView otherBackward() {
      return layer.isBidirectional() && !Objects.equals(layer.forward(), layer.backward())
          ? of(new LayerDescription.Cells(null, layer.backward(), layer.merge()))
          : null;
    }
  }

  private static @Nullable EmbeddingView embedding(List<LayerDescription> layers) {
    LayerDescription first = layers.get(0);
    return first.table() == null
        ? null
        : new EmbeddingView(
            first.table().vocabulary(), first.outputSize(), first.table().maskZero());
  }

  /** The layers after the last recurrent layer. */
  private static @Nullable List<PointwiseView> head(List<LayerDescription> layers) {
    List<PointwiseView> head = new ArrayList<>();
    for (LayerDescription layer : layers) {
      if (layer.cells() != null) {
        head.clear();
      } else {
        head.add(
            new PointwiseView(
                layer.type(),
                layer.inputSize(),
                layer.outputSize(),
                layer.activation() == null ? null : name(layer.activation())));
      }
    }
    return head.isEmpty() ? null : head;
  }

  private static @Nullable Float finite(float clip) {
    return Float.isFinite(clip) ? clip : null;
  }

  static String name(Activation activation) {
    String name = activation.kind().name().toLowerCase(Locale.ROOT);
    return activation.alpha() == 0 && activation.beta() == 0
        ? name
        : "%s(%s, %s)".formatted(name, activation.alpha(), activation.beta());
  }
}

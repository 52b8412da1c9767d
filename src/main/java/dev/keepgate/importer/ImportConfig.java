package dev.keepgate.importer;

import dev.keepgate.model.Activation;
import dev.keepgate.model.CellConfig;
import dev.keepgate.model.CellOptions;
import dev.keepgate.model.GateOrder;
import dev.keepgate.model.LayerDescription;
import dev.keepgate.model.Merge;
import dev.keepgate.model.Network;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a file cannot say of itself, given beside it; null where it was not given.
 *
 * @param forgetBias added to the forget gate at run time (TensorFlow: 1 where not given)
 * @param cellClip bound of the cell
 * @param projectionClip bound of the projected h
 * @param activation of the candidate and of the cell
 * @param recurrentActivation of the gates
 * @param gateOrder of the stored kernels, in place of the framework's
 * @param prefix before the names of the LSTM's tensors
 * @param bidirectionalMerge of two directions
 * @param returnSequences whether an unroll answers every step
 * @param headActivation after the last dense layer
 * @param embedding name of the embedding's tensor
 * @param head name of the dense head's kernel
 * @param forward the order in which the file's modules run, with the functions between them
 * @param ignore patterns of names, {@code *} for anything: tensors that are as if they were not
 *     there
 * @param settings what its numbers mean
 * @param expectations what the training code says of the model, to be held against the file
 */
public record ImportConfig(
    @Nullable Float forgetBias,
    @Nullable Float cellClip,
    @Nullable Float projectionClip,
    @Nullable Activation activation,
    @Nullable Activation recurrentActivation,
    @Nullable GateOrder gateOrder,
    @Nullable String prefix,
    @Nullable Merge bidirectionalMerge,
    @Nullable Boolean returnSequences,
    @Nullable Activation headActivation,
    @Nullable String embedding,
    @Nullable String head,
    @Nullable List<String> forward,
    List<String> ignore,
    SettingsConfig settings,
    Expectations expectations) {

  public ImportConfig {
    forward = forward == null ? null : List.copyOf(forward);
    ignore = List.copyOf(ignore);
  }

  /** The fields of the JSON object. */
  static final Set<String> FIELDS =
      new TreeSet<>(
          Set.of(
              "forget_bias",
              "cell_clip",
              "proj_clip",
              "activation",
              "recurrent_activation",
              "gate_order",
              "prefix",
              "bidirectional_merge",
              "return_sequences",
              "head_activation",
              "embedding",
              "head",
              "forward",
              "ignore",
              "input_size",
              "hidden_size",
              "num_layers",
              "bidirectional",
              "proj_size",
              "bias",
              "use_peepholes",
              "vocab",
              "out"));

  /** Nothing given. */
  public static final ImportConfig NONE =
      new ImportConfig(
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          List.of(),
          SettingsConfig.NONE,
          Expectations.NONE);

  /**
   * Reads a JSON object of these fields in snake case; null means not given.
   *
   * @throws ImportException if a field is unknown or not of its type
   */
  public static ImportConfig parse(byte[] json) throws ImportException {
    return ImportConfigReader.read(json);
  }

  /**
   * The first field of a JSON object that would change a network's numbers, if it were a
   * configuration; null where there is none. Sizes, which a file tells as well, change nothing.
   */
  public static @Nullable String firstOf(byte[] json) {
    return ImportConfigReader.firstOf(json);
  }

  /**
   * Refuses fields that say what the file says itself.
   *
   * @param source what the file is
   * @param allowed the fields that may be given
   * @throws ImportException that names the first other field that was given
   */
  public void allowOnly(String source, Set<String> allowed) throws ImportException {
    Set<String> others = new TreeSet<>(FIELDS);
    others.removeAll(allowed);
    refuse(others, source + " says it itself");
  }

  /**
   * Refuses fields that do not apply.
   *
   * @param fields that must not be given
   * @param why they do not apply
   * @throws ImportException that names the first of them that was given
   */
  public void refuse(Set<String> fields, String why) throws ImportException {
    Map<String, Optional<?>> given = new LinkedHashMap<>();
    given.put("forget_bias", Optional.ofNullable(forgetBias));
    given.put("cell_clip", Optional.ofNullable(cellClip));
    given.put("proj_clip", Optional.ofNullable(projectionClip));
    given.put("activation", Optional.ofNullable(activation));
    given.put("recurrent_activation", Optional.ofNullable(recurrentActivation));
    given.put("gate_order", Optional.ofNullable(gateOrder));
    given.put("prefix", Optional.ofNullable(prefix));
    given.put("bidirectional_merge", Optional.ofNullable(bidirectionalMerge));
    given.put("return_sequences", Optional.ofNullable(returnSequences));
    given.put("head_activation", Optional.ofNullable(headActivation));
    given.put("embedding", Optional.ofNullable(embedding));
    given.put("head", Optional.ofNullable(head));
    given.put("forward", Optional.ofNullable(forward));
    given.put("ignore", ignore.isEmpty() ? Optional.empty() : Optional.of(ignore));
    for (Map.Entry<String, Optional<?>> field : given.entrySet()) {
      if (field.getValue().isPresent() && fields.contains(field.getKey())) {
        throw ImportException.config("/config/" + field.getKey(), "does not apply: " + why);
      }
    }
  }

  /** The same with another activation of the candidate and of the cell. */
  public ImportConfig withActivation(Activation other) {
    return new ImportConfig(
        forgetBias,
        cellClip,
        projectionClip,
        other,
        recurrentActivation,
        gateOrder,
        prefix,
        bidirectionalMerge,
        returnSequences,
        headActivation,
        embedding,
        head,
        forward,
        ignore,
        settings,
        expectations);
  }

  /** Sizes and options that a file tells by itself; where they are given, the file must agree. */
  public record Expectations(
      @Nullable Integer inputSize,
      @Nullable Integer hiddenSize,
      @Nullable Integer layers,
      @Nullable Boolean bidirectional,
      @Nullable Integer projectionSize,
      @Nullable Boolean bias,
      @Nullable Boolean peepholes,
      @Nullable Integer vocabulary,
      @Nullable Integer embeddingSize,
      @Nullable Integer outputSize) {

    static final Expectations NONE =
        new Expectations(null, null, null, null, null, null, null, null, null, null);

    /**
     * Holds a model against what was expected of it.
     *
     * @throws ImportException that names the first field in which they differ
     */
    public void check(Network network) throws ImportException {
      List<LayerDescription> layers = network.describe().layers();
      List<LayerDescription> recurrent =
          layers.stream().filter(layer -> layer.cells() != null).toList();
      LayerDescription.Cells first = Objects.requireNonNull(recurrent.get(0).cells());
      CellOptions cell = first.any();
      agree("input_size", inputSize, recurrent.get(0).inputSize());
      agree("hidden_size", hiddenSize, cell.hiddenSize());
      agree("num_layers", this.layers, recurrent.size());
      agree("bidirectional", bidirectional, first.isBidirectional());
      CellConfig lstm = cell instanceof CellConfig config ? config : null;
      agree("proj_size", projectionSize, lstm == null ? 0 : lstm.projectionSize());
      agree("use_peepholes", peepholes, lstm != null && lstm.peepholes());
      LayerDescription.Table table = layers.get(0).table();
      if (table != null) {
        agree("vocab", vocabulary, table.vocabulary());
        agree("embedding", embeddingSize, layers.get(0).outputSize());
      }
      agree("out", outputSize, network.signature().outputSize());
    }

    private static <T> void agree(String field, @Nullable T expected, T actual)
        throws ImportException {
      if (expected != null && !expected.equals(actual)) {
        throw ImportException.config(
            "/config/" + field, "says %s, the file has %s".formatted(expected, actual));
      }
    }
  }
}

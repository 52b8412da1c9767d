package dev.keepgate.importer.framework.forward;

import dev.keepgate.importer.ImportConfig;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.model.Activation;
import dev.keepgate.model.Operation;
import dev.keepgate.model.Window;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A part of a file's network that has weights of its own, not read yet.
 *
 * @param name as the file has it, without what follows in the names of its tensors; empty where its
 *     tensors have no more than their own names
 * @param inputSize width of what goes in; 1 for an embedding
 * @param outputSize width of what comes out
 * @param tensors all that have its name, read or not
 */
public record Module(
    String name,
    Kind kind,
    int inputSize,
    int outputSize,
    List<TensorInfo> tensors,
    Source source) {

  private static final Pattern BIAS =
      Pattern.compile("(.*[./])?(\\w*bias\\w*|beta|softmax_b|b)(:0)?");

  /** What a module does. */
  public enum Kind {
    RECURRENT,
    EMBEDDING,
    DENSE,
    /** A matrix without a bias, [rows, columns]: an embedding, or a dense layer of PyTorch. */
    MATRIX,
    /** A layer norm by its tensors, which a group norm has as well. */
    LAYER_NORM,
    /** A group or instance norm by its name. */
    GROUP_NORM,
    BATCH_NORM,
    CONVOLUTION,
    /** A vector without a bias: the slopes of a PReLU, where its name or a recipe says so. */
    VECTOR
  }

  /**
   * What a recipe says of a module.
   *
   * @param kind what it is to be: its own kind, or one of those that its tensors may be
   * @param epsilon of a norm; null for the framework's own
   * @param groups of a group norm or a convolution
   * @param activation of a recurrent layer; null for the framework's own
   * @param steps how a convolution goes over the steps
   */
  public record Options(
      Kind kind,
      @Nullable Float epsilon,
      int groups,
      @Nullable Activation activation,
      Convolution steps) {

    /** What the configuration says, but for what the recipe says of this module. */
    public ImportConfig of(ImportConfig config) {
      return activation == null ? config : config.withActivation(activation);
    }
  }

  /**
   * How a convolution goes over the steps, but for how many of them it sees.
   *
   * @param before zero steps in front where the padding is explicit
   * @param after zero steps behind
   */
  public record Convolution(
      int stride, int dilation, Window.Padding padding, int before, int after) {

    /** Without any of it. */
    static final Convolution PLAIN = new Convolution(1, 1, Window.Padding.EXPLICIT, 0, 0);

    /** Of so many steps. */
    public Window window(int size) {
      return new Window(size, stride, dilation, padding, before, after);
    }
  }

  /** Reads a module's weights. */
  public interface Source {
    List<? extends Operation> read(Options options) throws IOException, ImportException;
  }

  public Module {
    tensors = List.copyOf(tensors);
  }

  /** A name that stands for it in a recipe. */
  public String title() {
    return name.isEmpty() ? "lstm" : name;
  }

  boolean isRecurrent() {
    return kind == Kind.RECURRENT;
  }

  /** Whether it may stand behind what is so wide, as a dense layer does. */
  boolean isDenseOf(int width) {
    return (kind == Kind.DENSE || kind == Kind.MATRIX) && inputSize == width;
  }

  /** This module as the embedding that its matrix may be. */
  Module asEmbedding() {
    return kind == Kind.MATRIX
        ? new Module(name, Kind.EMBEDDING, 1, inputSize, tensors, source)
        : this;
  }

  /** This module as the dense layer that its matrix may be. */
  Module asDense() {
    return kind == Kind.MATRIX
        ? new Module(name, Kind.DENSE, inputSize, outputSize, tensors, source)
        : this;
  }

  /** The last part of its name that is no number. */
  String ownName() {
    return ModuleName.last(name);
  }

  /** Whether the file has a bias for it. */
  boolean hasBias() {
    return tensors.stream().anyMatch(tensor -> BIAS.matcher(tensor.name()).matches());
  }

  @Override
  public String toString() {
    return switch (kind) {
      case RECURRENT -> "%s (%d to %d)".formatted(title(), inputSize, outputSize);
      default -> tensors.get(0).toString();
    };
  }
}

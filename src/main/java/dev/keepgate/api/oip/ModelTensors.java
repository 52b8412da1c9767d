package dev.keepgate.api.oip;

import dev.keepgate.model.Signature;
import dev.keepgate.model.StateLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a model's tensors look in the protocol. A slot of the state, such as h, goes in as {@code h0}
 * and comes out as {@code h}.
 */
public final class ModelTensors {

  static final String LENGTHS = "lengths";

  /** Behind the name of a slot, in the name of an input. */
  static final String BEFORE = "0";

  /** Behind the name of a slot, in the name of an output. */
  static final String AFTER = "";

  private ModelTensors() {}

  /**
   * @param shape -1 where the size is free
   * @param optional whether a request may leave it out
   */
  public record Info(String name, String datatype, long[] shape, boolean optional) {}

  public static List<Info> inputs(Signature signature) {
    List<Info> inputs = new ArrayList<>();
    for (int i = 0; i < signature.inputs().size(); i++) {
      Signature.Input input = signature.reading(i);
      String datatype = input.vocabulary().isPresent() ? "INT64" : "FP32";
      inputs.add(new Info(input.name(), datatype, shape(input.shape()), false));
    }
    inputs.addAll(state(signature.state(), BEFORE));
    if (hasLengths(signature)) {
      inputs.add(new Info(LENGTHS, "INT64", new long[] {-1}, true));
    }
    return inputs;
  }

  public static List<Info> outputs(Signature signature) {
    List<Info> outputs = new ArrayList<>();
    for (Signature.Output output : signature.outputs()) {
      outputs.add(new Info(output.name(), "FP32", shape(output.shape()), false));
    }
    outputs.addAll(state(signature.state(), AFTER));
    return outputs;
  }

  /** The names of {@link #outputs}; asked of every request. */
  static List<String> outputNames(Signature signature) {
    List<String> names = new ArrayList<>();
    for (Signature.Output output : signature.outputs()) {
      names.add(output.name());
    }
    StateLayout layout = signature.state();
    for (String slot : layout.names()) {
      if (layout.isUniform(slot)) {
        names.add(slot + AFTER);
        continue;
      }
      for (int i = 0; i < layout.widths(slot).length; i++) {
        names.add(slot + AFTER + "." + i);
      }
    }
    return names;
  }

  private static long[] shape(List<Signature.Dimension> dims) {
    return dims.stream().mapToLong(dim -> dim.symbol() == null ? dim.size() : -1).toArray();
  }

  private static boolean hasLengths(Signature signature) {
    return signature.inputs().get(signature.sequenceInput()).steps();
  }

  /**
   * Of each name, one tensor of all cells; one a cell ({@code h0.0}, {@code h0.1}, ...) where sizes
   * differ.
   */
  private static List<Info> state(StateLayout layout, String suffix) {
    boolean optional = suffix.equals(BEFORE);
    List<Info> all = new ArrayList<>();
    for (String slot : layout.names()) {
      int[] widths = layout.widths(slot);
      if (layout.isUniform(slot)) {
        long[] shape = {widths.length, -1, widths[0]};
        all.add(new Info(slot + suffix, "FP32", shape, optional));
        continue;
      }
      for (int i = 0; i < widths.length; i++) {
        long[] shape = {-1, widths[i]};
        all.add(new Info(slot + suffix + "." + i, "FP32", shape, optional));
      }
    }
    return all;
  }

  /** Whether {@link #inputs} has the name; asked of every request. */
  public static boolean isInput(Signature signature, String name) {
    for (Signature.Input input : signature.inputs()) {
      if (input.name().equals(name)) {
        return true;
      }
    }
    return (name.equals(LENGTHS) && hasLengths(signature))
        || slot(signature.state(), name, BEFORE) != null;
  }

  /** Whether {@link #outputs} has the name. */
  public static boolean isOutput(Signature signature, String name) {
    return signature.outputs().stream().anyMatch(output -> output.name().equals(name))
        || slot(signature.state(), name, AFTER) != null;
  }

  /**
   * The slot of the state that a tensor is of; null where it is of none.
   *
   * @param suffix {@link #BEFORE} of an input, {@link #AFTER} of an output
   */
  public static @Nullable String slot(StateLayout layout, String tensor, String suffix) {
    for (String slot : layout.names()) {
      int end = slot.length() + suffix.length();
      if (tensor.startsWith(slot)
          && tensor.startsWith(suffix, slot.length())
          && (layout.isUniform(slot)
              ? tensor.length() == end
              : isCell(tensor.substring(end), layout.widths(slot).length))) {
        return slot;
      }
    }
    return null;
  }

  /** Whether it is {@code .0}, {@code .1}, ... of so many cells. */
  private static boolean isCell(String index, int cells) {
    for (int i = 0; i < cells; i++) {
      if (index.equals("." + i)) {
        return true;
      }
    }
    return false;
  }

  public static List<String> names(List<Info> infos) {
    return infos.stream().map(Info::name).toList();
  }
}

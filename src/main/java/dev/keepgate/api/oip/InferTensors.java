package dev.keepgate.api.oip;

import dev.keepgate.api.oip.InferCall.WantedOutput;
import dev.keepgate.inference.InferenceRequest;
import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.Operation;
import dev.keepgate.inference.StepNumber;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.model.Signature;
import dev.keepgate.model.StateLayout;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Between the protocol's named tensors and those of the use cases. */
public final class InferTensors {

  static final InferenceRequest.Fields FIELDS =
      new InferenceRequest.Fields(
          name -> "/inputs/" + name,
          slot -> "/inputs/" + slot + ModelTensors.BEFORE,
          "/inputs/lengths");

  private InferTensors() {}

  /** A time of 1 is a step. */
  private static Operation operation(InferCall call, Signature signature) {
    int[] shape = input(call, signature.inputs().get(signature.sequenceInput()).name()).shape();
    boolean one = shape.length >= 2 && shape[1] == 1;
    return one && find(call, ModelTensors.LENGTHS) == null && signature.isCausal()
        ? Operation.STEP
        : Operation.UNROLL;
  }

  private static Tensor input(InferCall call, String name) {
    Tensor tensor = find(call, name);
    if (tensor == null) {
      throw new TensorFormatException("/inputs/" + name, "is missing");
    }
    return tensor;
  }

  private static @Nullable Tensor find(InferCall call, String name) {
    for (NamedTensor tensor : call.inputs()) {
      if (tensor.name().equals(name)) {
        return tensor.tensor();
      }
    }
    return null;
  }

  /**
   * The request as the use cases take it; what it asks for is checked as well, so that nothing is
   * computed for an answer that cannot be given.
   */
  public static InferenceRequest request(InferCall call, Signature signature) {
    Operation operation = operation(call, signature);
    checkInputs(call, signature);
    checkOutputs(call, signature, operation);
    Long step = call.parameters().whole("sequence_step");
    return new InferenceRequest(
        operation,
        inputs(call, signature, operation),
        state(call, signature.state()),
        find(call, ModelTensors.LENGTHS),
        new InferenceRequest.Options(
            call.parameters().flag("return_sequences"),
            false,
            step == null
                ? OptionalLong.empty()
                : OptionalLong.of(StepNumber.require("/parameters/sequence_step", step)),
            new InferenceRequest.Units(Boolean.TRUE.equals(call.parameters().flag("scaled")), 1)),
        FIELDS);
  }

  private static void checkInputs(InferCall call, Signature signature) {
    Set<String> seen = new HashSet<>();
    for (NamedTensor tensor : call.inputs()) {
      if (!ModelTensors.isInput(signature, tensor.name())) {
        throw new TensorFormatException(
            "/inputs/" + tensor.name(),
            "is no input of this model; it has "
                + ModelTensors.names(ModelTensors.inputs(signature)));
      }
      if (!seen.add(tensor.name())) {
        throw new TensorFormatException("/inputs/" + tensor.name(), "is there twice");
      }
    }
  }

  private static void checkOutputs(InferCall call, Signature signature, Operation operation) {
    int[] shape = input(call, signature.inputs().get(signature.sequenceInput()).name()).shape();
    int time = shape.length > 1 ? shape[1] : 1;
    for (WantedOutput output : call.outputs()) {
      if (!ModelTensors.isOutput(signature, output.name())) {
        throw new TensorFormatException(
            "/outputs/" + output.name(),
            "is no output of this model; it has "
                + ModelTensors.names(ModelTensors.outputs(signature)));
      }
      Classification.require(call, output, signature, operation, time);
    }
  }

  private static List<Tensor> inputs(InferCall call, Signature signature, Operation operation) {
    List<Tensor> inputs = new ArrayList<>();
    for (Signature.Input described : signature.inputs()) {
      Tensor tensor = input(call, described.name());
      int rank = described.shape().size();
      boolean fits =
          tensor.rank() == rank
              || (described.vocabulary().isPresent() && tensor.rank() == rank + 1);
      if (!fits) {
        throw new TensorFormatException(
            "/inputs/" + described.name(),
            "expected %d dimensions, got %d".formatted(rank, tensor.rank()));
      }
      boolean isStep = operation == Operation.STEP && described.steps();
      inputs.add(isStep && tensor.shape()[1] == 1 ? withoutTime(tensor) : tensor);
    }
    return inputs;
  }

  private static Tensor withoutTime(Tensor x) {
    int[] shape = x.shape();
    int[] without = Arrays.copyOfRange(shape, 1, shape.length);
    without[0] = shape[0];
    return reshaped(x, without);
  }

  /** The same numbers in another shape. */
  public static Tensor reshaped(Tensor x, int[] shape) {
    if (x instanceof Tensor.Doubles doubles) {
      return new Tensor.Doubles(shape, doubles.values());
    }
    return x instanceof Tensor.Floats floats
        ? new Tensor.Floats(shape, floats.values())
        : new Tensor.Ints(shape, ((Tensor.Ints) x).values());
  }

  private static InferenceRequest.@Nullable State state(InferCall call, StateLayout layout) {
    Map<String, List<Tensor>> slots = new LinkedHashMap<>();
    for (String slot : layout.names()) {
      List<Tensor> given = slot(call, layout, slot);
      if (given != null) {
        slots.put(slot, given);
      }
    }
    return InferenceRequest.State.of(slots);
  }

  private static @Nullable List<Tensor> slot(InferCall call, StateLayout layout, String slot) {
    String name = slot + ModelTensors.BEFORE;
    if (!layout.isUniform(slot)) {
      return slotByCell(call, name, layout.count(slot));
    }
    Tensor state = find(call, name);
    if (state != null && state.rank() != 3) {
      throw new TensorFormatException(
          "/inputs/" + name, "expected 3 dimensions, got " + state.rank());
    }
    return state == null ? null : List.of(state);
  }

  /** All of the cells' tensors, or none; in their order, whatever the request's is. */
  private static @Nullable List<Tensor> slotByCell(InferCall call, String name, int cells) {
    boolean given = call.inputs().stream().anyMatch(tensor -> tensor.name().startsWith(name + "."));
    if (!given) {
      return null;
    }
    List<Tensor> state = new ArrayList<>();
    for (int i = 0; i < cells; i++) {
      state.add(input(call, name + "." + i));
    }
    return state;
  }

  /** The outputs that were asked for. */
  public static List<InferResponse.Output> outputs(InferCall call, InferenceResult result) {
    List<InferResponse.Output> outputs = new ArrayList<>();
    if (call.outputs().isEmpty()) {
      for (String name : ModelTensors.outputNames(result.signature())) {
        outputs.add(new InferResponse.Numbers(name, output(name, result)));
      }
      return outputs;
    }
    for (WantedOutput wanted : call.outputs()) {
      outputs.add(
          wanted.classes() > 0
              ? Classification.of(find(wanted.name(), result), wanted.classes(), result.signature())
              : new InferResponse.Numbers(wanted.name(), output(wanted.name(), result)));
    }
    return outputs;
  }

  private static Tensor.Floats output(String name, InferenceResult result) {
    RecurrentState state = result.output().state();
    String slot = ModelTensors.slot(state.layout(), name, ModelTensors.AFTER);
    if (slot != null) {
      return slot(name, slot, state, result.batch());
    }
    InferenceResult.Output output = find(name, result);
    return Tensor.Floats.of(output.rounded(), shape(output, result));
  }

  private static InferenceResult.Output find(String name, InferenceResult result) {
    for (InferenceResult.Output output : result.outputs()) {
      if (output.described().name().equals(name)) {
        return output;
      }
    }
    throw new IllegalArgumentException("no output " + name);
  }

  /** With the one step of a step, which the protocol knows no other way to ask for. */
  private static int[] shape(InferenceResult.Output output, InferenceResult result) {
    boolean isStep = result.operation() == Operation.STEP && output.described().isStreamed();
    int[] shape = output.shape();
    if (!isStep) {
      return shape;
    }
    int[] with = new int[shape.length + 1];
    with[0] = shape[0];
    with[1] = 1;
    System.arraycopy(shape, 1, with, 2, shape.length - 1);
    return with;
  }

  /** Of one cell, where the tensor's name says which, or of all. */
  private static Tensor.Floats slot(String name, String slot, RecurrentState state, int batch) {
    float[][] cells = state.of(slot);
    int[] widths = state.layout().widths(slot);
    if (!state.layout().isUniform(slot)) {
      int cell = Integer.parseInt(name.substring(name.indexOf('.') + 1));
      return Tensor.Floats.of(cells[cell], batch, widths[cell]);
    }
    return Tensor.Floats.stacked(cells, cells.length, batch, widths[0]);
  }
}

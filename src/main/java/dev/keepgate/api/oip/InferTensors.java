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
          "/inputs/x", slot -> "/inputs/" + slot + ModelTensors.BEFORE, "/inputs/lengths");

  private InferTensors() {}

  /** A time of 1 is a step. */
  private static Operation operation(InferCall call, Signature signature) {
    int[] shape = input(call, ModelTensors.X).shape();
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
    checkOutputs(call, signature);
    Tensor x = input(call, ModelTensors.X);
    int rank = signature.takesIds() ? 2 : 3;
    if (x.rank() != rank) {
      throw new TensorFormatException(
          "/inputs/x", "expected %d dimensions, got %d".formatted(rank, x.rank()));
    }
    Long step = call.parameters().whole("sequence_step");
    return new InferenceRequest(
        operation,
        operation == Operation.STEP ? withoutTime(x) : x,
        state(call, signature.state()),
        find(call, ModelTensors.LENGTHS),
        new InferenceRequest.Options(
            call.parameters().flag("return_sequences"),
            false,
            step == null
                ? OptionalLong.empty()
                : OptionalLong.of(StepNumber.require("/parameters/sequence_step", step))),
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

  private static void checkOutputs(InferCall call, Signature signature) {
    for (WantedOutput output : call.outputs()) {
      if (!ModelTensors.isOutput(signature, output.name())) {
        throw new TensorFormatException(
            "/outputs/" + output.name(),
            "is no output of this model; it has "
                + ModelTensors.names(ModelTensors.outputs(signature)));
      }
    }
  }

  private static Tensor withoutTime(Tensor x) {
    return reshaped(
        x, x.rank() == 2 ? new int[] {x.shape()[0]} : new int[] {x.shape()[0], x.shape()[2]});
  }

  /** The same numbers in another shape. */
  public static Tensor reshaped(Tensor x, int[] shape) {
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
      for (ModelTensors.Info info : ModelTensors.outputs(result.signature())) {
        outputs.add(new InferResponse.Output(info.name(), output(info.name(), result)));
      }
      return outputs;
    }
    for (WantedOutput wanted : call.outputs()) {
      outputs.add(new InferResponse.Output(wanted.name(), output(wanted.name(), result)));
    }
    return outputs;
  }

  private static Tensor.Floats output(String name, InferenceResult result) {
    RecurrentState state = result.output().state();
    String slot = ModelTensors.slot(state.layout(), name, ModelTensors.AFTER);
    if (slot != null) {
      return slot(name, slot, state, result.batch());
    }
    int width = result.signature().outputSize();
    float[] output = result.output().output();
    return result.sequences() || result.operation() == Operation.STEP
        ? Tensor.Floats.of(output, result.batch(), result.time(), width)
        : Tensor.Floats.of(output, result.batch(), width);
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

package dev.keepgate.api.oip.grpc;

import dev.keepgate.api.oip.Datatype;
import dev.keepgate.api.oip.InferCall;
import dev.keepgate.api.oip.InferCall.WantedOutput;
import dev.keepgate.api.oip.NamedTensor;
import dev.keepgate.api.oip.Parameters;
import dev.keepgate.api.oip.proto.InferParameter;
import dev.keepgate.api.oip.proto.InferTensorContents;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelInferRequest.InferInputTensor;
import dev.keepgate.api.oip.proto.ModelInferRequest.InferRequestedOutputTensor;
import dev.keepgate.tensor.ArrayMemory;
import dev.keepgate.tensor.Tensor;
import dev.keepgate.tensor.TensorFormatException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Reads an infer request as gRPC brings it: its tensors as raw bytes, one after the other, or each
 * in the field of its type.
 */
final class InferMessageReader {

  private InferMessageReader() {}

  /**
   * @param memory of the tensors
   * @throws TensorFormatException if a field is missing, or not what it must be
   */
  static InferCall read(ModelInferRequest request, ArrayMemory memory) {
    List<WantedOutput> outputs = new ArrayList<>(request.getOutputsCount());
    for (InferRequestedOutputTensor each : request.getOutputsList()) {
      outputs.add(
          WantedOutput.of(
              each.getName(),
              Parameters.ofOutput("/outputs/" + each.getName(), values(each.getParametersMap()))));
    }
    return new InferCall(
        request.getId(),
        Parameters.ofRequest(values(request.getParametersMap())),
        tensors(request, memory),
        outputs);
  }

  /** The sequence that a request is a step of; null where it is of none, or not of a proper one. */
  static @Nullable String sequence(ModelInferRequest request) {
    InferParameter id = request.getParametersMap().get(Parameters.SEQUENCE_ID);
    return id != null && (id.hasInt64Param() || id.hasUint64Param() || id.hasStringParam())
        ? new Parameters("/parameters", values(Map.of(Parameters.SEQUENCE_ID, id)))
            .identifier(Parameters.SEQUENCE_ID)
        : null;
  }

  /** Values as they are, for {@link Parameters} to refuse where one of another kind is needed. */
  private static Map<String, Object> values(Map<String, InferParameter> given) {
    if (given.isEmpty()) {
      return Map.of();
    }
    Map<String, Object> parameters = new HashMap<>();
    given.forEach(
        (name, value) -> {
          switch (value.getParameterChoiceCase()) {
            case BOOL_PARAM -> parameters.put(name, value.getBoolParam());
            case INT64_PARAM -> parameters.put(name, value.getInt64Param());
            case UINT64_PARAM -> parameters.put(name, value.getUint64Param());
            case STRING_PARAM -> parameters.put(name, value.getStringParam());
            case DOUBLE_PARAM -> parameters.put(name, value.getDoubleParam());
            case PARAMETERCHOICE_NOT_SET -> parameters.put(name, List.of());
          }
        });
    return parameters;
  }

  private static List<NamedTensor> tensors(ModelInferRequest request, ArrayMemory memory) {
    int raw = request.getRawInputContentsCount();
    if (raw > 0 && raw != request.getInputsCount()) {
      throw new TensorFormatException(
          "/raw_input_contents",
          "expected one for each of the %d inputs, got %d"
              .formatted(request.getInputsCount(), raw));
    }
    List<NamedTensor> tensors = new ArrayList<>(request.getInputsCount());
    for (int i = 0; i < request.getInputsCount(); i++) {
      InferInputTensor input = request.getInputs(i);
      String pointer = "/inputs/" + (input.getName().isEmpty() ? i : input.getName());
      Parameters.ofInput(pointer, values(input.getParametersMap()));
      Datatype type = Datatype.of(input.getDatatype(), pointer + "/datatype");
      int[] shape = shape(input, pointer + "/shape");
      if (raw > 0 && input.hasContents()) {
        throw new TensorFormatException(
            pointer + "/contents", "is there beside raw_input_contents");
      }
      tensors.add(
          new NamedTensor(
              input.getName(),
              raw > 0
                  ? type.read(
                      request.getRawInputContents(i).asReadOnlyByteBuffer(), shape, pointer, memory)
                  : fromContents(input.getContents(), type, shape, pointer, memory)));
    }
    return tensors;
  }

  private static int[] shape(InferInputTensor input, String pointer) {
    int[] shape = new int[input.getShapeCount()];
    for (int i = 0; i < shape.length; i++) {
      long size = input.getShape(i);
      if (size < 0 || size > Integer.MAX_VALUE) {
        throw new TensorFormatException(pointer, "expected a list of sizes, got " + size);
      }
      shape[i] = (int) size;
    }
    return shape;
  }

  private static Tensor fromContents(
      InferTensorContents contents,
      Datatype type,
      int[] shape,
      String pointer,
      ArrayMemory memory) {
    String where = pointer + "/contents";
    memory.change((long) (type == Datatype.FP64 ? Double.BYTES : Float.BYTES) * numbers(contents));
    return switch (type) {
      case FP32 -> {
        float[] values = new float[fitting(contents.getFp32ContentsCount(), shape, where)];
        for (int i = 0; i < values.length; i++) {
          values[i] = contents.getFp32Contents(i);
        }
        yield new Tensor.Floats(shape, values);
      }
      case FP64 -> {
        double[] values = new double[fitting(contents.getFp64ContentsCount(), shape, where)];
        for (int i = 0; i < values.length; i++) {
          values[i] = contents.getFp64Contents(i);
        }
        yield new Tensor.Doubles(shape, values);
      }
      case FP16, BF16 ->
          throw new TensorFormatException(where, "has no field for " + type + ": send it raw");
      case INT64 ->
          ints(contents.getInt64ContentsCount(), contents::getInt64Contents, type, shape, where);
      case UINT64 ->
          ints(contents.getUint64ContentsCount(), contents::getUint64Contents, type, shape, where);
      case UINT32, UINT16, UINT8 ->
          ints(
              contents.getUintContentsCount(),
              i -> Integer.toUnsignedLong(contents.getUintContents(i)),
              type,
              shape,
              where);
      case INT32, INT16, INT8 ->
          ints(contents.getIntContentsCount(), contents::getIntContents, type, shape, where);
    };
  }

  /** All that are there, in whichever field. */
  private static int numbers(InferTensorContents contents) {
    return contents.getFp32ContentsCount()
        + contents.getFp64ContentsCount()
        + contents.getInt64ContentsCount()
        + contents.getUint64ContentsCount()
        + contents.getUintContentsCount()
        + contents.getIntContentsCount();
  }

  private static Tensor ints(
      int count, IntToLongFunction value, Datatype type, int[] shape, String pointer) {
    int[] values = new int[fitting(count, shape, pointer)];
    for (int i = 0; i < values.length; i++) {
      values[i] = type.type().toInt(value.applyAsLong(i), pointer);
    }
    return new Tensor.Ints(shape, values);
  }

  private static int fitting(int count, int[] shape, String pointer) {
    int expected = Datatype.count(shape, pointer);
    if (count != expected) {
      throw new TensorFormatException(
          pointer, "the shape takes %d numbers, got %d".formatted(expected, count));
    }
    return count;
  }
}

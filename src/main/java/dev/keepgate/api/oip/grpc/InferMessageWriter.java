package dev.keepgate.api.oip.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.keepgate.api.oip.InferCall;
import dev.keepgate.api.oip.InferResponse;
import dev.keepgate.api.oip.Parameters;
import dev.keepgate.api.oip.proto.InferParameter;
import dev.keepgate.api.oip.proto.InferTensorContents;
import dev.keepgate.api.oip.proto.ModelInferResponse;
import dev.keepgate.api.oip.proto.ModelInferResponse.InferOutputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Writes the answer to an infer request as gRPC takes it. Tensors are raw, as Triton's are whatever
 * the request's were, unless its parameter {@code binary_data_output} is false.
 */
final class InferMessageWriter {

  private InferMessageWriter() {}

  static ModelInferResponse write(InferCall call, InferResponse answer) {
    boolean raw = !Boolean.FALSE.equals(call.parameters().flag(Parameters.BINARY_OUTPUT));
    ModelInferResponse.Builder response =
        ModelInferResponse.newBuilder()
            .setModelName(answer.model().name())
            .setModelVersion(Long.toString(answer.model().version()))
            .setId(answer.id());
    answer.parameters().forEach((name, value) -> response.putParameters(name, parameter(value)));
    for (InferResponse.Output output : answer.outputs()) {
      InferOutputTensor.Builder tensor =
          InferOutputTensor.newBuilder().setName(output.name()).setDatatype(output.datatype());
      for (int size : output.shape()) {
        tensor.addShape(size);
      }
      if (raw) {
        response.addRawOutputContents(bytes(output));
      } else {
        tensor.setContents(contents(output));
      }
      response.addOutputs(tensor);
    }
    return response.build();
  }

  private static InferParameter parameter(Object value) {
    InferParameter.Builder parameter = InferParameter.newBuilder();
    return value instanceof Long number
        ? parameter.setInt64Param(number).build()
        : parameter.setStringParam(value.toString()).build();
  }

  private static ByteString bytes(InferResponse.Output output) {
    if (output instanceof InferResponse.Classes classes) {
      return UnsafeByteOperations.unsafeWrap(classes.raw());
    }
    float[] values = ((InferResponse.Numbers) output).tensor().values();
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(Float.BYTES, values.length))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    // Nobody else has the array.
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  private static InferTensorContents contents(InferResponse.Output output) {
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    if (output instanceof InferResponse.Classes classes) {
      classes.classes().forEach(text -> contents.addBytesContents(ByteString.copyFromUtf8(text)));
      return contents.build();
    }
    for (float value : ((InferResponse.Numbers) output).tensor().values()) {
      contents.addFp32Contents(value);
    }
    return contents.build();
  }
}

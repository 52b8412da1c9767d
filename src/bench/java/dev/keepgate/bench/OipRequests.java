package dev.keepgate.bench;

import com.google.protobuf.ByteString;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelInferRequest.InferInputTensor;
import dev.keepgate.api.oip.proto.ModelInferResponse;
import dev.keepgate.api.oip.proto.ModelStreamInferResponse;
import dev.keepgate.tensor.JsonBuffer;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Steps of a model as the Open Inference Protocol has them. */
record OipRequests(String model) {

  private static final String INFER =
      "/" + GRPCInferenceServiceGrpc.getModelInferMethod().getFullMethodName();
  private static final String STREAM =
      "/" + GRPCInferenceServiceGrpc.getModelStreamInferMethod().getFullMethodName();

  /** Requests of one stream. */
  private static final int STREAMED = 100;

  /** The inputs by their names in the Open Inference Protocol. */
  private static Map<String, float[]> tensors(Inputs inputs) {
    Map<String, float[]> tensors = new LinkedHashMap<>();
    tensors.put("x", inputs.x());
    tensors.put("h0", Objects.requireNonNull(inputs.h()));
    tensors.put("c0", Objects.requireNonNull(inputs.c()));
    return tensors;
  }

  LoadRequest http(Inputs inputs, boolean binary) throws IOException {
    int hidden = inputs.hidden();
    JsonBuffer json = new JsonBuffer(1 << 12).raw("{\"inputs\":[");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    tensors(inputs)
        .forEach(
            (name, values) -> {
              json.comma()
                  .raw("{\"name\":\"" + name + "\",\"datatype\":\"FP32\"")
                  .raw(",\"shape\":[1,1," + hidden + "],");
              if (binary) {
                json.raw("\"parameters\":{\"binary_data_size\":" + 4 * hidden + "}}");
                bytes.writeBytes(raw(values));
              } else {
                json.raw("\"data\":").tensor(values, 0, hidden).raw("}");
              }
            });
    json.raw("]").raw(binary ? ",\"parameters\":{\"binary_data_output\":true}}" : "}");
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    int length = json.size();
    json.flushTo(body);
    bytes.writeTo(body);
    String path = "/v2/models/" + model + "/infer";
    return binary
        ? new LoadRequest(
            path,
            Map.of("Inference-Header-Content-Length", Integer.toString(length)),
            body.toByteArray())
        : LoadRequest.of(path, Inputs.JSON, body.toByteArray());
  }

  private ModelInferRequest call(Inputs inputs) {
    ModelInferRequest.Builder call =
        ModelInferRequest.newBuilder().setModelName(model);
    tensors(inputs)
        .forEach(
            (name, values) ->
                call.addInputs(
                        InferInputTensor.newBuilder()
                            .setName(name)
                            .setDatatype("FP32")
                            .addShape(1)
                            .addShape(1)
                            .addShape(inputs.hidden()))
                    .addRawInputContents(ByteString.copyFrom(raw(values))));
    return call.build();
  }

  /**
   * A call whose answer is right.
   *
   * @param streams whether it is a stream of as many requests
   */
  H2load.Call grpc(int port, Inputs inputs, boolean streams) throws IOException {
    ModelInferRequest call = call(inputs);
    ModelInferResponse answer = verified(port, call, inputs);
    return streams
        ? new H2load.Call(
            STREAM,
            call.toByteArray(),
            ModelStreamInferResponse.newBuilder()
                .setInferResponse(answer)
                .build()
                .getSerializedSize(),
            STREAMED)
        : new H2load.Call(INFER, call.toByteArray(), answer.getSerializedSize(), 1);
  }

  private static ModelInferResponse verified(int port, ModelInferRequest call, Inputs inputs)
      throws IOException {
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("localhost", port).usePlaintext().build();
    try {
      ModelInferResponse answer =
          GRPCInferenceServiceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(60, TimeUnit.SECONDS)
              .modelInfer(call);
      for (int i = 0; i < answer.getOutputsCount(); i++) {
        if (answer.getOutputs(i).getName().equals("h")) {
          ByteString h = answer.getRawOutputContents(i);
          Answers.verify(INFER, inputs, Answers.floats(ByteBuffer.wrap(h.toByteArray())));
          return answer;
        }
      }
      throw new IOException(INFER + " answered no h");
    } finally {
      channel.shutdownNow();
    }
  }

  private static byte[] raw(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }
}

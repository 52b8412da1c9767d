package dev.keepgate.api.oip.grpc;

import com.google.protobuf.ByteString;
import dev.keepgate.OwnRepository;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.keepgate.api.oip.proto.InferParameter;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelInferRequest.InferInputTensor;
import dev.keepgate.api.oip.proto.ModelInferResponse;
import dev.keepgate.api.oip.proto.ServerReadyRequest;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;

/** A running server, and stubs made of the protocol's own description to ask it. */
@SpringBootTest(
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {"keepgate.repository.built-in=always", "keepgate.http.max-body=4MB"})
abstract class GrpcServerTest implements OwnRepository {

  static final String CELL = "notebook-cell";
  static final float[] X = {1, 2, 3, 4, 3, 2, 3, 2, 2, 2, 2, 2};

  /** What the notebook's cell makes of them: its output, and with it h. */
  static final float[] OUTPUT = {
    -0.05328177f, 0.05575604f, -0.07437122f, -0.03220572f,
    -0.02338945f, -0.0238622f, -0.13232854f, -0.09982535f
  };

  /** A few units of the last place: kernels differ by as much. */
  static final Offset<Float> EXACTLY = Offset.offset(1e-6f);

  @Autowired private GrpcServerLifecycle grpc;
  @LocalServerPort int httpPort;
  private ManagedChannel channel = ManagedChannelBuilder.forAddress("localhost", 1).build();

  @BeforeEach
  void connect() {
    channel.shutdownNow();
    channel = channel(grpc.getPort());
    Awaitility.await()
        .until(() -> stub().serverReady(ServerReadyRequest.getDefaultInstance()).getReady());
  }

  @AfterEach
  void disconnect() {
    channel.shutdownNow();
  }

  int port() {
    return grpc.getPort();
  }

  static ManagedChannel channel(int port) {
    return ManagedChannelBuilder.forAddress("localhost", port).usePlaintext().build();
  }

  ManagedChannel channel() {
    return channel;
  }

  GRPCInferenceServiceBlockingStub stub() {
    return GRPCInferenceServiceGrpc.newBlockingStub(channel);
  }

  static ByteString raw(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return ByteString.copyFrom(bytes);
  }

  static float[] floats(ByteString raw) {
    float[] values = new float[raw.size() / 4];
    raw.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  static InferInputTensor.Builder input(String name, String type, long... shape) {
    InferInputTensor.Builder input = InferInputTensor.newBuilder().setName(name).setDatatype(type);
    for (long size : shape) {
      input.addShape(size);
    }
    return input;
  }

  /** A step of two rows of the cell. */
  static ModelInferRequest.Builder step() {
    return ModelInferRequest.newBuilder()
        .setModelName(CELL)
        .addInputs(input("x", "FP32", 2, 1, 6))
        .addRawInputContents(raw(X));
  }

  /** The same from a state of these bytes. */
  static ModelInferRequest stepFrom(ByteString h, ByteString c) {
    return step()
        .addInputs(input("h0", "FP32", 1, 2, 4))
        .addInputs(input("c0", "FP32", 1, 2, 4))
        .addRawInputContents(h)
        .addRawInputContents(c)
        .build();
  }

  /** An unroll that takes a worker a good while. */
  static ModelInferRequest.Builder unroll(int steps) {
    return ModelInferRequest.newBuilder()
        .setModelName("notebook-sequence")
        .addInputs(input("x", "FP32", 1, steps, 6))
        .addRawInputContents(raw(new float[steps * 6]))
        .putParameters("return_sequences", InferParameter.newBuilder().setBoolParam(false).build());
  }

  static ModelInferRequest sequenceStep(Object id, boolean start, boolean end) {
    ModelInferRequest.Builder request = step();
    Map.of("sequence_id", id, "sequence_start", start, "sequence_end", end)
        .forEach((name, value) -> request.putParameters(name, parameter(value)));
    return request.build();
  }

  static InferParameter parameter(Object value) {
    InferParameter.Builder parameter = InferParameter.newBuilder();
    if (value instanceof Boolean flag) {
      return parameter.setBoolParam(flag).build();
    }
    return value instanceof Long number
        ? parameter.setInt64Param(number).build()
        : parameter.setStringParam(value.toString()).build();
  }

  static List<String> outputs(ModelInferResponse response) {
    return response.getOutputsList().stream()
        .map(ModelInferResponse.InferOutputTensor::getName)
        .toList();
  }
}

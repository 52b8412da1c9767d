package dev.keepgate.bench;

import com.google.protobuf.ByteString;
import dev.keepgate.KeepgateApplication;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelInferRequest.InferInputTensor;
import dev.keepgate.api.oip.proto.ModelInferResponse;
import dev.keepgate.tensor.JsonBuffer;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The same steps through each of the server's doors, in turn, and each turn repeated. */
final class ProtocolBenchmark {

  private static final int CLIENTS = 32;
  private static final int BODIES = 8;
  private static final List<Integer> SIZES = List.of(128, 512);
  private static final String INFER =
      "/" + GRPCInferenceServiceGrpc.getModelInferMethod().getFullMethodName();

  private final int seconds;
  private final int rounds;

  private enum Door {
    V1_JSON,
    V1_SAFETENSORS,
    V2_JSON,
    V2_BINARY,
    GRPC_RAW
  }

  /** Requests a second, and microseconds; the best of the rounds. */
  record Line(
      int hidden, String door, int clients, double perSecond, double p50Micros, double p99Micros) {}

  private record Server(ServerProcess process, int grpcPort) {}

  private ProtocolBenchmark(int seconds, int rounds) {
    this.seconds = seconds;
    this.rounds = rounds;
  }

  static ProtocolBenchmark full() {
    return new ProtocolBenchmark(5, 4);
  }

  static ProtocolBenchmark quick() {
    return new ProtocolBenchmark(2, 2);
  }

  List<Line> run() throws IOException, InterruptedException {
    LoadTool.WRK.require();
    LoadTool.H2LOAD.require();
    Path repository = Files.createTempDirectory("keepgate-bench-");
    int grpcPort;
    try (ServerSocket free = new ServerSocket(0)) {
      grpcPort = free.getLocalPort();
    }
    try (ServerProcess process =
        ServerProcess.start(
            KeepgateApplication.class.getName(),
            "/actuator/health/readiness",
            List.of(
                "--keepgate.repository.path=" + repository,
                "--spring.grpc.server.port=" + grpcPort))) {
      List<Line> lines = new ArrayList<>();
      for (int hidden : SIZES) {
        process.upload(model(hidden), Problem.step(hidden));
        lines.addAll(measure(new Server(process, grpcPort), hidden));
      }
      return lines;
    }
  }

  private static String model(int hidden) {
    return "m" + hidden;
  }

  /** A round goes through all doors, so that what else the machine does meets them alike. */
  private List<Line> measure(Server server, int hidden) throws IOException, InterruptedException {
    Map<Door, Load> loads = new LinkedHashMap<>();
    Map<Door, LoadResult> best = new LinkedHashMap<>();
    for (Door door : Door.values()) {
      loads.put(door, load(door, server, hidden));
    }
    for (int round = 0; round <= rounds; round++) {
      for (Map.Entry<Door, Load> each : loads.entrySet()) {
        LoadResult result = each.getValue().run();
        if (round > 0) {
          best.merge(each.getKey(), result, LoadResult::faster);
        }
      }
    }
    List<Line> lines = new ArrayList<>();
    best.forEach(
        (door, result) ->
            lines.add(
                new Line(
                    hidden,
                    door.name(),
                    CLIENTS,
                    result.perSecond(),
                    result.p50Micros(),
                    result.p99Micros())));
    lines.forEach(System.out::println);
    return lines;
  }

  private interface Load {
    LoadResult run() throws IOException, InterruptedException;
  }

  /** A load whose first request was answered as it should be. */
  private Load load(Door door, Server server, int hidden) throws IOException, InterruptedException {
    Random random = new Random(11);
    List<Inputs> inputs = Stream.generate(() -> Inputs.step(hidden, random)).limit(BODIES).toList();
    if (door == Door.GRPC_RAW) {
      ModelInferRequest call = call(inputs.get(0));
      int answer = verified(server.grpcPort(), call, inputs.get(0));
      byte[] message = call.toByteArray();
      return () -> H2load.run(server.grpcPort(), INFER, message, answer, CLIENTS, seconds);
    }
    List<LoadRequest> requests = new ArrayList<>();
    for (Inputs each : inputs) {
      requests.add(request(door, each));
    }
    Answers.verify(server.process(), requests.get(0), inputs.get(0));
    return () -> Wrk.run(server.process().port(), requests, CLIENTS, seconds);
  }

  private static LoadRequest request(Door door, Inputs inputs) throws IOException {
    String step = "/v1/models/" + model(inputs.hidden()) + "/step";
    return switch (door) {
      case V1_JSON -> inputs.request(step, false);
      case V1_SAFETENSORS -> inputs.request(step, true);
      case V2_JSON -> v2(inputs, false);
      case V2_BINARY -> v2(inputs, true);
      case GRPC_RAW -> throw new IllegalArgumentException("not a request of HTTP/1.1");
    };
  }

  /** The inputs by their names in the Open Inference Protocol. */
  private static Map<String, float[]> tensors(Inputs inputs) {
    Map<String, float[]> tensors = new LinkedHashMap<>();
    tensors.put("x", inputs.x());
    tensors.put("h0", Objects.requireNonNull(inputs.h()));
    tensors.put("c0", Objects.requireNonNull(inputs.c()));
    return tensors;
  }

  private static LoadRequest v2(Inputs inputs, boolean binary) throws IOException {
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
    String path = "/v2/models/" + model(hidden) + "/infer";
    return binary
        ? new LoadRequest(
            path,
            Map.of("Inference-Header-Content-Length", Integer.toString(length)),
            body.toByteArray())
        : LoadRequest.of(path, Inputs.JSON, body.toByteArray());
  }

  private static ModelInferRequest call(Inputs inputs) {
    ModelInferRequest.Builder call =
        ModelInferRequest.newBuilder().setModelName(model(inputs.hidden()));
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

  /** Bytes of the right answer to a call. */
  private static int verified(int port, ModelInferRequest call, Inputs inputs) throws IOException {
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
          return answer.getSerializedSize();
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

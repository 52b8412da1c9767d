package dev.keepgate.bench;

import com.google.protobuf.ByteString;
import dev.keepgate.KeepgateApplication;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelInferRequest.InferInputTensor;
import dev.keepgate.tensor.JsonBuffer;
import dev.keepgate.tensor.Safetensors;
import dev.keepgate.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;

/** The same steps through each of the server's doors, in turn, and each turn repeated. */
final class ProtocolBenchmark {

  private static final int CLIENTS = 32;
  private static final int BODIES = 8;
  private static final List<Integer> SIZES = List.of(128, 512);
  private static final String INFER =
      "/" + GRPCInferenceServiceGrpc.getModelInferMethod().getFullMethodName();

  private final double seconds;
  private final int rounds;

  private enum Door {
    V1_JSON,
    V1_SAFETENSORS,
    V2_JSON,
    V2_BINARY,
    GRPC_RAW
  }

  /** Requests a second, microseconds, and answers that were no answer; the best of the rounds. */
  record Line(
      int hidden,
      String door,
      int clients,
      double perSecond,
      double p50Micros,
      double p99Micros,
      int errors) {}

  private record Servers(ServerProcess process, int grpcPort) {}

  private ProtocolBenchmark(double seconds, int rounds) {
    this.seconds = seconds;
    this.rounds = rounds;
  }

  static ProtocolBenchmark full() {
    return new ProtocolBenchmark(5, 4);
  }

  static ProtocolBenchmark quick() {
    return new ProtocolBenchmark(2, 2);
  }

  List<Line> run() throws IOException, InterruptedException, ExecutionException {
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
        upload(process, hidden);
        lines.addAll(measure(new Servers(process, grpcPort), hidden));
      }
      return lines;
    }
  }

  private static void upload(ServerProcess process, int hidden)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> put =
        process.send(
            "PUT",
            "/v1/models/" + model(hidden) + "/versions/1",
            OnnxLstm.write(Problem.of(1, 1, hidden, hidden, Problem.weights(hidden, hidden))),
            "application/octet-stream");
    if (put.statusCode() != 201) {
      throw new IOException("PUT: " + new String(put.body(), StandardCharsets.UTF_8));
    }
  }

  private static String model(int hidden) {
    return "m" + hidden;
  }

  /** A round goes through all doors, so that what else the machine does meets them alike. */
  private List<Line> measure(Servers servers, int hidden)
      throws IOException, InterruptedException, ExecutionException {
    Map<Door, List<byte[]>> requests = new LinkedHashMap<>();
    Map<Door, LoadClient.Result> best = new LinkedHashMap<>();
    Map<Door, Integer> errors = new LinkedHashMap<>();
    for (Door door : Door.values()) {
      requests.put(door, requests(door, hidden));
    }
    for (int round = 0; round <= rounds; round++) {
      for (Map.Entry<Door, List<byte[]>> each : requests.entrySet()) {
        LoadClient.Result result = load(each.getKey(), servers, each.getValue());
        errors.merge(each.getKey(), result.errors(), Integer::sum);
        if (round > 0) {
          best.merge(each.getKey(), result, ProtocolBenchmark::better);
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
                    result.p99Micros(),
                    errors.getOrDefault(door, 0))));
    lines.forEach(System.out::println);
    return lines;
  }

  private static LoadClient.Result better(LoadClient.Result a, LoadClient.Result b) {
    return a.perSecond() >= b.perSecond() ? a : b;
  }

  private LoadClient.Result load(Door door, Servers servers, List<byte[]> requests)
      throws InterruptedException, ExecutionException {
    return door == Door.GRPC_RAW
        ? LoadClient.run(GrpcExchange::new, servers.grpcPort(), requests, CLIENTS, seconds)
        : LoadClient.run(servers.process().port(), requests, CLIENTS, seconds);
  }

  private static List<byte[]> requests(Door door, int hidden) throws IOException {
    Random random = new Random(11);
    List<byte[]> requests = new ArrayList<>();
    for (int i = 0; i < BODIES; i++) {
      float[] x = Problem.floats(random, hidden, 1);
      float[] h = Problem.floats(random, hidden, 1);
      float[] c = Problem.floats(random, hidden, 1);
      requests.add(
          switch (door) {
            case V1_JSON -> v1Json(hidden, x, h, c);
            case V1_SAFETENSORS -> v1Safetensors(hidden, x, h, c);
            case V2_JSON -> v2(hidden, false, x, h, c);
            case V2_BINARY -> v2(hidden, true, x, h, c);
            case GRPC_RAW -> grpc(hidden, x, h, c);
          });
    }
    return requests;
  }

  private static byte[] v1Json(int hidden, float[] x, float[] h, float[] c) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    JsonBuffer json = new JsonBuffer(1 << 12).raw("{\"x\":").tensor(x, 0, 1, hidden);
    json.raw(",\"state\":{\"h\":").tensor(h, 0, 1, hidden);
    json.raw(",\"c\":").tensor(c, 0, 1, hidden).raw("}}").flushTo(body);
    return LoadClient.request(step(hidden), "application/json", body.toByteArray());
  }

  private static byte[] v1Safetensors(int hidden, float[] x, float[] h, float[] c)
      throws IOException {
    Map<String, Tensor.Floats> tensors = new LinkedHashMap<>();
    tensors.put("x", Tensor.Floats.of(x, 1, hidden));
    tensors.put("h", Tensor.Floats.of(h, 1, hidden));
    tensors.put("c", Tensor.Floats.of(c, 1, hidden));
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    Safetensors.write(body, tensors, Map.of());
    return LoadClient.request(step(hidden), Safetensors.MEDIA_TYPE, body.toByteArray());
  }

  private static String step(int hidden) {
    return "/v1/models/" + model(hidden) + "/step";
  }

  private static byte[] v2(int hidden, boolean binary, float[] x, float[] h, float[] c)
      throws IOException {
    JsonBuffer json = new JsonBuffer(1 << 12).raw("{\"inputs\":[");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    String[] names = {"x", "h0", "c0"};
    float[][] values = {x, h, c};
    for (int i = 0; i < names.length; i++) {
      json.comma()
          .raw("{\"name\":\"" + names[i] + "\",\"datatype\":\"FP32\"")
          .raw(",\"shape\":[1,1," + hidden + "],");
      if (binary) {
        json.raw("\"parameters\":{\"binary_data_size\":" + 4 * hidden + "}}");
        bytes.writeBytes(raw(values[i]));
      } else {
        json.raw("\"data\":").tensor(values[i], 0, hidden).raw("}");
      }
    }
    json.raw("]").raw(binary ? ",\"parameters\":{\"binary_data_output\":true}}" : "}");
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    int length = json.size();
    json.flushTo(body);
    body.writeBytes(bytes.toByteArray());
    String path = "/v2/models/" + model(hidden) + "/infer";
    return binary
        ? withJsonLength(path, length, body.toByteArray())
        : LoadClient.request(path, "application/json", body.toByteArray());
  }

  private static byte[] withJsonLength(String path, int length, byte[] body) {
    byte[] head =
        String.join(
                "\r\n",
                "POST " + path + " HTTP/1.1",
                "Host: localhost",
                "Inference-Header-Content-Length: " + length,
                "Content-Length: " + body.length,
                "",
                "")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] request = Arrays.copyOf(head, head.length + body.length);
    System.arraycopy(body, 0, request, head.length, body.length);
    return request;
  }

  private static byte[] grpc(int hidden, float[] x, float[] h, float[] c) {
    ModelInferRequest.Builder request = ModelInferRequest.newBuilder().setModelName(model(hidden));
    String[] names = {"x", "h0", "c0"};
    float[][] values = {x, h, c};
    for (int i = 0; i < names.length; i++) {
      request
          .addInputs(
              InferInputTensor.newBuilder()
                  .setName(names[i])
                  .setDatatype("FP32")
                  .addShape(1)
                  .addShape(1)
                  .addShape(hidden))
          .addRawInputContents(ByteString.copyFrom(raw(values[i])));
    }
    return GrpcExchange.request(INFER, request.build().toByteArray());
  }

  private static byte[] raw(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }
}

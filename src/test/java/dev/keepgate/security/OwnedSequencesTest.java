package dev.keepgate.security;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.InferParameter;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;

/** A key's sequences are its own, by every protocol. */
class OwnedSequencesTest extends KeyedServerTest {

  private static final ApiKey ANN = ApiKey.mint();
  private static final ApiKey BOB = ApiKey.mint();
  private static final ApiKey FEW = ApiKey.mint();
  private static final String OPEN = "/v1/models/notebook-cell/sequences";
  private static final String ROW = "{\"x\": [1,2,3,4,3,2]}";

  @Autowired private GrpcServerLifecycle grpc;

  @DynamicPropertySource
  static void keys(DynamicPropertyRegistry properties) throws IOException {
    TestKeys.use(
        properties,
        KeysFile.entry("ann", ANN, List.of(Role.INFER)),
        KeysFile.entry("bob", BOB, List.of(Role.INFER)),
        KeysFile.entry("few", FEW, List.of(Role.INFER)) + "    open-sequences: 2\n");
  }

  private int status(String method, String path, ApiKey key, @Nullable String body)
      throws Exception {
    return send(method, path, key.text(), body).statusCode();
  }

  private void open(ApiKey key, String id) throws Exception {
    HttpResponse<String> opened = send("POST", OPEN, key.text(), "{\"id\": \"%s\"}".formatted(id));
    assertThat(opened.statusCode()).as(opened.body()).isEqualTo(201);
  }

  private List<String> list(ApiKey key) throws Exception {
    JsonNode list = json(send("GET", "/v1/sequences?limit=1000", key.text(), null));
    return list.path("sequences").valueStream().map(each -> each.path("id").asString()).toList();
  }

  @Test
  void anothersIsNotThereByAnyRoute() throws Exception {
    open(ANN, "hers");
    assertThat(status("POST", "/v1/sequences/hers/step", ANN, ROW)).isEqualTo(200);
    assertThat(status("GET", "/v1/sequences/hers", BOB, null)).isEqualTo(404);
    for (String use : List.of("step", "unroll", "forecast", "fork")) {
      HttpResponse<String> refused =
          send("POST", "/v1/sequences/hers/" + use, BOB.text(), use.equals("fork") ? "{}" : ROW);
      assertThat(refused.statusCode()).as(use).isEqualTo(404);
      assertThat(json(refused).path("type").asString())
          .isEqualTo("urn:keepgate:problem:sequence-not-found");
    }
    HttpResponse<String> csv =
        send(
            request("/v1/sequences/hers/unroll")
                .header("X-Api-Key", BOB.text())
                .header("Content-Type", "text/csv")
                .POST(BodyPublishers.ofString("1,2,3,4,3,2\n")));
    assertThat(csv.statusCode()).as(csv.body()).isEqualTo(404);
    assertThat(status("DELETE", "/v1/sequences/hers", BOB, null)).isEqualTo(404);
    assertThat(list(BOB)).doesNotContain("hers");
    assertThat(list(ANN)).contains("hers");
    assertThat(status("GET", "/v1/sequences/hers", ANN, null)).isEqualTo(200);
  }

  @Test
  void twoMayUseOneNameAndRetryTheirSteps() throws Exception {
    open(ANN, "chat");
    open(BOB, "chat");
    String numbered = "{\"x\": [1,2,3,4,3,2], \"step\": 1}";
    HttpResponse<String> first = send("POST", "/v1/sequences/chat/step", ANN.text(), numbered);
    assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
    // A retry of hers is answered again; the same number is a first step of his.
    assertThat(send("POST", "/v1/sequences/chat/step", ANN.text(), numbered).body())
        .isEqualTo(first.body());
    assertThat(status("POST", "/v1/sequences/chat/step", BOB, ROW)).isEqualTo(200);
    assertThat(status("POST", "/v1/sequences/chat/step", BOB, ROW)).isEqualTo(200);
    assertThat(json(send("GET", "/v1/sequences/chat", ANN.text(), null)).path("step").asInt())
        .isEqualTo(1);
    assertThat(status("DELETE", "/v1/sequences/chat", ANN, null)).isEqualTo(204);
    assertThat(json(send("GET", "/v1/sequences/chat", BOB.text(), null)).path("step").asInt())
        .isEqualTo(2);
  }

  @Test
  void keyHasNoMoreOpenThanItMay() throws Exception {
    open(FEW, "one");
    open(FEW, "two");
    HttpResponse<String> refused = send("POST", OPEN, FEW.text(), "{}");
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.headers().firstValue("Retry-After")).isPresent();
    assertThat(json(refused).path("detail").asString()).contains("you have 2 open sequences");
    assertThat(status("POST", "/v1/sequences/one/fork", FEW, "{}")).isEqualTo(429);
    assertThat(status("DELETE", "/v1/sequences/one", FEW, null)).isEqualTo(204);
    open(FEW, "three");
  }

  @Test
  void openInferenceProtocolsSequencesAreOwnedToo() throws Exception {
    open(ANN, "oip");
    String step =
        """
        {"parameters": {"sequence_id": "oip"},
         "inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 1, 6], "data": [1,2,3,4,3,2]}]}""";
    String infer = "/v2/models/notebook-cell/infer";
    assertThat(status("POST", infer, BOB, step)).isEqualTo(404);
    assertThat(status("POST", infer, ANN, step)).isEqualTo(200);
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("localhost", grpc.getPort()).usePlaintext().build();
    try {
      assertThat(call(channel, BOB).getCode()).isEqualTo(Status.Code.NOT_FOUND);
      assertThat(call(channel, ANN).getCode()).isEqualTo(Status.Code.OK);
    } finally {
      channel.shutdownNow();
    }
  }

  private static Status call(ManagedChannel channel, ApiKey key) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER), key.text());
    ModelInferRequest request =
        ModelInferRequest.newBuilder()
            .setModelName("notebook-cell")
            .addInputs(
                ModelInferRequest.InferInputTensor.newBuilder()
                    .setName("x")
                    .setDatatype("FP32")
                    .addAllShape(List.of(1L, 1L, 6L)))
            .addRawInputContents(ByteString.copyFrom(new byte[24]))
            .putParameters("sequence_id", InferParameter.newBuilder().setStringParam("oip").build())
            .build();
    try {
      var unused =
          GRPCInferenceServiceGrpc.newBlockingStub(channel)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
              .modelInfer(request);
      return Status.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }
}

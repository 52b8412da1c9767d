package dev.keepgate.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.RepositoryModelUnloadRequest;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.grpc.server.lifecycle.GrpcServerLifecycle;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** What a server tells of those who ask it. */
class CallerMetersHttpTest extends KeyedServerTest {

  private static final ApiKey SLOW = ApiKey.mint();

  @Autowired private GrpcServerLifecycle grpc;

  @DynamicPropertySource
  static void settings(DynamicPropertyRegistry properties) throws IOException {
    TestKeys.use(
        properties,
        KeysFile.entry("slow", SLOW, List.of(Role.INFER)) + "    requests-per-second: 1\n");
    properties.add("keepgate.metrics.max-callers", () -> "2");
    properties.add("spring.grpc.server.port", () -> "0");
  }

  private List<String> counted() throws Exception {
    return send("GET", "/actuator/prometheus", TestKeys.text(Role.OBSERVE), null)
        .body()
        .lines()
        .filter(line -> line.startsWith("keepgate_security_requests_total"))
        .toList();
  }

  private static String line(String caller, String outcome, int count) {
    return "keepgate_security_requests_total{caller=\"%s\",outcome=\"%s\"} %d.0"
        .formatted(caller, outcome, count);
  }

  @Test
  void requestsAreCountedByCallerAndOutcome() throws Exception {
    String infer = TestKeys.text(Role.INFER);
    assertThat(send("POST", STEP, infer, STEP_BODY).statusCode()).isEqualTo(200);
    assertThat(send("DELETE", "/v1/models/none", infer, null).statusCode()).isEqualTo(403);
    assertThat(send("POST", STEP, "kg_wrong", STEP_BODY).statusCode()).isEqualTo(401);
    unloadByGrpc(infer);
    int limited = 0;
    while (limited == 0) {
      limited = send("POST", STEP, SLOW.text(), STEP_BODY).statusCode() == 429 ? 1 : 0;
    }
    assertThat(send("GET", "/v1/models/none", TestKeys.text(Role.MANAGE), null).statusCode())
        .isEqualTo(404);
    assertThat(counted())
        .contains(
            line("infer", "allowed", 1),
            line("infer", "forbidden", 2),
            line("slow", "rate-limited", 1))
        .noneMatch(line -> line.contains("manage") || line.contains("observe"))
        .anyMatch(
            line ->
                line.startsWith(
                    "keepgate_security_requests_total{caller=\"other\",outcome=\"allowed\"}"))
        .contains(line("other", "forbidden", 0));
  }

  private void unloadByGrpc(String key) {
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("localhost", grpc.getPort()).usePlaintext().build();
    try {
      Metadata headers = new Metadata();
      headers.put(Metadata.Key.of("x-api-key", Metadata.ASCII_STRING_MARSHALLER), key);
      var stub =
          GRPCInferenceServiceGrpc.newBlockingStub(channel)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
      assertThatExceptionOfType(StatusRuntimeException.class)
          .isThrownBy(
              () ->
                  stub.repositoryModelUnload(
                      RepositoryModelUnloadRequest.newBuilder().setModelName("none").build()));
    } finally {
      channel.shutdownNow();
    }
  }
}

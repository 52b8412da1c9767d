package dev.keepgate.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.common.primitives.Floats;
import com.google.protobuf.ByteString;
import dev.keepgate.api.oip.proto.DataType;
import dev.keepgate.api.oip.proto.InferParameter;
import dev.keepgate.api.oip.proto.InferStatistics;
import dev.keepgate.api.oip.proto.InferTensorContents;
import dev.keepgate.api.oip.proto.ModelConfig;
import dev.keepgate.api.oip.proto.ModelConfigRequest;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelInferRequest.InferRequestedOutputTensor;
import dev.keepgate.api.oip.proto.ModelInferResponse;
import dev.keepgate.api.oip.proto.ModelMetadataRequest;
import dev.keepgate.api.oip.proto.ModelMetadataResponse;
import dev.keepgate.api.oip.proto.ModelReadyRequest;
import dev.keepgate.api.oip.proto.ModelRepositoryParameter;
import dev.keepgate.api.oip.proto.ModelStatistics;
import dev.keepgate.api.oip.proto.ModelStatisticsRequest;
import dev.keepgate.api.oip.proto.RepositoryIndexRequest;
import dev.keepgate.api.oip.proto.RepositoryModelLoadRequest;
import dev.keepgate.api.oip.proto.RepositoryModelUnloadRequest;
import dev.keepgate.api.oip.proto.ServerLiveRequest;
import dev.keepgate.api.oip.proto.ServerMetadataRequest;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.VersionLabel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Autowired;

/** The protocol's gRPC service, call by call. */
class OipGrpcTest extends GrpcServerTest {

  @Autowired private ModelRegistry registry;

  @Test
  void saysWhatItIsAndWhatItHas() {
    assertThat(stub().serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
    assertThat(
            stub().serverMetadata(ServerMetadataRequest.getDefaultInstance()).getExtensionsList())
        .contains("statistics", "sequence", "sequence(string_id)", "model_repository");
    ModelMetadataResponse metadata =
        stub().modelMetadata(ModelMetadataRequest.newBuilder().setName("notebook-stacked").build());
    assertThat(metadata.getVersionsList()).containsExactly("1");
    assertThat(metadata.getInputs(0).getShapeList()).containsExactly(-1L, -1L, 6L);
    assertThat(metadata.getOutputs(1).getShapeList()).containsExactly(2L, -1L, 4L);
    ModelConfig config =
        stub().modelConfig(ModelConfigRequest.newBuilder().setName(CELL).build()).getConfig();
    assertThat(config.getInput(0).getDataType()).isEqualTo(DataType.TYPE_FP32);
    assertThat(config.getInput(1).getOptional()).isTrue();
    assertThat(config.getSequenceBatching().getMaxSequenceIdleMicroseconds())
        .isEqualTo(900_000_000);
  }

  /** Asks with an id, and returns the ids in the answer's headers and trailers. */
  private List<String> idsOfAnAnswer(String asked, ModelInferRequest request) {
    Metadata metadata = new Metadata();
    metadata.put(GrpcCalls.REQUEST_ID, asked);
    AtomicReference<Metadata> headers = new AtomicReference<>();
    AtomicReference<Metadata> trailers = new AtomicReference<>();
    try {
      stub()
          .withInterceptors(
              MetadataUtils.newAttachHeadersInterceptor(metadata),
              MetadataUtils.newCaptureMetadataInterceptor(headers, trailers))
          .modelInfer(request);
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    }
    return Stream.of(headers.get(), trailers.get())
        .filter(Objects::nonNull)
        .flatMap(
            each ->
                Stream.ofNullable(each.getAll(GrpcCalls.REQUEST_ID))
                    .flatMap(ids -> StreamSupport.stream(ids.spliterator(), false)))
        .toList();
  }

  @Test
  void answersHaveTheRequestsId() {
    assertThat(idsOfAnAnswer("mine-1.A_b", step().build())).containsExactly("mine-1.A_b");
    assertThat(idsOfAnAnswer("mine-2", step().setModelName("none").build()))
        .containsExactly("mine-2");
    assertThat(idsOfAnAnswer("not mine", step().build()))
        .singleElement()
        .asString()
        .matches("[0-9a-f]{16}");
    assertThat(idsOfAnAnswer("a".repeat(65), step().build()))
        .singleElement()
        .asString()
        .matches("[0-9a-f]{16}");
  }

  @Test
  void infersFromRawBytesAndFromFields() {
    ModelInferResponse raw = stub().modelInfer(step().setId("one").build());
    assertThat(raw.getId()).isEqualTo("one");
    assertThat(raw.getModelVersion()).isEqualTo("1");
    assertThat(outputs(raw)).containsExactly("output", "h", "c");
    assertThat(raw.getOutputs(0).getShapeList()).containsExactly(2L, 1L, 4L);
    assertThat(floats(raw.getRawOutputContents(0))).containsExactly(OUTPUT, EXACTLY);

    InferTensorContents fields =
        InferTensorContents.newBuilder().addAllFp32Contents(Floats.asList(X)).build();
    ModelInferResponse typed =
        stub()
            .modelInfer(
                step()
                    .clearRawInputContents()
                    .setInputs(0, input("x", "FP32", 2, 1, 6).setContents(fields))
                    .putParameters("binary_data_output", parameter(false))
                    .addOutputs(InferRequestedOutputTensor.newBuilder().setName("h"))
                    .build());
    assertThat(outputs(typed)).containsExactly("h");
    assertThat(typed.getRawOutputContentsCount()).isZero();
    assertThat(Floats.toArray(typed.getOutputs(0).getContents().getFp32ContentsList()))
        .containsExactly(OUTPUT, EXACTLY);
  }

  @Test
  void takesEveryTypeThatHoldsTheNumbers() {
    ByteString doubles = doubles();
    InferTensorContents.Builder wide = InferTensorContents.newBuilder();
    InferTensorContents.Builder ints = InferTensorContents.newBuilder();
    InferTensorContents.Builder unsigned = InferTensorContents.newBuilder();
    InferTensorContents.Builder longs = InferTensorContents.newBuilder();
    InferTensorContents.Builder unsignedLongs = InferTensorContents.newBuilder();
    for (float x : X) {
      wide.addFp64Contents(x);
      ints.addIntContents((int) x);
      unsigned.addUintContents((int) x);
      longs.addInt64Contents((long) x);
      unsignedLongs.addUint64Contents((long) x);
    }
    ModelInferRequest.Builder bare = step().clearRawInputContents().clearInputs();
    Stream.of(
            bare.clone().addInputs(input("x", "FP64", 2, 1, 6)).addRawInputContents(doubles),
            bare.clone().addInputs(input("x", "FP64", 2, 1, 6).setContents(wide)),
            bare.clone().addInputs(input("x", "INT8", 2, 1, 6).setContents(ints)),
            bare.clone().addInputs(input("x", "UINT16", 2, 1, 6).setContents(unsigned)),
            bare.clone().addInputs(input("x", "INT64", 2, 1, 6).setContents(longs)),
            bare.clone().addInputs(input("x", "UINT64", 2, 1, 6).setContents(unsignedLongs)))
        .forEach(
            request ->
                assertThat(floats(stub().modelInfer(request.build()).getRawOutputContents(0)))
                    .as(request.getInputs(0).getDatatype())
                    .containsExactly(OUTPUT, EXACTLY));
  }

  private static ByteString doubles() {
    ByteBuffer bytes = ByteBuffer.allocate(8 * X.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float x : X) {
      bytes.putDouble(x);
    }
    return ByteString.copyFrom(bytes.flip());
  }

  @Test
  void keepsTheStateOfASequence() {
    for (Object id : List.of("a-string", -1L, 8L)) {
      ModelInferResponse first = stub().modelInfer(sequenceStep(id, true, false));
      assertThat(floats(first.getRawOutputContents(0))).containsExactly(OUTPUT, EXACTLY);
      ModelInferResponse second = stub().modelInfer(sequenceStep(id, false, true));
      ModelInferResponse byHand =
          stub().modelInfer(stepFrom(first.getRawOutputContents(1), first.getRawOutputContents(2)));
      assertThat(second.getRawOutputContentsList()).isEqualTo(byHand.getRawOutputContentsList());
      assertStatus(sequenceStep(id, false, false), Status.Code.NOT_FOUND, "sequence");
    }
  }

  @Test
  void whatWouldFailCostsNoSequence() {
    stub().modelInfer(sequenceStep("kept", true, false));
    ModelInferRequest wrong =
        sequenceStep("kept", true, false).toBuilder()
            .addOutputs(InferRequestedOutputTensor.newBuilder().setName("none"))
            .build();
    assertStatus(wrong, Status.Code.INVALID_ARGUMENT, "/outputs/none");
    ModelInferResponse next = stub().modelInfer(sequenceStep("kept", false, true));
    assertThat(next.getParametersOrThrow("sequence_step").getInt64Param()).isEqualTo(2);
  }

  private void assertStatus(ModelInferRequest request, Status.Code code, String description) {
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(() -> stub().modelInfer(request))
        .satisfies(
            e -> {
              assertThat(e.getStatus().getCode()).as("%s", e.getStatus()).isEqualTo(code);
              assertThat(e.getStatus().getDescription()).contains(description);
            });
  }

  @Test
  void labelStandsWhereAVersionDoes() {
    registry.label(CELL, "canary", VersionLabel.of(1));
    try {
      ModelInferResponse answer = stub().modelInfer(step().setModelVersion("canary").build());
      assertThat(answer.getModelVersion()).isEqualTo("1");
      assertThat(floats(answer.getRawOutputContents(0))).containsExactly(OUTPUT, EXACTLY);
      assertThat(
              stub()
                  .modelReady(
                      ModelReadyRequest.newBuilder().setName(CELL).setVersion("canary").build())
                  .getReady())
          .isTrue();
    } finally {
      registry.unlabel(CELL, "canary");
    }
  }

  static Stream<Arguments> refusals() {
    ModelInferRequest.Builder step = step();
    return Stream.of(
        Arguments.of(
            step.clone().setModelName("none").build(), Status.Code.NOT_FOUND, "no model 'none'"),
        Arguments.of(
            step.clone().setModelVersion("9").build(), Status.Code.NOT_FOUND, "no version 9"),
        Arguments.of(
            step.clone().setModelVersion("X").build(), Status.Code.INVALID_ARGUMENT, "version"),
        Arguments.of(
            step.clone().setModelVersion("x").build(), Status.Code.NOT_FOUND, "no label 'x'"),
        Arguments.of(
            step.clone().setModelName("a/b").build(), Status.Code.INVALID_ARGUMENT, "no name"),
        Arguments.of(
            step.clone().clearInputs().build(), Status.Code.INVALID_ARGUMENT, "raw_input_contents"),
        Arguments.of(
            step.clone().clearInputs().clearRawInputContents().build(),
            Status.Code.INVALID_ARGUMENT,
            "/inputs/x"),
        Arguments.of(
            step.clone().setRawInputContents(0, raw(1, 2)).build(),
            Status.Code.INVALID_ARGUMENT,
            "takes 48 bytes, got 8"),
        Arguments.of(
            step.clone().clearRawInputContents().build(),
            Status.Code.INVALID_ARGUMENT,
            "takes 12 numbers, got 0"),
        Arguments.of(
            step.clone()
                .clearRawInputContents()
                .setInputs(
                    0,
                    input("x", "UINT64", 2, 1, 6)
                        .setContents(
                            InferTensorContents.newBuilder()
                                .addAllUint64Contents(Collections.nCopies(X.length, -1L))))
                .build(),
            Status.Code.INVALID_ARGUMENT,
            "holds 18446744073709551615"),
        Arguments.of(
            step.clone().setInputs(0, input("x", "FP32", -1, 1, 6)).build(),
            Status.Code.INVALID_ARGUMENT,
            "/inputs/x/shape"),
        Arguments.of(
            step.clone()
                .setInputs(0, input("x", "FP32", 2147483647, 2147483647, 2147483647))
                .build(),
            Status.Code.INVALID_ARGUMENT,
            "/inputs/x/shape"),
        Arguments.of(
            step.clone().setInputs(0, input("x", "BYTES", 2, 1, 6)).build(),
            Status.Code.INVALID_ARGUMENT,
            "BYTES"),
        Arguments.of(
            step.clone().setInputs(0, input("x", "FP32", 2, 2, 3)).build(),
            Status.Code.INVALID_ARGUMENT,
            "/inputs/x"),
        Arguments.of(
            step.clone().setInputs(0, input("y", "FP32", 2, 1, 6)).build(),
            Status.Code.INVALID_ARGUMENT,
            "/inputs"),
        Arguments.of(
            step.clone()
                .setRawInputContents(0, raw(new float[12]).substring(4).concat(raw(Float.NaN)))
                .build(),
            Status.Code.INVALID_ARGUMENT,
            "NaN"),
        Arguments.of(
            sequenceStep("no id", true, false),
            Status.Code.INVALID_ARGUMENT,
            "/parameters/sequence_id"),
        Arguments.of(
            step.clone().putParameters("timeout", parameter("soon")).build(),
            Status.Code.INVALID_ARGUMENT,
            "/parameters/timeout"),
        Arguments.of(
            step.clone().putParameters("retrun_sequences", parameter(1L)).build(),
            Status.Code.INVALID_ARGUMENT,
            "/parameters/retrun_sequences: is unknown"),
        Arguments.of(
            step.clone()
                .putParameters("timeout", InferParameter.newBuilder().setDoubleParam(1.5).build())
                .build(),
            Status.Code.INVALID_ARGUMENT,
            "/parameters/timeout: expected a whole number"),
        Arguments.of(
            step.clone()
                .setInputs(0, input("x", "FP32", 2, 1, 6).putParameters("a", parameter(1L)))
                .build(),
            Status.Code.INVALID_ARGUMENT,
            "/inputs/x/parameters/a: is unknown"),
        Arguments.of(
            unroll(100_000).putParameters("timeout", parameter(1L)).build(),
            Status.Code.DEADLINE_EXCEEDED,
            "deadline"));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void refusesWithTheStatusThatFits(
      ModelInferRequest request, Status.Code code, String description) {
    assertStatus(request, code, description);
  }

  @Test
  void boundsTheSizeOfAMessage() {
    assertStatus(unroll(200_000).build(), Status.Code.RESOURCE_EXHAUSTED, "4194304");
  }

  @Test
  void countsWhatItIsAsked() throws Exception {
    InferStatistics before = statistics("notebook-stacked").getInferenceStats();
    ModelInferRequest request = step().setModelName("notebook-stacked").build();
    stub().modelInfer(request);
    assertStatus(
        request.toBuilder().setInputs(0, input("x", "FP32", 12, 1, 1)).build(),
        Status.Code.INVALID_ARGUMENT,
        "/inputs/x");
    ModelStatistics now = statistics("notebook-stacked");
    InferStatistics stats = now.getInferenceStats();
    assertThat(stats.getSuccess().getCount()).isEqualTo(before.getSuccess().getCount() + 1);
    assertThat(stats.getFail().getCount()).isEqualTo(before.getFail().getCount() + 1);
    assertThat(stats.getComputeInfer().getNs()).isGreaterThan(before.getComputeInfer().getNs());
    assertThat(stats.getComputeOutput().getCount())
        .isEqualTo(before.getComputeOutput().getCount() + 1);
    assertThat(now.getInferenceCount()).isGreaterThanOrEqualTo(2);
    assertThat(now.getExecutionCount()).isPositive();
    assertThat(now.getLastInference()).isPositive();
    String json = http("GET", "/v2/models/notebook-stacked/stats");
    assertThat(json)
        .contains("\"inference_count\":" + now.getInferenceCount())
        .contains("\"last_inference\":" + now.getLastInference());
    assertThat(http("GET", "/v2/models/stats")).contains("\"" + CELL + "\"", "notebook-stacked");
    assertThat(http("GET", "/actuator/prometheus"))
        .containsPattern(
            "keepgate_stage_seconds_count\\{model=\"notebook-stacked\",operation=\"step\",stage=\"write\"}"
                + " [1-9]");
  }

  private ModelStatistics statistics(String model) {
    return stub()
        .modelStatistics(ModelStatisticsRequest.newBuilder().setName(model).build())
        .getModelStats(0);
  }

  private String http(String method, String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + httpPort + path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
  }

  @Test
  void unloadsAndLoads() {
    String model = "notebook-sequence";
    RepositoryModelUnloadRequest unload =
        RepositoryModelUnloadRequest.newBuilder().setModelName(model).build();
    stub().repositoryModelUnload(unload);
    assertThat(index(false)).contains(model + "/1 UNAVAILABLE unloaded", CELL + "/1 READY ");
    assertThat(index(true)).noneMatch(each -> each.startsWith(model));
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(() -> stub().modelReady(ModelReadyRequest.newBuilder().setName(model).build()))
        .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    RepositoryModelLoadRequest load =
        RepositoryModelLoadRequest.newBuilder().setModelName(model).build();
    RepositoryModelLoadRequest otherwise =
        load.toBuilder()
            .putParameters(
                "config", ModelRepositoryParameter.newBuilder().setStringParam("{}").build())
            .build();
    assertThatExceptionOfType(StatusRuntimeException.class)
        .isThrownBy(() -> stub().repositoryModelLoad(otherwise))
        .withMessageContaining("/parameters/config");
    stub().repositoryModelLoad(load);
    assertThat(index(true)).contains(model + "/1 READY ");
    stub().repositoryModelLoad(load);
  }

  private List<String> index(boolean ready) {
    return stub()
        .repositoryIndex(RepositoryIndexRequest.newBuilder().setReady(ready).build())
        .getModelsList()
        .stream()
        .map(m -> "%s/%s %s %s".formatted(m.getName(), m.getVersion(), m.getState(), m.getReason()))
        .toList();
  }

  @Test
  void tellsItsHealth() {
    HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(channel());
    for (String service : List.of("", "inference.GRPCInferenceService")) {
      HealthCheckRequest request = HealthCheckRequest.newBuilder().setService(service).build();
      Awaitility.await().until(() -> health.check(request).getStatus() == ServingStatus.SERVING);
    }
  }

  @Test
  void describesItself() {
    CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
    StreamObserver<ServerReflectionRequest> questions =
        ServerReflectionGrpc.newStub(channel())
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    answer.complete(response);
                  }

                  @Override
                  public void onError(Throwable e) {
                    answer.completeExceptionally(e);
                  }

                  @Override
                  public void onCompleted() {}
                });
    questions.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    assertThat(answer.join().getListServicesResponse().getServiceList())
        .anyMatch(service -> service.getName().equals("inference.GRPCInferenceService"));
    questions.onCompleted();
  }
}

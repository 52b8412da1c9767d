package dev.keepgate.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.ModelBytes;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelInferResponse;
import dev.keepgate.api.oip.proto.ModelStreamInferResponse;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.Upload;
import dev.keepgate.registry.VersionLabel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** Labels with a weight over gRPC: every single request is drawn, and every stream once. */
class CanaryGrpcTest extends GrpcServerTest {

  private static final String MODEL = "canary-grpc";

  @Autowired private ModelRegistry registry;

  @BeforeEach
  void serveTwoVersions() throws IOException {
    for (long version = 1; version <= 2; version++) {
      try (Upload upload = registry.newUpload()) {
        try (OutputStream out = upload.newFile("model.safetensors")) {
          out.write(ModelBytes.pytorch(6, 4, version));
        }
        registry.put(MODEL, OptionalLong.of(version), upload);
      }
    }
    registry.label(MODEL, "stable", VersionLabel.of(1));
    registry.label(MODEL, "canary", new VersionLabel(2, 0.3));
  }

  private static ModelInferRequest ask() {
    return step().setModelName(MODEL).build();
  }

  private static ModelInferRequest stepOf(String sequence, boolean start) {
    return sequenceStep(sequence, start, false).toBuilder().setModelName(MODEL).build();
  }

  @Test
  void singleRequestsAreDrawn() {
    Map<String, Integer> counts = new TreeMap<>();
    Map<String, Object> outputs = new TreeMap<>();
    for (int i = 0; i < 1000; i++) {
      ModelInferResponse answer = stub().modelInfer(ask());
      counts.merge(answer.getModelVersion(), 1, Integer::sum);
      Object before =
          outputs.putIfAbsent(answer.getModelVersion(), answer.getRawOutputContentsList());
      assertThat(before == null || before.equals(answer.getRawOutputContentsList())).isTrue();
    }
    System.out.println("answers by version: " + counts);
    // Six standard deviations.
    assertThat(counts.get("2")).isBetween(213, 387);
    assertThat(outputs.get("1")).isNotEqualTo(outputs.get("2"));
  }

  @Test
  void streamStaysWithItsShare() {
    registry.label(MODEL, "canary", new VersionLabel(2, 0.5));
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < 60; i++) {
      GrpcStreamTest.Answers answers = new GrpcStreamTest.Answers();
      StreamObserver<ModelInferRequest> stream =
          GRPCInferenceServiceGrpc.newStub(channel()).modelStreamInfer(answers);
      String sequence = "stream-" + i;
      for (int step = 0; step < 4; step++) {
        stream.onNext(ask());
        stream.onNext(stepOf(sequence, step == 0));
      }
      stream.onCompleted();
      assertThat(answers.end.join()).isEqualTo(Status.OK);
      assertThat(answers.got)
          .extracting(ModelStreamInferResponse::getErrorMessage)
          .containsOnly("");
      Set<String> versions =
          answers.got.stream()
              .map(answer -> answer.getInferResponse().getModelVersion())
              .collect(Collectors.toSet());
      assertThat(versions).hasSize(1);
      counts.merge(versions.iterator().next(), 1, Integer::sum);
    }
    System.out.println("streams by version: " + counts);
    assertThat(counts).containsOnlyKeys("1", "2");
  }

  /** Each step may come by another call, whose share is another. */
  @Test
  void sequenceStaysWithTheVersionThatItFellTo() {
    registry.label(MODEL, "canary", new VersionLabel(2, 0.5));
    Map<String, Integer> counts = new TreeMap<>();
    for (int i = 0; i < 40; i++) {
      String sequence = "calls-" + i;
      String first = stub().modelInfer(stepOf(sequence, true)).getModelVersion();
      for (int step = 1; step < 5; step++) {
        assertThat(stub().modelInfer(stepOf(sequence, false)).getModelVersion()).isEqualTo(first);
      }
      counts.merge(first, 1, Integer::sum);
    }
    System.out.println("sequences by version: " + counts);
    assertThat(counts).containsOnlyKeys("1", "2");
  }
}

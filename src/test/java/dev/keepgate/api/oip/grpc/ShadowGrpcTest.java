package dev.keepgate.api.oip.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keepgate.ModelBytes;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelStreamInferResponse;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.Upload;
import dev.keepgate.registry.VersionLabel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.util.OptionalLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** Shadows are sent what came over gRPC, streams and sequences too. */
class ShadowGrpcTest extends GrpcServerTest {

  private static final int STEPS = 40;

  @Autowired private ModelRegistry registry;
  @Autowired private MeterRegistry meters;

  private void put(String model, long version, long seed) throws IOException {
    try (Upload upload = registry.newUpload()) {
      try (OutputStream out = upload.newFile("model.safetensors")) {
        out.write(ModelBytes.pytorch(6, 4, seed));
      }
      registry.put(model, OptionalLong.of(version), upload);
    }
  }

  private double count(String model, String outcome) {
    return meters
        .get("keepgate.shadow")
        .tag("model", model)
        .tag("outcome", outcome)
        .counter()
        .count();
  }

  /** Of the same numbers, a shadow with another state than the served one would differ. */
  @Test
  void streamsSequencesAreFollowedStepByStep() throws Exception {
    compare("shadow-grpc-same", 1, "same");
  }

  @Test
  void anotherVersionDiffersInEachAnswer() throws Exception {
    compare("shadow-grpc-other", 2, "different");
  }

  private void compare(String model, long seed, String outcome) throws Exception {
    // Other tests of this server may have left sequences open.
    double sequences = gauge("keepgate.shadow.sequences");
    double memory = gauge("keepgate.shadow.memory");
    put(model, 1, 1);
    put(model, 2, seed);
    registry.label(model, "stable", VersionLabel.of(1));
    registry.label(model, "next", new VersionLabel(2, 0, 1));
    GrpcStreamTest.Answers answers = new GrpcStreamTest.Answers();
    StreamObserver<ModelInferRequest> stream =
        GRPCInferenceServiceGrpc.newStub(channel()).modelStreamInfer(answers);
    for (int step = 0; step < STEPS; step++) {
      for (int sequence = 0; sequence < 2; sequence++) {
        stream.onNext(
            sequenceStep(model + sequence, step == 0, step == STEPS - 1).toBuilder()
                .setModelName(model)
                .build());
      }
      stream.onNext(step().setModelName(model).build());
    }
    stream.onCompleted();
    assertThat(answers.end.join()).isEqualTo(Status.OK);
    assertThat(answers.got).extracting(ModelStreamInferResponse::getErrorMessage).containsOnly("");
    assertThat(answers.got)
        .extracting(answer -> answer.getInferResponse().getModelVersion())
        .containsOnly("1");
    stub().modelInfer(step().setModelName(model).build());
    Awaitility.await()
        .untilAsserted(() -> assertThat(count(model, outcome)).isEqualTo(3 * STEPS + 1));
    System.out.println(model + ": " + outcome + " " + count(model, outcome));
    Awaitility.await().until(() -> gauge("keepgate.shadow.sequences") <= sequences);
    assertThat(gauge("keepgate.shadow.memory")).isLessThanOrEqualTo(memory);
  }

  private double gauge(String name) {
    return meters.get(name).gauge().value();
  }
}

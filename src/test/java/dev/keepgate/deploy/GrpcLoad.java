package dev.keepgate.deploy;

import com.google.protobuf.ByteString;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc.GRPCInferenceServiceStub;
import dev.keepgate.api.oip.proto.InferParameter;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelInferRequest.InferInputTensor;
import dev.keepgate.api.oip.proto.ModelInferResponse;
import dev.keepgate.api.oip.proto.ModelStreamInferResponse;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The same over gRPC: clients that step a model and sequences by single calls and by streams, each
 * as the contract says. A step of a sequence is numbered, and what ended with UNAVAILABLE is sent
 * again, by a new stream where the former has ended.
 */
final class GrpcLoad implements AutoCloseable {

  private static final int CLIENTS = 2;
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final float[] X = {1, 2, 3, 4, 3, 2};

  private final ManagedChannel channel;
  private final Metadata credentials = new Metadata();
  private final String model;
  private final ExecutorService threads = Executors.newFixedThreadPool(4 * CLIENTS);
  private final List<Future<?>> running = new ArrayList<>();
  private volatile boolean ended;

  final AtomicInteger calls = new AtomicInteger();
  final AtomicInteger streamed = new AtomicInteger();
  final AtomicInteger streams = new AtomicInteger();
  final AtomicInteger retried = new AtomicInteger();
  final Queue<String> failures = new ConcurrentLinkedQueue<>();

  /** Steps that were answered, by sequence. */
  final Map<String, Integer> steps = new ConcurrentHashMap<>();

  GrpcLoad(int port, String key, String model) {
    this.channel = ManagedChannelBuilder.forAddress("localhost", port).usePlaintext().build();
    this.credentials.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + key);
    this.model = model;
  }

  /** Begins to ask, and returns at once. */
  void start() {
    for (int i = 0; i < CLIENTS; i++) {
      String called = "grpc-" + i;
      String sent = "stream-" + i;
      running.add(threads.submit(() -> untilEnd(called, this::call)));
      running.add(threads.submit(() -> untilEnd(null, this::call)));
      running.add(threads.submit(() -> stream(sent)));
      running.add(threads.submit(() -> stream(null)));
    }
  }

  /** Sends a request; empty where it was answered, else why not. */
  private interface Sender {
    Status send(ModelInferRequest request) throws InterruptedException;
  }

  private void untilEnd(@Nullable String sequence, Sender sender) {
    try {
      while (!ended) {
        int next = sequence == null ? 0 : steps.getOrDefault(sequence, 0) + 1;
        if (answered(request(sequence, next), sender) && sequence != null) {
          steps.put(sequence, next);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Sends a request until it is answered; what no client would send again is a failure. */
  private boolean answered(ModelInferRequest request, Sender sender) throws InterruptedException {
    long begun = System.nanoTime();
    Status status = sender.send(request);
    while (!status.isOk() && System.nanoTime() - begun < PATIENCE.toNanos()) {
      if (status.getCode() != Status.Code.UNAVAILABLE) {
        break;
      }
      retried.incrementAndGet();
      TimeUnit.MILLISECONDS.sleep(50);
      status = sender.send(request);
    }
    if (!status.isOk()) {
      failures.add(request.getParametersMap().keySet() + ": " + status);
    }
    return status.isOk();
  }

  private ModelInferRequest request(@Nullable String sequence, int step) {
    ByteBuffer x = ByteBuffer.allocate(Float.BYTES * X.length).order(ByteOrder.LITTLE_ENDIAN);
    x.asFloatBuffer().put(X);
    ModelInferRequest.Builder request =
        ModelInferRequest.newBuilder()
            .setModelName(model)
            .addInputs(
                InferInputTensor.newBuilder()
                    .setName("x")
                    .setDatatype("FP32")
                    .addAllShape(List.of(1L, 1L, (long) X.length)))
            .addRawInputContents(ByteString.copyFrom(x));
    if (sequence != null) {
      request
          .putParameters(
              "sequence_id", InferParameter.newBuilder().setStringParam(sequence).build())
          .putParameters(
              "sequence_start", InferParameter.newBuilder().setBoolParam(step == 1).build())
          .putParameters("sequence_step", InferParameter.newBuilder().setInt64Param(step).build());
    }
    return request.build();
  }

  private Status call(ModelInferRequest request) {
    GRPCInferenceServiceBlockingStub stub =
        GRPCInferenceServiceGrpc.newBlockingStub(channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(credentials))
            .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    try {
      ModelInferResponse unused = stub.modelInfer(request);
      calls.incrementAndGet();
      return Status.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }

  private void stream(@Nullable String sequence) {
    Streamed stream = new Streamed();
    untilEnd(sequence, stream);
    stream.complete();
  }

  /** One stream after the other, each until it ends. */
  private final class Streamed implements Sender, StreamObserver<ModelStreamInferResponse> {

    private final BlockingQueue<Status> answers = new LinkedBlockingQueue<>();
    private @Nullable StreamObserver<ModelInferRequest> requests;

    @Override
    public Status send(ModelInferRequest request) throws InterruptedException {
      StreamObserver<ModelInferRequest> open = requests;
      if (open == null) {
        answers.clear();
        GRPCInferenceServiceStub stub =
            GRPCInferenceServiceGrpc.newStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(credentials));
        open = stub.modelStreamInfer(this);
        requests = open;
        streams.incrementAndGet();
      }
      try {
        open.onNext(request);
      } catch (IllegalStateException e) {
        // It ended as this was sent, and says how below.
      }
      Status status = answers.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      if (status == null) {
        requests = null;
        return Status.DEADLINE_EXCEEDED.withDescription("no answer of a stream");
      }
      if (status.isOk()) {
        streamed.incrementAndGet();
      } else {
        requests = null;
      }
      return status;
    }

    @Override
    public void onNext(ModelStreamInferResponse response) {
      answers.add(
          response.getErrorMessage().isEmpty()
              ? Status.OK
              : Status.UNKNOWN.withDescription(response.getErrorMessage()));
    }

    @Override
    public void onError(Throwable e) {
      answers.add(Status.fromThrowable(e));
    }

    @Override
    public void onCompleted() {
      answers.add(Status.UNAVAILABLE.withDescription("the server ended the stream"));
    }

    void complete() {
      if (requests != null) {
        requests.onCompleted();
      }
    }
  }

  /** Lets every client come to the end of its request. */
  void end() throws Exception {
    ended = true;
    for (Future<?> each : running) {
      each.get(2 * PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
  }

  @Override
  public void close() {
    ended = true;
    threads.shutdownNow();
    channel.shutdownNow();
  }
}

package dev.keepgate.api.oip.grpc;

import dev.keepgate.api.oip.ServedModels;
import dev.keepgate.api.oip.ServerShutdown;
import dev.keepgate.api.oip.proto.GRPCInferenceServiceGrpc;
import dev.keepgate.api.oip.proto.ModelConfigRequest;
import dev.keepgate.api.oip.proto.ModelConfigResponse;
import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelInferResponse;
import dev.keepgate.api.oip.proto.ModelMetadataRequest;
import dev.keepgate.api.oip.proto.ModelMetadataResponse;
import dev.keepgate.api.oip.proto.ModelReadyRequest;
import dev.keepgate.api.oip.proto.ModelReadyResponse;
import dev.keepgate.api.oip.proto.ModelStatisticsRequest;
import dev.keepgate.api.oip.proto.ModelStatisticsResponse;
import dev.keepgate.api.oip.proto.ModelStreamInferResponse;
import dev.keepgate.api.oip.proto.RepositoryIndexRequest;
import dev.keepgate.api.oip.proto.RepositoryIndexResponse;
import dev.keepgate.api.oip.proto.RepositoryModelLoadRequest;
import dev.keepgate.api.oip.proto.RepositoryModelLoadResponse;
import dev.keepgate.api.oip.proto.RepositoryModelUnloadRequest;
import dev.keepgate.api.oip.proto.RepositoryModelUnloadResponse;
import dev.keepgate.api.oip.proto.ServerLiveRequest;
import dev.keepgate.api.oip.proto.ServerLiveResponse;
import dev.keepgate.api.oip.proto.ServerMetadataRequest;
import dev.keepgate.api.oip.proto.ServerMetadataResponse;
import dev.keepgate.api.oip.proto.ServerReadyRequest;
import dev.keepgate.api.oip.proto.ServerReadyResponse;
import dev.keepgate.inference.Inference;
import dev.keepgate.registry.RegistryException;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.micrometer.context.ContextSnapshotFactory;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.springframework.grpc.server.service.GrpcService;

/** The Open Inference Protocol over gRPC. */
@GrpcService
class GrpcInferenceService implements BindableService, GRPCInferenceServiceGrpc.AsyncService {

  private static final ContextSnapshotFactory CONTEXTS = ContextSnapshotFactory.builder().build();

  private final ServedModels models;
  private final Inference inference;
  private final GrpcErrors errors;
  private final ServerShutdown life;
  private final GrpcProperties properties;
  private final GrpcThreads threads;

  GrpcInferenceService(
      ServedModels models,
      Inference inference,
      GrpcErrors errors,
      ServerShutdown life,
      GrpcProperties properties,
      GrpcThreads threads) {
    this.models = models;
    this.inference = inference;
    this.errors = errors;
    this.life = life;
    this.properties = properties;
    this.threads = threads;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return GrpcMethods.bind(
        this,
        ServerCalls.asyncUnaryCall(this::inferOne),
        ServerCalls.asyncBidiStreamingCall(this::inferStream));
  }

  private <R> void answer(StreamObserver<R> client, Supplier<R> answer) {
    R response;
    try {
      response = ClientWatch.during(answer);
    } catch (RuntimeException | Error e) {
      client.onError(errors.status(e).asRuntimeException());
      return;
    }
    if (!Context.current().isCancelled()) {
      client.onNext(response);
      client.onCompleted();
    }
  }

  private void inferOne(InferMessage message, StreamObserver<ModelInferResponse> client) {
    GrpcCall call = GrpcCall.CURRENT.get();
    InferRequest request = new InferRequest(inference, message, Double.NaN);
    boolean waits;
    try {
      waits = call.isOnConnection() && !ClientWatch.during(request::begin);
    } catch (RuntimeException | Error e) {
      client.onError(errors.status(e).asRuntimeException());
      return;
    }
    if (waits) {
      withContext(call::executeElsewhere).execute(() -> answer(client, call, request));
    } else {
      answer(client, call, request);
    }
  }

  private void answer(
      StreamObserver<ModelInferResponse> client, GrpcCall call, InferRequest request) {
    answer(
        client,
        () -> {
          InferRequest.Inferred inferred = request.infer();
          call.sends(inferred.release());
          return inferred.response();
        });
  }

  /** What a thread of the call knows of it, its trace above all, the executor's know, too. */
  private static Executor withContext(Executor executor) {
    return CONTEXTS.captureAll().wrapExecutor(Context.currentContextExecutor(executor));
  }

  /** One stream falls into one share of a model's labels, whichever they are. */
  private StreamObserver<InferMessage> inferStream(
      StreamObserver<ModelStreamInferResponse> client) {
    double point = ThreadLocalRandom.current().nextDouble();
    return InferStream.open(
        (ServerCallStreamObserver<ModelStreamInferResponse>) client,
        message -> streamed(message, point),
        withContext(threads.requests()),
        properties.streamWindow(),
        life);
  }

  /** A request's failure is its own: the stream goes on. */
  private InferStream.Response streamed(InferMessage message, double point) {
    try {
      GrpcCall.CURRENT.get().countMessage();
      InferRequest request = new InferRequest(inference, message, point);
      InferRequest.Inferred inferred = ClientWatch.during(request::infer);
      return new InferStream.Response(
          ModelStreamInferResponse.newBuilder().setInferResponse(inferred.response()).build(),
          inferred.release());
    } catch (RuntimeException | Error e) {
      String description = errors.status(e).getDescription();
      ModelInferRequest head = message.head();
      return new InferStream.Response(
          ModelStreamInferResponse.newBuilder()
              .setErrorMessage(description == null ? "the client has gone" : description)
              .setInferResponse(
                  ModelInferResponse.newBuilder()
                      .setModelName(head.getModelName())
                      .setModelVersion(head.getModelVersion())
                      .setId(head.getId()))
              .build(),
          () -> {});
    }
  }

  @Override
  public void serverLive(ServerLiveRequest request, StreamObserver<ServerLiveResponse> client) {
    answer(client, () -> ServerLiveResponse.newBuilder().setLive(true).build());
  }

  @Override
  public void serverReady(ServerReadyRequest request, StreamObserver<ServerReadyResponse> client) {
    answer(client, () -> ServerReadyResponse.newBuilder().setReady(models.isReady()).build());
  }

  @Override
  public void serverMetadata(
      ServerMetadataRequest request, StreamObserver<ServerMetadataResponse> client) {
    answer(
        client,
        () ->
            ServerMetadataResponse.newBuilder()
                .setName(ServedModels.SERVER)
                .setVersion(models.serverVersion())
                .addAllExtensions(ServedModels.EXTENSIONS)
                .build());
  }

  /** A model that is not ready is an answer, not an error; one that is not there is an error. */
  @Override
  public void modelReady(ModelReadyRequest request, StreamObserver<ModelReadyResponse> client) {
    answer(client, () -> ModelReadyResponse.newBuilder().setReady(isReady(request)).build());
  }

  private boolean isReady(ModelReadyRequest request) {
    try {
      models.requireReady(request.getName(), request.getVersion());
      return true;
    } catch (RegistryException.NotAvailable e) {
      return false;
    }
  }

  @Override
  public void modelMetadata(
      ModelMetadataRequest request, StreamObserver<ModelMetadataResponse> client) {
    answer(
        client,
        () -> ModelMessages.metadata(models.metadata(request.getName(), request.getVersion())));
  }

  @Override
  public void modelConfig(ModelConfigRequest request, StreamObserver<ModelConfigResponse> client) {
    answer(
        client, () -> ModelMessages.config(models.config(request.getName(), request.getVersion())));
  }

  @Override
  public void modelStatistics(
      ModelStatisticsRequest request, StreamObserver<ModelStatisticsResponse> client) {
    answer(
        client,
        () -> ModelMessages.statistics(models.statistics(request.getName(), request.getVersion())));
  }

  @Override
  public void repositoryIndex(
      RepositoryIndexRequest request, StreamObserver<RepositoryIndexResponse> client) {
    answer(client, () -> ModelMessages.index(models.index(request.getReady())));
  }

  @Override
  public void repositoryModelLoad(
      RepositoryModelLoadRequest request, StreamObserver<RepositoryModelLoadResponse> client) {
    answer(
        client,
        () -> {
          models.load(request.getModelName(), request.getParametersMap().keySet());
          return RepositoryModelLoadResponse.getDefaultInstance();
        });
  }

  @Override
  public void repositoryModelUnload(
      RepositoryModelUnloadRequest request, StreamObserver<RepositoryModelUnloadResponse> client) {
    answer(
        client,
        () -> {
          models.unload(request.getModelName());
          return RepositoryModelUnloadResponse.getDefaultInstance();
        });
  }
}

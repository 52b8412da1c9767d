package dev.keepgate.api.oip;

import dev.keepgate.api.oip.proto.ModelInferRequest;
import dev.keepgate.api.oip.proto.ModelStreamInferResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A stream of requests. Answers come in the order of the requests. Requests of one sequence are
 * computed one after the other, all others side by side, as many at once as the window lets in; a
 * client that does not take its answers is asked for no more requests.
 */
final class InferStream implements StreamObserver<ModelInferRequest> {

  private final ServerCallStreamObserver<ModelStreamInferResponse> client;
  private final Function<ModelInferRequest, ModelStreamInferResponse> infer;
  private final Executor executor;
  private final ServerLife life;
  private final Runnable atEnd = this::serverEnds;

  /** The last request of each sequence that is under way. */
  private final ConcurrentMap<String, CompletableFuture<ModelStreamInferResponse>> sequences =
      new ConcurrentHashMap<>();

  /** Done when every answer so far is sent. */
  private CompletableFuture<@Nullable Void> sent = CompletableFuture.completedFuture(null);

  private boolean ended;
  private int owed;

  private InferStream(
      ServerCallStreamObserver<ModelStreamInferResponse> client,
      Function<ModelInferRequest, ModelStreamInferResponse> infer,
      Executor executor,
      ServerLife life) {
    this.client = client;
    this.infer = infer;
    this.executor = executor;
    this.life = life;
  }

  /**
   * @param infer answers a request, whatever comes of it
   * @param window how many requests may be under way
   */
  static InferStream open(
      ServerCallStreamObserver<ModelStreamInferResponse> client,
      Function<ModelInferRequest, ModelStreamInferResponse> infer,
      Executor executor,
      int window,
      ServerLife life) {
    InferStream stream = new InferStream(client, infer, executor, life);
    client.disableAutoRequest();
    client.setOnReadyHandler(stream::askForMore);
    client.setOnCancelHandler(() -> life.forget(stream.atEnd));
    life.atEnd(stream.atEnd);
    client.request(window);
    return stream;
  }

  @Override
  public synchronized void onNext(ModelInferRequest request) {
    if (ended) {
      return;
    }
    String sequence = InferMessageReader.sequence(request);
    CompletableFuture<ModelStreamInferResponse> answer;
    if (sequence == null) {
      answer = CompletableFuture.supplyAsync(() -> infer.apply(request), executor);
    } else {
      CompletableFuture<ModelStreamInferResponse> before = sequences.get(sequence);
      answer =
          before == null
              ? CompletableFuture.supplyAsync(() -> infer.apply(request), executor)
              : before.thenApplyAsync(last -> infer.apply(request), executor);
      sequences.put(sequence, answer);
      var unused = answer.thenRun(() -> sequences.remove(sequence, answer));
    }
    sent =
        sent.thenCombine(
            answer,
            (unused, response) -> {
              send(response);
              return null;
            });
  }

  private synchronized void send(ModelStreamInferResponse response) {
    if (!client.isCancelled()) {
      client.onNext(response);
      owed++;
      askForMore();
    }
  }

  private synchronized void askForMore() {
    if (owed > 0 && client.isReady()) {
      client.request(owed);
      owed = 0;
    }
  }

  @Override
  public synchronized void onCompleted() {
    end(Status.OK);
  }

  /** The client has gone: what is under way for it is interrupted. */
  @Override
  public synchronized void onError(Throwable e) {
    ended = true;
    life.forget(atEnd);
  }

  private synchronized void serverEnds() {
    end(Status.UNAVAILABLE.withDescription("the server is shutting down"));
  }

  /** Ends the stream once what is under way is answered. */
  private void end(Status status) {
    if (ended) {
      return;
    }
    ended = true;
    life.forget(atEnd);
    sent = sent.thenRun(() -> close(status));
  }

  private synchronized void close(Status status) {
    if (client.isCancelled()) {
      return;
    }
    if (status.isOk()) {
      client.onCompleted();
    } else {
      client.onError(status.asRuntimeException());
    }
  }
}

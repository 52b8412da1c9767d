package dev.keepgate.api.oip.grpc;

import dev.keepgate.api.oip.ServerShutdown;
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
final class InferStream implements StreamObserver<InferMessage> {

  /** Bytes that may be on their way to the client without being counted. */
  private static final int UNCOUNTED = 2048;

  /**
   * An answer.
   *
   * @param response what is sent
   * @param release gives back what it holds, once it has left
   */
  record Response(ModelStreamInferResponse response, Runnable release) {}

  private final GrpcCall call = GrpcCall.CURRENT.get();
  private final ServerCallStreamObserver<ModelStreamInferResponse> client;
  private final Function<InferMessage, Response> infer;
  private final Executor executor;
  private final ServerShutdown life;
  private final Runnable atEnd = this::serverEnds;

  /** The last request of each sequence that is under way. */
  private final ConcurrentMap<String, CompletableFuture<Response>> sequences =
      new ConcurrentHashMap<>();

  /** Done when every answer so far is sent. */
  private CompletableFuture<@Nullable Void> sent = CompletableFuture.completedFuture(null);

  private boolean ended;
  private int owed;

  private InferStream(
      ServerCallStreamObserver<ModelStreamInferResponse> client,
      Function<InferMessage, Response> infer,
      Executor executor,
      ServerShutdown life) {
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
      Function<InferMessage, Response> infer,
      Executor executor,
      int window,
      ServerShutdown life) {
    InferStream stream = new InferStream(client, infer, executor, life);
    client.disableAutoRequest();
    client.setOnReadyThreshold(UNCOUNTED);
    client.setOnReadyHandler(stream::ready);
    client.setOnCancelHandler(() -> life.forget(stream.atEnd));
    client.setOnCloseHandler(() -> life.forget(stream.atEnd));
    life.atEnd(stream.atEnd);
    client.request(window);
    return stream;
  }

  @Override
  public synchronized void onNext(InferMessage request) {
    if (ended) {
      return;
    }
    String sequence = request.sequence();
    CompletableFuture<Response> answer;
    if (sequence == null) {
      answer = CompletableFuture.supplyAsync(() -> infer.apply(request), executor);
    } else {
      CompletableFuture<Response> before = sequences.get(sequence);
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
            (unused, done) -> {
              send(done);
              return null;
            });
  }

  private synchronized void send(Response answer) {
    call.sends(answer.release());
    if (!client.isCancelled()) {
      client.onNext(answer.response());
      owed++;
      ready();
    }
  }

  /** What was sent has left, and there is room for more. */
  private synchronized void ready() {
    if (client.isReady()) {
      call.allSent();
      if (owed > 0) {
        client.request(owed);
        owed = 0;
      }
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

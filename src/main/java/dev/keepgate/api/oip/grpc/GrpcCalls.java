package dev.keepgate.api.oip.grpc;

import dev.keepgate.api.access.AccessLog;
import dev.keepgate.api.error.RequestId;
import dev.keepgate.memory.InFlightMemory;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.stereotype.Component;

/**
 * The calls that are under way: how many there are, what they hold, and which have to end because
 * their clients keep them waiting.
 */
@Component
final class GrpcCalls extends ServerStreamTracer.Factory
    implements ServerInterceptor, ServerCallExecutorSupplier, AutoCloseable {

  /** What a call is for. */
  enum Kind {
    /** Has tensors. */
    INFERENCE,
    /** Is answered while the server is full. */
    HEALTH,
    OTHER
  }

  private static final Logger log = LoggerFactory.getLogger(GrpcCalls.class);

  /** What the client calls its request, and what its answer calls it. */
  static final Metadata.Key<String> REQUEST_ID =
      Metadata.Key.of(RequestId.HEADER, Metadata.ASCII_STRING_MARSHALLER);

  private static final Metadata.Key<String> ENCODING =
      Metadata.Key.of("grpc-encoding", Metadata.ASCII_STRING_MARSHALLER);

  private static final String OIP = "inference.GRPCInferenceService/";
  private static final Set<String> INFERENCE = Set.of(OIP + "ModelInfer", OIP + "ModelStreamInfer");
  private static final Set<String> HEALTH = Set.of(OIP + "ServerLive", OIP + "ServerReady");
  private static final String HEALTH_SERVICE = "grpc.health.v1.Health/";

  private final MessageMemory room;
  private final GrpcErrors errors;
  private final GrpcProperties properties;
  private final GrpcThreads threads;
  private final GrpcMeters meters;
  private final AccessLog accessLog;
  private final Set<GrpcCall> open = ConcurrentHashMap.newKeySet();

  /** For calls that ask for health, and for all others. */
  private final Semaphore healthPermits;

  private final Semaphore permits;
  private final ScheduledExecutorService clock;

  GrpcCalls(
      InFlightMemory memory,
      GrpcErrors errors,
      GrpcProperties properties,
      GrpcThreads threads,
      GrpcMeters meters,
      AccessLog accessLog) {
    this.meters = meters;
    this.accessLog = accessLog;
    this.room = new MessageMemory(memory);
    this.errors = errors;
    this.properties = properties;
    this.threads = threads;
    this.healthPermits = new Semaphore(properties.maxCalls());
    this.permits = new Semaphore(properties.maxCalls());
    CustomizableThreadFactory factory = new CustomizableThreadFactory("keepgate-grpc-clock-");
    factory.setDaemon(true);
    this.clock = Executors.newSingleThreadScheduledExecutor(factory);
    long interval = Math.max(1, Math.min(1000, properties.messageTimeout().toMillis() / 4));
    var unused =
        clock.scheduleWithFixedDelay(this::check, interval, interval, TimeUnit.MILLISECONDS);
  }

  private void check() {
    long now = System.nanoTime();
    for (GrpcCall call : open) {
      try {
        call.check(now);
      } catch (RuntimeException | Error e) {
        // A clock that ended would leave all calls without a deadline.
        log.error("A call could not be looked at", e);
      }
    }
  }

  @Override
  public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
    Kind kind = kind(method);
    boolean admitted = permits(kind).tryAcquire();
    String id = RequestId.of(headers.get(REQUEST_ID));
    GrpcCall.Head head = new GrpcCall.Head(id, method, isPacked(headers));
    GrpcCall call = new GrpcCall(this, kind, room, admitted, head);
    open.add(call);
    return call;
  }

  /** Whether a call says that its messages may be packed. */
  static boolean isPacked(Metadata headers) {
    String encoding = headers.get(ENCODING);
    return encoding != null && !encoding.equals("identity");
  }

  private static Kind kind(String method) {
    if (INFERENCE.contains(method)) {
      return Kind.INFERENCE;
    }
    return HEALTH.contains(method) || method.startsWith(HEALTH_SERVICE) ? Kind.HEALTH : Kind.OTHER;
  }

  private Semaphore permits(Kind kind) {
    return kind == Kind.HEALTH ? healthPermits : permits;
  }

  /** A refused call ends on the connection's own thread and never waits for one of the workers. */
  @Override
  public <Q, R> Executor getExecutor(ServerCall<Q, R> serverCall, Metadata headers) {
    GrpcCall call = GrpcCall.CURRENT.get();
    return call.isAdmitted() ? call : Runnable::run;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> serverCall, Metadata headers, ServerCallHandler<Q, R> next) {
    GrpcCall call = GrpcCall.CURRENT.get();
    RefusableCall<Q, R> refusable = new RefusableCall<>(serverCall, call);
    call.started(refusable);
    if (!call.isAdmitted()) {
      refusable.refuse(errors.tooManyCalls(properties.maxCalls()));
      return new ServerCall.Listener<>() {};
    }
    return new SimpleForwardingServerCallListener<>(next.startCall(refusable, headers)) {
      @Override
      public void onHalfClose() {
        call.requestComplete();
        super.onHalfClose();
      }
    };
  }

  /**
   * Has a call's task run on a thread that may wait; that of a brief one that is alone on its own
   * connection's thread, so that no other has to wake.
   */
  void execute(GrpcCall call, Runnable task) {
    Executor connection = call.isBrief() ? threads.currentConnection() : null;
    if (connection == null) {
      threads(call.kind()).execute(task);
      return;
    }
    connection.execute(
        () -> {
          // By now its message is known, and all calls that came with it, to be batched with it.
          boolean isAlone = permits.availablePermits() == properties.maxCalls() - 1;
          if (isAlone && call.isBrief() && room.isAmple()) {
            task.run();
          } else {
            threads(call.kind()).execute(task);
          }
        });
  }

  boolean isConnectionThread() {
    return threads.currentConnection() != null;
  }

  Executor threads(Kind kind) {
    return kind == Kind.HEALTH ? threads.health() : threads.requests();
  }

  GrpcMeters.OfMethod meters(MethodDescriptor<?, ?> method) {
    return meters.of(method);
  }

  Duration messageTimeout() {
    return properties.messageTimeout();
  }

  Status status(RuntimeException e) {
    return errors.status(e);
  }

  /** How many have streams that are open. */
  int open() {
    return open.size();
  }

  void closed(GrpcCall call, Status status, long took) {
    open.remove(call);
    if (accessLog.isOn()) {
      GrpcCall.Head head = call.head();
      accessLog.write(
          new AccessLog.Entry(
              new AccessLog.Origin(head.requestId(), call.caller().name()),
              "gRPC",
              head.method(),
              status.getCode().name(),
              !status.isOk(),
              took));
    }
  }

  /** Nothing of a call is under way any more. */
  void ended(GrpcCall call) {
    if (call.isAdmitted()) {
      permits(call.kind()).release();
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}

package dev.keepgate.api.oip.grpc;

import dev.keepgate.api.error.RequestId;
import dev.keepgate.memory.MemoryFullException;
import dev.keepgate.memory.RequestMemory;
import dev.keepgate.memory.TooMuchMemoryException;
import dev.keepgate.security.Caller;
import io.grpc.Context;
import io.grpc.MethodDescriptor;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * A call from its headers until nothing is left of it: counts the bytes of its messages as they
 * arrive, keeps what its answers hold until they have left, and knows how long its client keeps it
 * waiting. What arrives comes on the connection's thread, all else on any.
 *
 * <p>It is the executor of its own tasks, so that it is known when the last one is done.
 */
final class GrpcCall extends ServerStreamTracer implements Executor {

  /**
   * What is known of a call by its headers.
   *
   * @param requestId what it is called in its answer and in the log
   * @param method with its service
   * @param packed whether its messages may be larger than their bytes
   */
  record Head(String requestId, String method, boolean packed) {}

  /** The call that is answered. */
  static final Context.Key<GrpcCall> CURRENT = Context.key("keepgate-call");

  /** Bytes that a frame's objects take beside its payload. */
  private static final int FRAME = 128;

  /** Bytes of a message that a connection's thread may read. */
  private static final int BRIEF = 1 << 16;

  /** Bytes of a message without tensors. */
  private static final int SMALL = 1 << 16;

  /** Times its size that a message of many small fields takes once it is parsed. */
  private static final int PARSED = 32;

  /** Nanoseconds that a byte may take, beyond the time that every message has. */
  private static final int NANOS_PER_BYTE = 1000;

  private final GrpcCalls calls;
  private final GrpcCalls.Kind kind;
  private final MessageMemory room;
  private final boolean admitted;
  private final Head head;
  private final long begunAt = System.nanoTime();

  /** The stream itself, and each task that waits for a thread or has one. */
  private final AtomicInteger holders = new AtomicInteger(1);

  private volatile Caller caller = Caller.ANYBODY;
  private volatile Runnable counter = () -> {};

  private final AtomicBoolean begun = new AtomicBoolean();
  private final AtomicBoolean gone = new AtomicBoolean();

  private GrpcMeters.@Nullable OfMethod meters;
  private Context.@Nullable CancellableContext context;
  private @Nullable RefusableCall<?, ?> call;
  private boolean streaming;
  private boolean refused;
  private boolean gaveWay;
  private boolean closed;

  /** The message that arrives; those that are there, and those that were read but not begun. */
  private @Nullable RequestMemory arriving;

  private final Deque<RequestMemory> arrived = new ArrayDeque<>();
  private final List<RequestMemory> read = new ArrayList<>(1);

  /** {@link System#nanoTime()} since which the client owes a message, of so many bytes so far. */
  private boolean receives = true;

  private long receivesSince = System.nanoTime();
  private long received;
  private long firstArrival;
  private long lastArrival;

  /** What holds memory until the client has taken its answers, since when, and how many bytes. */
  private final List<Runnable> leaving = new ArrayList<>(1);

  private boolean sends;
  private long sendsSince;
  private long sent;

  GrpcCall(GrpcCalls calls, GrpcCalls.Kind kind, MessageMemory room, boolean admitted, Head head) {
    this.calls = calls;
    this.kind = kind;
    this.room = room;
    this.admitted = admitted;
    this.head = head;
  }

  GrpcCalls.Kind kind() {
    return kind;
  }

  Head head() {
    return head;
  }

  String requestId() {
    return head.requestId();
  }

  /** Who makes it; anybody where nobody is asked. */
  Caller caller() {
    return caller;
  }

  /**
   * Says who makes it, before its first message.
   *
   * @param countsMessage counts one more message of a stream, or refuses it
   */
  void madeBy(Caller known, Runnable countsMessage) {
    caller = known;
    counter = countsMessage;
  }

  /** Counts one more message of a stream. */
  void countMessage() {
    counter.run();
  }

  /** Whether there was room for one more call. */
  boolean isAdmitted() {
    return admitted;
  }

  @Override
  @SuppressWarnings("MustBeClosedChecker")
  public Context filterContext(Context parent) {
    Context.CancellableContext cancellable = parent.withCancellation();
    context = cancellable;
    return cancellable.withValue(CURRENT, this);
  }

  @Override
  public synchronized void serverCallStarted(ServerCallInfo<?, ?> info) {
    MethodDescriptor<?, ?> method = info.getMethodDescriptor();
    meters = calls.meters(method);
    if (!method.getType().clientSendsOneMessage()) {
      // Between its messages a stream may rest.
      streaming = true;
      receives = false;
    }
  }

  synchronized void started(RefusableCall<?, ?> started) {
    call = started;
  }

  /**
   * Begins the call on the connection's thread, so that its bytes are counted from the first, and
   * ends it there: what is told of its end waits for nothing.
   */
  @Override
  public void execute(Runnable task) {
    if (begun.compareAndSet(false, true) || isClosed()) {
      logged(task);
      return;
    }
    calls.execute(this, held(task));
  }

  /** Runs a task of this call on a thread that may wait. */
  void executeElsewhere(Runnable task) {
    calls.threads(kind).execute(held(task));
  }

  private Runnable held(Runnable task) {
    holders.incrementAndGet();
    return () -> {
      try {
        logged(task);
      } finally {
        leave();
      }
    };
  }

  /** Whether the current thread is a connection's, which waits for nothing. */
  boolean isOnConnection() {
    return calls.isConnectionThread();
  }

  /** Whether what has come of its one message takes so little time that it may hold up others. */
  synchronized boolean isBrief() {
    return kind == GrpcCalls.Kind.INFERENCE && !streaming && !head.packed() && received <= BRIEF;
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /** Runs a task of this call, whose id is in the log's context meanwhile. */
  private void logged(Runnable task) {
    MDC.put(RequestId.NAME, head.requestId());
    try {
      task.run();
    } finally {
      MDC.remove(RequestId.NAME);
    }
  }

  private void leave() {
    if (holders.decrementAndGet() == 0 && gone.compareAndSet(false, true)) {
      calls.ended(this);
    }
  }

  @Override
  public synchronized void inboundMessage(int number) {
    if (!closed) {
      arriving = room.open();
      firstArrival = System.nanoTime();
      lastArrival = firstArrival;
      if (streaming) {
        receives = true;
        receivesSince = System.nanoTime();
        received = 0;
      }
    }
  }

  @Override
  public void inboundWireSize(long bytes) {
    RequestMemory message = arriving(bytes);
    if (message == null) {
      return;
    }
    try {
      if (kind != GrpcCalls.Kind.INFERENCE && message.taken() + PARSED * bytes > PARSED * SMALL) {
        refuse(
            Status.RESOURCE_EXHAUSTED.withDescription(
                "a message of this method may have %,d bytes".formatted(SMALL)));
      } else if (!room.take(this, message, held(bytes))) {
        refuse(calls.status(new MemoryFullException()));
      }
    } catch (TooMuchMemoryException e) {
      refuse(calls.status(e));
    }
  }

  private synchronized @Nullable RequestMemory arriving(long bytes) {
    received += bytes;
    lastArrival = System.nanoTime();
    return closed || refused ? null : arriving;
  }

  private long held(long bytes) {
    return kind == GrpcCalls.Kind.INFERENCE ? MessageMemory.COPIES * bytes + FRAME : bytes * PARSED;
  }

  /** {@link System#nanoTime()} of the last bytes. */
  synchronized long lastArrival() {
    return lastArrival;
  }

  /** {@link System#nanoTime()} of the beginning of the message that arrives. */
  synchronized long firstArrival() {
    return firstArrival;
  }

  /** Ends the call for the sake of others; false where it has ended. */
  boolean giveWay() {
    synchronized (this) {
      if (closed || gaveWay) {
        return false;
      }
      gaveWay = true;
    }
    refuse(calls.status(new MemoryFullException()));
    return true;
  }

  /** Whether a message still arrives. */
  synchronized boolean receives(RequestMemory message) {
    return !closed && !refused && arriving == message;
  }

  /** Ends the call if a message still arrives, for which there was no room in time. */
  void refuseArriving(RequestMemory message) {
    if (receives(message)) {
      refuse(calls.status(new MemoryFullException()));
    }
  }

  /** Ends the call, as its message is none of its method. */
  void refuseMalformed() {
    refuse(Status.INVALID_ARGUMENT.withDescription("the message is none of this method"));
  }

  @Override
  public void inboundMessageRead(int number, long wireSize, long uncompressedSize) {
    room.arrived(this);
    RequestMemory last = null;
    GrpcMeters.OfMethod counted;
    synchronized (this) {
      counted = meters;
      if (arriving != null) {
        if (kind != GrpcCalls.Kind.INFERENCE) {
          // Whoever sends the next message has done with the last.
          last = arrived.poll();
        }
        arrived.add(arriving);
        arriving = null;
      }
      receives &= !streaming;
    }
    if (counted != null) {
      counted.received();
    }
    if (last != null) {
      last.close();
    }
  }

  @Override
  public void outboundMessage(int number) {
    GrpcMeters.OfMethod counted;
    synchronized (this) {
      counted = meters;
    }
    if (counted != null) {
      counted.sent();
    }
  }

  /** What the next message holds, whose bytes are all here; null where the call is over. */
  synchronized @Nullable RequestMemory nextMessage() {
    return arrived.poll();
  }

  /** A message was read; what it holds is the call's until it is claimed. */
  void read(RequestMemory message) {
    synchronized (this) {
      if (!closed) {
        read.add(message);
        return;
      }
    }
    message.close();
  }

  /** Takes what a message holds from the call; false where that is over and has closed it. */
  synchronized boolean claim(RequestMemory message) {
    return read.remove(message);
  }

  /** The client has sent all of its request. */
  synchronized void requestComplete() {
    receives = false;
  }

  @Override
  public synchronized void outboundWireSize(long bytes) {
    sent += bytes;
  }

  /**
   * Keeps what an answer holds until it has left.
   *
   * @param release gives it back
   */
  void sends(Runnable release) {
    synchronized (this) {
      if (!closed) {
        leaving.add(release);
        sending();
        return;
      }
    }
    release.run();
  }

  private void sending() {
    if (!sends) {
      sends = true;
      sendsSince = System.nanoTime();
      sent = 0;
    }
  }

  /** All answers so far have left. */
  void allSent() {
    List<Runnable> left;
    synchronized (this) {
      if (leaving.isEmpty()) {
        return;
      }
      left = List.copyOf(leaving);
      leaving.clear();
      sends = false;
    }
    left.forEach(Runnable::run);
  }

  /** The call was closed; its last bytes are to leave in time as well. */
  synchronized void closing() {
    receives = false;
    sending();
  }

  /** Ends the call with a status if its answer has not begun. */
  private void refuse(Status status) {
    RefusableCall<?, ?> refusable;
    synchronized (this) {
      refused = true;
      refusable = call;
    }
    if (refusable != null) {
      refusable.refuse(status);
    }
  }

  /** Ends the call if its client has kept it waiting for too long. */
  void check(long now) {
    boolean receivesLate;
    boolean sendsLate;
    synchronized (this) {
      // A call that waits for a thread does not wait for its client.
      receivesLate = receives && holders.get() == 1 && isLate(now, receivesSince, received);
      sendsLate = sends && isLate(now, sendsSince, sent);
    }
    if (receivesLate) {
      refuse(
          Status.DEADLINE_EXCEEDED.withDescription(
              "the request did not come within " + GrpcErrors.seconds(calls.messageTimeout())));
    } else if (sendsLate && context != null) {
      // The one way to end a stream whose end was sent; others get a status in time.
      context.cancel(new TimeoutException("the answer was not taken in time"));
    }
  }

  private boolean isLate(long now, long since, long bytes) {
    return now - since > calls.messageTimeout().toNanos() + NANOS_PER_BYTE * bytes;
  }

  @Override
  public void streamClosed(Status status) {
    List<RequestMemory> held = new ArrayList<>();
    List<Runnable> left;
    boolean madeRoom;
    GrpcMeters.OfMethod counted;
    synchronized (this) {
      closed = true;
      counted = meters;
      madeRoom = gaveWay;
      receives = false;
      sends = false;
      if (arriving != null) {
        held.add(arriving);
        arriving = null;
      }
      held.addAll(arrived);
      arrived.clear();
      held.addAll(read);
      read.clear();
      left = List.copyOf(leaving);
      leaving.clear();
    }
    held.forEach(RequestMemory::close);
    left.forEach(Runnable::run);
    room.arrived(this);
    if (madeRoom) {
      room.gaveWay();
    }
    long took = System.nanoTime() - begunAt;
    if (counted != null) {
      counted.ended(status.getCode(), took);
    }
    calls.closed(this, status, took);
    leave();
  }
}

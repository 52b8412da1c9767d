package dev.keepgate.api.oip.grpc;

import dev.keepgate.memory.InFlightMemory;
import dev.keepgate.memory.RequestMemory;
import dev.keepgate.memory.TooMuchMemoryException;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Room for messages while they arrive. gRPC cannot tell a client to pause within a message, so
 * where room runs out, of the large ones only that goes on which began first. For it others give
 * way: one that has come to a stop, else the one that began last. A part is left to small messages.
 */
final class MessageMemory {

  /** One of so many parts is for small messages, and as much may be owed for a moment. */
  private static final int PARTS = 8;

  /** Copies of a tensor: in the message, and as an array. */
  static final int COPIES = 2;

  /** Bytes of a small message. */
  private static final int SMALL = 1 << 16;

  /** How long a message has come to a stop before it gives way to whatever moves. */
  private static final long STOPPED = TimeUnit.SECONDS.toNanos(2);

  private final InFlightMemory memory;
  private final Set<GrpcCall> large = ConcurrentHashMap.newKeySet();
  private final AtomicLong owed = new AtomicLong();

  /** Messages that gave way and still hold their bytes. */
  private final AtomicInteger givingWay = new AtomicInteger();

  MessageMemory(InFlightMemory memory) {
    this.memory = memory;
  }

  /**
   * Bytes of the largest message that ever fits, with its tensors made of it.
   *
   * @param memory of all requests
   */
  static long largest(InFlightMemory memory) {
    return (memory.requestTotal() - memory.requestTotal() / PARTS) / COPIES - SMALL;
  }

  RequestMemory open() {
    return memory.open();
  }

  /** Whether there is so much that a small request waits for none. */
  boolean isAmple() {
    return memory.waiting() == 0 && memory.requestUsed() < memory.requestTotal() / 2;
  }

  /**
   * Takes bytes that have come.
   *
   * @return whether the message may go on to come
   * @throws TooMuchMemoryException if one message never gets so many
   */
  boolean take(GrpcCall call, RequestMemory message, long bytes) {
    long total = memory.requestTotal();
    long part = total / PARTS;
    if (message.taken() <= SMALL) {
      return message.tryTake(bytes) || takeLater(call, message, bytes, part);
    }
    large.add(call);
    if (memory.requestUsed() <= total - part && message.tryTake(bytes)) {
      return true;
    }
    if (!isFirst(call)) {
      return false;
    }
    makeRoom(call);
    return message.tryTake(bytes) || takeLater(call, message, bytes, total);
  }

  /** What gives way is freed in a moment, and requests that wait come first. */
  private boolean takeLater(GrpcCall call, RequestMemory message, long bytes, long most) {
    if (owed.addAndGet(bytes) > most) {
      owed.addAndGet(-bytes);
      return false;
    }
    boolean asked = false;
    try {
      pay(call, message, bytes);
      asked = true;
    } finally {
      owed.addAndGet(asked ? 0 : -bytes);
    }
    return true;
  }

  /** Asks for what is owed; again and again for the message that goes on. */
  private void pay(GrpcCall call, RequestMemory message, long bytes) {
    var unused =
        message
            .takeLater(bytes)
            .whenComplete(
                (taken, failure) -> {
                  if (failure != null && call.receives(message) && isFirst(call)) {
                    payAgain(call, message, bytes);
                    return;
                  }
                  owed.addAndGet(-bytes);
                  if (failure != null) {
                    call.refuseArriving(message);
                  }
                });
  }

  private void payAgain(GrpcCall call, RequestMemory message, long bytes) {
    try {
      pay(call, message, bytes);
    } catch (IllegalStateException | TooMuchMemoryException e) {
      // It has just ended.
      owed.addAndGet(-bytes);
    }
  }

  /** Whether no large message that still moves began before. */
  private boolean isFirst(GrpcCall call) {
    long now = System.nanoTime();
    return large.stream()
        .filter(each -> !isStopped(each, now))
        .max(Comparator.comparingLong(each -> now - each.firstArrival()))
        .filter(first -> first == call)
        .isPresent();
  }

  private static boolean isStopped(GrpcCall call, long now) {
    return now - call.lastArrival() > STOPPED;
  }

  private void makeRoom(GrpcCall asking) {
    if (givingWay.get() > 0) {
      return;
    }
    long now = System.nanoTime();
    Comparator<GrpcCall> byAge = Comparator.comparingLong(each -> now - each.firstArrival());
    Optional<GrpcCall> least =
        large.stream()
            .filter(each -> isStopped(each, now))
            .max(byAge)
            .or(() -> large.stream().filter(each -> each != asking).min(byAge));
    if (least.isPresent()) {
      givingWay.incrementAndGet();
      if (!least.get().giveWay()) {
        givingWay.decrementAndGet();
      }
    }
  }

  /** A message is here, or will not come any more. */
  void arrived(GrpcCall call) {
    large.remove(call);
  }

  /** A message that gave way holds nothing any more. */
  void gaveWay() {
    givingWay.decrementAndGet();
  }
}

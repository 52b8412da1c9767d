package dev.keepgate.api.oip.grpc;

import io.grpc.Context;
import java.util.function.Supplier;

/**
 * Interrupts the thread that computes a call's answer once the client has gone, or its deadline has
 * passed: whoever waits for a worker then takes the request's rows off it.
 */
final class ClientWatch implements Context.CancellationListener {

  private final Thread thread = Thread.currentThread();
  private boolean over;

  private ClientWatch() {}

  /** Does some work of the current call on the current thread. */
  static <R> R during(Supplier<R> work) {
    Context call = Context.current();
    ClientWatch watch = new ClientWatch();
    call.addListener(watch, Runnable::run);
    try {
      return work.get();
    } finally {
      call.removeListener(watch);
      watch.end();
    }
  }

  @Override
  public synchronized void cancelled(Context context) {
    if (!over) {
      thread.interrupt();
    }
  }

  /** Leaves the thread as it was: what it does next is no business of this client. */
  private synchronized void end() {
    over = true;
    boolean unused = Thread.interrupted();
  }
}

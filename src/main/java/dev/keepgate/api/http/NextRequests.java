package dev.keepgate.api.http;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a thread that answered a request wait a moment for the connection's next one. A client that
 * asks again as soon as it is answered is then served without the way through the poller, which
 * wakes two threads: a quarter of a lone client's small step.
 *
 * <p>For threads of a pool. Virtual threads, to which a wait is such a way itself, gain nothing.
 */
final class NextRequests implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(NextRequests.class);

  /** How long; whoever comes later comes through the poller. */
  private static final long MILLIS = 20;

  private final Deque<Selector> free = new ConcurrentLinkedDeque<>();
  private final AtomicInteger unopened;
  private volatile boolean closed;

  /**
   * @param threads how many may wait at a time
   */
  NextRequests(int threads) {
    this.unopened = new AtomicInteger(threads);
  }

  /** A thread's place, for as long as it serves one connection; null if there is none left. */
  @Nullable Place take(SocketChannel channel) throws IOException {
    Selector selector = free.pollFirst();
    if (selector == null) {
      if (unopened.getAndUpdate(left -> Math.max(0, left - 1)) == 0) {
        return null;
      }
      selector = open();
    }
    if (selector == null) {
      return null;
    }
    try {
      return new Place(selector, channel.register(selector, SelectionKey.OP_READ));
    } catch (IOException e) {
      free.addFirst(selector);
      throw e;
    }
  }

  /** Null where the process has no more files to open: the poller needs none. */
  private @Nullable Selector open() {
    try {
      return Selector.open();
    } catch (IOException e) {
      log.debug("A selector could not be opened", e);
      unopened.incrementAndGet();
      return null;
    }
  }

  /** Lets go of what no thread holds; the others let go of theirs. */
  @Override
  public void close() {
    closed = true;
    for (Selector one = free.pollFirst(); one != null; one = free.pollFirst()) {
      try {
        one.close();
      } catch (IOException e) {
        log.debug("A selector could not be closed", e);
      }
    }
  }

  /** Where one thread waits. */
  final class Place implements AutoCloseable {

    private final Selector selector;
    private final SelectionKey key;

    private Place(Selector selector, SelectionKey key) {
      this.selector = selector;
      this.key = key;
    }

    /** Returns when there is something to read, or when it has waited long enough. */
    void await() throws IOException {
      selector.select(ready -> {}, MILLIS);
    }

    @Override
    public void close() throws IOException {
      key.cancel();
      selector.selectNow();
      free.addFirst(selector);
      if (closed) {
        NextRequests.this.close();
      }
    }
  }
}

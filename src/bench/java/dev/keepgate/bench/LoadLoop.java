package dev.keepgate.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * All clients of a load, driven by the thread that runs it. A thread for each would cost much of
 * the cores that the server is measured on.
 */
final class LoadLoop implements AutoCloseable {

  private static final long PATIENCE_SECONDS = 60;
  private static final long LOOK_MILLIS = 1000;

  /**
   * Clients that may wait for their first answer: more would overflow the server's listen queue.
   */
  private static final int NEWCOMERS = 64;

  private final Supplier<Exchange> protocol;
  private final InetSocketAddress server;
  private final List<ByteBuffer> requests;
  private final long end;
  private final Selector selector = Selector.open();

  /** What one client has just received: it is parsed before the next one reads. */
  private final ByteBuffer received = ByteBuffer.allocateDirect(1 << 18);

  private final List<Client> clients = new ArrayList<>();
  private final int clientCount;
  private int running;
  private long lastAnswer;

  /**
   * A load that is not begun.
   *
   * @param requests as the protocol takes them
   * @param end when no request is begun any more, by {@link System#nanoTime}
   */
  LoadLoop(Supplier<Exchange> protocol, int port, List<byte[]> requests, int clientCount, long end)
      throws IOException {
    this.protocol = protocol;
    this.server = new InetSocketAddress("localhost", port);
    this.requests = requests.stream().map(ByteBuffer::wrap).toList();
    this.clientCount = clientCount;
    this.end = end;
    this.lastAnswer = end;
  }

  /** What the clients saw, but for those whose turn did not come before the end. */
  List<LoadClient.Sample> run() throws IOException, InterruptedException {
    for (int i = 0; i < NEWCOMERS; i++) {
      admit();
    }
    while (running > 0) {
      select();
    }
    return clients.stream().map(Client::sample).toList();
  }

  private void admit() throws IOException {
    if (clients.size() < clientCount) {
      // Spread out, so that clients do not follow each other.
      int first = (int) ((long) clients.size() * requests.size() / clientCount);
      clients.add(new Client(first));
    }
  }

  private void select() throws IOException, InterruptedException {
    try {
      selector.select(LoadLoop::proceed, LOOK_MILLIS);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    long silent = System.nanoTime() - Math.max(end, lastAnswer);
    if (silent > TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS)) {
      throw new IOException(
          "%d clients wait, and none was answered for %d s".formatted(running, PATIENCE_SECONDS));
    }
  }

  private static void proceed(SelectionKey ready) {
    try {
      ((Client) ready.attachment()).proceed();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }

  /** One request at a time; its connection is opened again where the server closes it. */
  private final class Client {

    private final Exchange exchange = protocol.get();
    private SocketChannel channel;
    private SelectionKey key;
    private int next;
    private boolean isAnswered;
    private boolean isNew = true;
    private long begun;

    private long[] nanos = new long[1024];
    private int count;
    private int refused;
    private int errors;

    Client(int first) throws IOException {
      next = first;
      running++;
      open();
    }

    LoadClient.Sample sample() {
      return new LoadClient.Sample(Arrays.copyOf(nanos, count), refused, errors);
    }

    private void open() throws IOException {
      channel = SocketChannel.open();
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      key = channel.register(selector, SelectionKey.OP_CONNECT, this);
      if (channel.connect(server)) {
        begin(System.nanoTime());
      }
    }

    void proceed() throws IOException {
      if (key.isConnectable()) {
        channel.finishConnect();
        begin(System.nanoTime());
        return;
      }
      // In this order, as a server may refuse early and take no more of the request.
      if (key.isReadable()) {
        receive();
      }
      if (key.isValid() && key.isWritable()) {
        send();
      }
    }

    private void begin(long now) throws IOException {
      if (now >= end) {
        channel.close();
        running--;
        return;
      }
      exchange.begin(requests.get(next));
      next = (next + 1) % requests.size();
      isAnswered = false;
      begun = now;
      send();
    }

    private void send() throws IOException {
      try {
        exchange.send(channel);
      } catch (IOException e) {
        // Who refused early and closed has said so by now.
        if (isAnswered || !receive()) {
          throw e;
        }
        return;
      }
      if (isAnswered && exchange.isSent()) {
        begin(System.nanoTime());
      } else {
        listen();
      }
    }

    /** Also for when there is room to send, while something is left to. */
    private void listen() {
      key.interestOps(
          exchange.isSent() ? SelectionKey.OP_READ : SelectionKey.OP_READ | SelectionKey.OP_WRITE);
    }

    /** Whether the answer is there to its end. */
    private boolean receive() throws IOException {
      received.clear();
      if (channel.read(received) < 0) {
        throw new EOFException("the server closed the connection");
      }
      boolean isEnd = exchange.receive(received.flip());
      if (isEnd) {
        count(System.nanoTime());
        if (isNew) {
          isNew = false;
          admit();
        }
      }
      if (isEnd && exchange.closes()) {
        channel.close();
        open();
      } else if (isEnd && exchange.isSent()) {
        begin(System.nanoTime());
      } else {
        listen();
      }
      return isEnd;
    }

    private void count(long now) {
      isAnswered = true;
      lastAnswer = now;
      switch (exchange.verdict()) {
        case SERVED -> add(now - begun);
        case REFUSED -> refused++;
        case FAILED -> errors++;
      }
    }

    private void add(long latency) {
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, 2 * count);
      }
      nanos[count++] = latency;
    }
  }
}

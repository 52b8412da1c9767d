package dev.keepgate.api.http;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.apache.coyote.Constants;
import org.apache.coyote.Processor;
import org.apache.coyote.RequestInfo;
import org.apache.tomcat.util.net.AbstractEndpoint.Handler.SocketState;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SocketBufferHandler;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection: its buffers, which are small until large bodies pass, and how long the
 * client has kept the server waiting.
 *
 * <p>Whoever handles an event of the connection holds its lock, as Tomcat has it.
 */
final class HttpConnection extends NioEndpoint.NioSocketWrapper {

  /** Bytes of a buffer that nothing passes through, both ways. */
  static final int SMALLEST = 1 << 10;

  /** Bytes that most answers fit in. */
  private static final int USUAL = 1 << 13;

  private static final int NO_LINGER = 0;

  /** What the connection is used for, as its last event left it. */
  enum Phase {
    /** Between requests, or before the first. */
    IDLE,
    /** A part of a request's head is there. */
    HEAD,
    /** A request has begun and is not answered to its end. */
    REQUEST,
    /** Another protocol, with deadlines of its own. */
    OTHER
  }

  private final int largest;
  private final boolean secure;
  private final ClientWait reading = new ClientWait(System::nanoTime);
  private final ClientWait writing = new ClientWait(System::nanoTime);
  private volatile Phase phase = Phase.IDLE;
  private volatile boolean headBegun;
  private volatile long headSince;
  private volatile boolean ending;

  /** How far the request is that is served; null where none is. */
  private @Nullable RequestInfo progress;

  /** Where the thread waits for the next request; null where it has not. */
  private NextRequests.@Nullable Place place;

  /** Whether an answer has gone out since it waited. */
  private boolean answered;

  /** What was read of a large body beyond what Tomcat asked for; ready to be read from. */
  private @Nullable ByteBuffer ahead;

  /**
   * @param largest bytes that are read or written at once
   */
  HttpConnection(NioChannel channel, NioEndpoint endpoint, int largest) {
    super(channel, endpoint);
    this.largest = largest;
    this.secure = endpoint.isSSLEnabled();
    reading.begin();
  }

  /** A connection's first buffers; TLS decrypts into them and needs them whole. */
  static SocketBufferHandler buffers(NioEndpoint endpoint, int largest) {
    int size = endpoint.isSSLEnabled() ? largest : SMALLEST;
    return new SocketBufferHandler(size, size, false);
  }

  Phase phase() {
    return phase;
  }

  /** The wait for the client's bytes. */
  ClientWait reading() {
    return reading;
  }

  /** The wait for the client to take its answer. */
  ClientWait writing() {
    return writing;
  }

  /** Nanoseconds since the first byte of a head that is not complete; 0 where there is none. */
  long headNanos() {
    return phase == Phase.HEAD ? System.nanoTime() - headSince : 0;
  }

  /** Whether it was told to end, or has ended. */
  boolean isEnding() {
    return ending || isClosed();
  }

  /** An event is about to be handled: bytes came, or a thread has an answer. */
  void beginWork() {
    reading.end(0);
    if (phase == Phase.IDLE) {
      reading.restart();
    }
    phase = Phase.REQUEST;
  }

  /** An event was handled. */
  void endWork(SocketState state) {
    switch (state) {
      case OPEN -> {
        headBegun = false;
        reading.restart();
        phase = Phase.IDLE;
      }
      case LONG -> {
        if (getCurrentProcessor() instanceof Processor processor && !processor.isAsync()) {
          if (!headBegun) {
            headBegun = true;
            headSince = System.nanoTime();
          }
          phase = Phase.HEAD;
        }
      }
      case CLOSED -> ending = true;
      default -> phase = Phase.OTHER;
    }
  }

  // ---- The next request

  /**
   * A thread serves requests from now on.
   *
   * @param info tells how far
   */
  void beginRequests(RequestInfo info) {
    progress = info;
    answered = false;
  }

  /** It serves no more. */
  void endRequests() throws IOException {
    progress = null;
    if (place != null) {
      place.close();
      place = null;
    }
  }

  /** Whether Tomcat reads to see if there is another request, and there was one just now. */
  private boolean isBetweenRequests() {
    return answered && progress != null && progress.getStage() == Constants.STAGE_KEEPALIVE;
  }

  /** Waits for the next request, once an answer, if there is a place to. */
  private void awaitNext() throws IOException {
    answered = false;
    SocketChannel channel = getSocket().getIOChannel();
    if (place == null && channel != null) {
      place = ((HttpEndpoint) getEndpoint()).nextRequests().take(channel);
    }
    if (place != null) {
      place.await();
    }
  }

  // ---- Reading

  @Override
  public void registerReadInterest() {
    reading.begin();
    super.registerReadInterest();
  }

  /**
   * Reads into Tomcat's buffer, which has room for a head. A body that fills it is read {@link
   * #largest} bytes at once from then on.
   */
  @Override
  public int read(boolean block, ByteBuffer to) throws IOException {
    try {
      int count = secure ? readSecure(block, to) : readPlain(block, to);
      if (count > 0) {
        reading.end(count);
        writing.restart();
      }
      return count;
    } catch (EOFException e) {
      if (ending) {
        throw new SocketTimeoutException("the request did not come in time");
      }
      throw e;
    }
  }

  private int readSecure(boolean block, ByteBuffer to) throws IOException {
    int count = super.read(block, to);
    if (count == 0 && !block && isBetweenRequests()) {
      awaitNext();
      count = super.read(false, to);
    }
    return count;
  }

  private int readPlain(boolean block, ByteBuffer to) throws IOException {
    int count = populateReadBuffer(to);
    if (count > 0) {
      return count;
    }
    if (!block && ahead == null && isBetweenRequests()) {
      awaitNext();
    }
    count = ahead == null ? getSocket().read(to) : readAhead(ahead, to);
    if (count < 0) {
      throw new EOFException();
    }
    updateLastRead();
    if (count == 0 && block) {
      // Waits, and reads no more than its own buffer has room for.
      count = super.read(true, to);
    }
    if (ahead == null && !to.hasRemaining()) {
      ahead = ByteBuffer.allocate(largest).limit(0);
    }
    return count;
  }

  private int readAhead(ByteBuffer buffer, ByteBuffer to) throws IOException {
    if (!buffer.hasRemaining()) {
      int count;
      buffer.clear();
      try {
        count = getSocket().read(buffer);
      } finally {
        buffer.flip();
      }
      if (count <= 0) {
        return count;
      }
    }
    return transfer(buffer, to);
  }

  // ---- Writing

  @Override
  public void registerWriteInterest() {
    writing.begin();
    super.registerWriteInterest();
  }

  @Override
  protected void writeBlocking(byte[] bytes, int offset, int length) throws IOException {
    makeRoom(length);
    super.writeBlocking(bytes, offset, length);
  }

  @Override
  protected void writeBlocking(ByteBuffer from) throws IOException {
    makeRoom(from.remaining());
    super.writeBlocking(from);
  }

  @Override
  protected void writeNonBlocking(byte[] bytes, int offset, int length) throws IOException {
    makeRoom(length);
    super.writeNonBlocking(bytes, offset, length);
  }

  @Override
  protected void writeNonBlocking(ByteBuffer from) throws IOException {
    makeRoom(from.remaining());
    super.writeNonBlocking(from);
  }

  /** Takes a larger buffer for what the one that there is would be written in pieces of. */
  private void makeRoom(int bytes) {
    SocketBufferHandler now = socketBufferHandler;
    int capacity = now.getWriteBuffer().capacity();
    if (secure || isClosed() || capacity >= largest) {
      return;
    }
    now.configureWriteBufferForRead();
    ByteBuffer held = now.getWriteBuffer();
    int needed = held.remaining() + bytes;
    if (needed <= capacity) {
      return;
    }
    int size = Math.min(largest, needed <= USUAL ? USUAL : largest);
    SocketBufferHandler larger =
        new SocketBufferHandler(now.getReadBuffer().capacity(), size, false);
    larger.getWriteBuffer().put(held);
    now.configureReadBufferForRead();
    larger.getReadBuffer().put(now.getReadBuffer());
    socketBufferHandler = larger;
  }

  @Override
  protected void doWrite(boolean block, ByteBuffer buffer) throws IOException {
    int before = buffer.remaining();
    try {
      super.doWrite(block, buffer);
    } finally {
      int moved = before - buffer.remaining();
      if (moved > 0) {
        // An answer goes out: what comes in next is another request.
        writing.end(moved);
        reading.restart();
        headBegun = false;
        answered = true;
      }
    }
  }

  // ---- What the watch does

  /** Gives the memory of large bodies back; for a connection that has nothing to do. */
  void shrink() {
    if (secure || !getLock().tryLock()) {
      return;
    }
    try {
      SocketBufferHandler now = socketBufferHandler;
      if (phase != Phase.IDLE || isClosed()) {
        return;
      }
      if (ahead != null && !ahead.hasRemaining()) {
        ahead = null;
      }
      if (now.getWriteBuffer().capacity() > SMALLEST
          && now.isWriteBufferEmpty()
          && now.isReadBufferEmpty()) {
        socketBufferHandler = new SocketBufferHandler(SMALLEST, SMALLEST, false);
      }
    } finally {
      getLock().unlock();
    }
  }

  /**
   * Closes a connection between requests, or in the middle of a head; one whose client has just
   * sent something stays.
   */
  void closeUnused() {
    if (!getLock().tryLock()) {
      return;
    }
    try {
      if ((phase == Phase.IDLE || phase == Phase.HEAD) && interestOpsHas(SelectionKey.OP_READ)) {
        ending = true;
        close();
      }
    } finally {
      getLock().unlock();
    }
  }

  /**
   * Ends a request whose body does not come: whoever reads it gets a {@code
   * SocketTimeoutException}.
   */
  void endInput() throws IOException {
    SocketChannel channel = getSocket().getIOChannel();
    if (channel != null) {
      ending = true;
      channel.shutdownInput();
    }
  }

  /** Ends an answer that is not read: whoever writes it gets an {@code IOException}. */
  void endOutput() throws IOException {
    SocketChannel channel = getSocket().getIOChannel();
    if (channel != null) {
      ending = true;
      // What the kernel still holds of the answer goes at once.
      channel.setOption(StandardSocketOptions.SO_LINGER, NO_LINGER);
      channel.shutdownOutput();
    }
  }
}

package dev.keepgate.api.http;

import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Collection;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.apache.tomcat.util.threads.ThreadPoolExecutor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accepts connections, and keeps room for the next one. */
final class HttpEndpoint extends NioEndpoint {

  private static final Logger log = LoggerFactory.getLogger(HttpEndpoint.class);
  private static final int WAITING_PART = 8;

  private ConnectionWatch watch = new ConnectionWatch(open(), ConnectionLimits.NONE);
  private int largestBuffer = HttpConnection.SMALLEST;
  private volatile boolean closesListener;
  private volatile NextRequests nextRequests = new NextRequests(0);

  /**
   * @param largestBuffer bytes that are read or written at once
   */
  void configure(ConnectionLimits limits, int largestBuffer) {
    this.watch = new ConnectionWatch(open(), limits);
    this.largestBuffer = largestBuffer;
    setMaxConnections(limits.maxConnections());
  }

  ConnectionWatch watch() {
    return watch;
  }

  /** Connections that are open; all of them are made below. */
  @SuppressWarnings("unchecked")
  Collection<HttpConnection> open() {
    return (Collection<HttpConnection>) (Collection<?>) connections.values();
  }

  /** Where threads wait for their connections' next requests. */
  NextRequests nextRequests() {
    return nextRequests;
  }

  /** A small part of a pool's threads may wait: the others are for those who have asked. */
  @Override
  public void startInternal() throws Exception {
    super.startInternal();
    if (getExecutor() instanceof ThreadPoolExecutor pool) {
      nextRequests = new NextRequests(Math.max(1, pool.getMaximumPoolSize() / WAITING_PART));
    }
  }

  @Override
  public void stopInternal() {
    super.stopInternal();
    nextRequests.close();
  }

  /** What Tomcat does, with connections of our own. */
  @Override
  protected boolean setSocketOptions(SocketChannel socket) {
    try {
      watch.makeRoom();
      NioChannel channel = createChannel(HttpConnection.buffers(this, largestBuffer));
      HttpConnection connection = new HttpConnection(channel, this, largestBuffer);
      channel.reset(socket, connection);
      connections.put(socket, connection);
      socket.configureBlocking(false);
      getSocketProperties().setProperties(socket.socket());
      connection.setReadTimeout(getConnectionTimeout());
      connection.setWriteTimeout(getConnectionTimeout());
      connection.setKeepAliveLeft(getMaxKeepAliveRequests());
      getPoller().register(connection);
      return true;
    } catch (IOException e) {
      log.debug("A connection was gone before it began", e);
    } catch (Throwable e) {
      log.error("A connection could not begin", e);
    }
    if (!connections.containsKey(socket)) {
      super.destroySocket(socket);
    }
    return false;
  }

  /**
   * While the listener closes, the connection that the acceptor was woken with may be a client's.
   */
  @Override
  protected void destroySocket(SocketChannel socket) {
    if (!closesListener || !setSocketOptions(socket)) {
      super.destroySocket(socket);
    }
  }

  /** Takes no more connections; those that the kernel has taken are served. */
  void closeListener() {
    closesListener = true;
    try {
      closeServerSocketGraceful();
    } finally {
      closesListener = false;
    }
  }

  @Override
  protected void doCloseServerSocket() throws IOException {
    if (closesListener && getServerSocket() instanceof ServerSocketChannel listener) {
      listener.configureBlocking(false);
      for (SocketChannel next = listener.accept(); next != null; next = listener.accept()) {
        setSocketOptions(next);
      }
    }
    super.doCloseServerSocket();
  }

  /** Notes where a connection stands whenever one of its events has been handled. */
  record PhaseHandler(Handler<NioChannel> next) implements Handler<NioChannel> {

    @Override
    public SocketState process(SocketWrapperBase<NioChannel> socket, SocketEvent event) {
      HttpConnection connection = (HttpConnection) socket;
      connection.beginWork();
      SocketState state = next.process(socket, event);
      connection.endWork(state);
      return state;
    }

    @Override
    public Object getGlobal() {
      return next.getGlobal();
    }

    @Override
    public void release(SocketWrapperBase<NioChannel> socket) {
      next.release(socket);
    }

    @Override
    public void pause() {
      next.pause();
    }

    @Override
    public void recycle() {
      next.recycle();
    }
  }
}

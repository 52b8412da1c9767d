package dev.keepgate.api.http;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.coyote.Processor;
import org.apache.coyote.http11.Http11NioProtocol;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 as Tomcat speaks it, with connections that cost little while nothing passes through
 * them, and a watch over those whose clients are slow. Tomcat makes it by its name.
 */
public final class HttpProtocol extends Http11NioProtocol {

  private final HttpEndpoint endpoint;
  private @Nullable ScheduledFuture<?> watching;

  public HttpProtocol() {
    this(new HttpEndpoint());
  }

  private HttpProtocol(HttpEndpoint endpoint) {
    super(endpoint);
    this.endpoint = endpoint;
    endpoint.setHandler(new HttpEndpoint.PhaseHandler(endpoint.getHandler()));
  }

  @Override
  protected Processor createProcessor() {
    return new HttpRequests(this, getAdapter());
  }

  /**
   * To be called before it starts.
   *
   * @param largestBuffer bytes that are read or written at once
   */
  void configure(ConnectionLimits limits, int largestBuffer) {
    endpoint.configure(limits, largestBuffer);
  }

  @Override
  public void start() throws Exception {
    super.start();
    long interval = ConnectionWatch.INTERVAL.toMillis();
    watching =
        getUtilityExecutor()
            .scheduleWithFixedDelay(endpoint.watch(), interval, interval, TimeUnit.MILLISECONDS);
  }

  @Override
  public void stop() throws Exception {
    if (watching != null) {
      watching.cancel(false);
      watching = null;
    }
    super.stop();
  }

  /** Ends every connection with the answer of its next request. */
  void endConnectionsWithTheirAnswers() {
    setMaxKeepAliveRequests(1);
  }

  /** Takes no more connections. Those that are there, and what they ask, are served on. */
  void closeListener() {
    endpoint.closeListener();
  }

  /** Closes the connections that have been idle for so long. */
  void closeIdle(long nanos) {
    for (HttpConnection connection : endpoint.open()) {
      if (connection.phase() == HttpConnection.Phase.IDLE && connection.reading().nanos() > nanos) {
        connection.closeUnused();
      }
    }
  }

  int connections() {
    return endpoint.open().size();
  }
}

package dev.keepgate.api.http;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.apache.tomcat.util.net.ApplicationBufferHandler;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * Reads what is left of a body whose request has its answer, so that the connection can take
 * another request: without a thread, where Tomcat would have one wait for it.
 */
final class UnreadBodyValve extends ValveBase {

  /** Bytes that are read and thrown away, as many as Tomcat does; of more the connection ends. */
  private static final int MOST = 1 << 21;

  UnreadBodyValve() {
    super(true);
  }

  @Override
  public void invoke(Request request, Response response) throws IOException, ServletException {
    getNext().invoke(request, response);
    // Tomcat ends the connection of who waits to be asked for a body, and was not.
    if (!request.isAsync()
        && request.getHeader(HttpHeaders.EXPECT) == null
        && HttpCancellation.hasUnreadBody(request)) {
      discard(request, response);
    }
  }

  private static void discard(Request request, Response response) {
    Discarding rest = new Discarding(request);
    try {
      // A body that is broken must not change the answer that there is.
      response.flushBuffer();
      if (!rest.read()) {
        return;
      }
      if (request.getContentLengthLong() < 0
          || response.getCoyoteResponse().getContentLengthLong() < 0) {
        // At the last chunk of a read that does not wait Tomcat 11 goes on with the next request,
        // and the last chunk of an answer would come only after the body.
        HttpCancellation.leaveRest(request);
        return;
      }
      rest.begin();
    } catch (IOException | IllegalStateException e) {
      HttpCancellation.leaveRest(request);
    }
  }

  /**
   * Reads on as bytes come, from the connector: the request's own stream was closed with its
   * answer.
   */
  private static final class Discarding implements ReadListener, ApplicationBufferHandler {

    private final Request request;
    private final org.apache.coyote.Request connector;
    private @Nullable AsyncContext async;
    private ByteBuffer piece = ByteBuffer.allocate(0);
    private int size;

    Discarding(Request request) {
      this.request = request;
      this.connector = request.getCoyoteRequest();
    }

    void begin() {
      AsyncContext context = request.startAsync();
      // The connection has a deadline for the body.
      context.setTimeout(0);
      async = context;
      connector.setReadListener(this);
      if (isReady()) {
        connector.action(ActionCode.DISPATCH_READ, null);
      }
    }

    /**
     * Reads what is there.
     *
     * @return whether more has to come
     */
    boolean read() throws IOException {
      // What comes after the body is the next request's, and not to be asked for.
      while (HttpCancellation.hasUnreadBody(request)) {
        if (size >= MOST || !isThere()) {
          return true;
        }
        size += Math.max(0, connector.doRead(this));
      }
      return false;
    }

    private boolean isThere() {
      connector.action(ActionCode.AVAILABLE, true);
      return connector.getAvailable() > 0;
    }

    /** Whether bytes are there; otherwise the connection tells when they are. */
    private boolean isReady() {
      AtomicBoolean ready = new AtomicBoolean();
      connector.action(ActionCode.NB_READ_INTEREST, ready);
      return ready.get();
    }

    @Override
    public void onDataAvailable() throws IOException {
      while (!connector.isFinished() && isReady()) {
        boolean more = read();
        if (more && size >= MOST) {
          leave();
          return;
        }
      }
    }

    @Override
    public void onAllDataRead() {
      end();
    }

    @Override
    public void onError(Throwable failure) {
      leave();
    }

    private void leave() {
      HttpCancellation.leaveRest(request);
      end();
    }

    private void end() {
      AsyncContext context = async;
      if (context != null) {
        context.complete();
      }
    }

    @Override
    public void setByteBuffer(ByteBuffer buffer) {
      piece = buffer;
    }

    @Override
    public ByteBuffer getByteBuffer() {
      return piece;
    }

    @Override
    public void expand(int size) {
      // The pieces are the connector's own.
    }
  }
}

package dev.keepgate.api.http;

import dev.keepgate.inference.CancellationSignal;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.catalina.connector.Request;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.apache.coyote.ContinueResponseTiming;

/**
 * Whether the client at the other end of a request's connection has gone.
 *
 * <p>A servlet is told that a client has gone when it reads or writes; one whose request is read,
 * and whose answer is not ready, does neither. So this has the connector read on: it finds nothing,
 * or the beginning of the next request, which it keeps, or the connection's end.
 */
public final class HttpCancellation implements CancellationSignal {

  private static final String ATTRIBUTE = HttpCancellation.class.getName();
  private static final int PIECE = 1 << 13;
  private static final int MOST_PIECES = 256;

  private final org.apache.coyote.Request request;

  private HttpCancellation(org.apache.coyote.Request request) {
    this.request = request;
  }

  /** The client of a request whose body has been read. */
  public static CancellationSignal of(HttpServletRequest request) {
    return request.getAttribute(ATTRIBUTE) instanceof CancellationSignal signal ? signal : NONE;
  }

  /**
   * The client of a request whose body is still read. Looking for its end has the connector read on
   * into the buffer of which the servlet still reads, so it is looked for only where that is empty.
   */
  public static CancellationSignal whileReading(HttpServletRequest request) throws IOException {
    CancellationSignal signal = of(request);
    InputStream body = request.getInputStream();
    return () -> {
      try {
        return body.available() == 0 && signal.isCancelled();
      } catch (IOException e) {
        return true;
      }
    };
  }

  /** Tells a client that waits to be told so (RFC 9110, 10.1.1) to send its body. */
  static void askForBody(HttpServletRequest request) {
    if (request.getAttribute(ATTRIBUTE) instanceof HttpCancellation connection) {
      connection.request.action(ActionCode.ACK, ContinueResponseTiming.ON_REQUEST_BODY_READ);
    }
  }

  /**
   * How many bytes of a body, none of which was read yet, the connector has read with its head. The
   * stream says only whether there are any.
   */
  static int buffered(HttpServletRequest request) {
    return request.getAttribute(ATTRIBUTE) instanceof HttpCancellation connection
        ? connection.available(false)
        : 0;
  }

  /**
   * The connector says that there is a byte where its read fails, since reading that byte would
   * fail too. Of a true byte, the first of the next request, it either knows without reading, or
   * says so only once.
   */
  @Override
  public boolean isCancelled() {
    return available(true) == 1 && available(false) == 0 && available(true) == 1;
  }

  /**
   * Leaves a body unread, whose connection ends with the answer: the connector would read on, and
   * wait as long as the client likes. What has come already is read first, for a connection that
   * ends before that takes its answer with it (RFC 9112, 9.6).
   */
  public static void leaveBody(HttpServletRequest request) throws IOException {
    if (request.getAttribute(ATTRIBUTE) instanceof HttpCancellation caller) {
      InputStream body = request.getInputStream();
      byte[] piece = new byte[PIECE];
      for (int i = 0; i < MOST_PIECES && caller.available(true) > 0; i++) {
        if (body.read(piece) < 0) {
          break;
        }
      }
      caller.leaveRest();
    }
  }

  /**
   * Whether a read of a body would not wait: some of it is here, or its end, or the connection's.
   */
  public static boolean isBodyThere(HttpServletRequest request) throws IOException {
    return !(request.getAttribute(ATTRIBUTE) instanceof HttpCancellation connection)
        || request.getInputStream().available() > 0
        || connection.available(true) > 0
        || connection.isRead();
  }

  /**
   * Ends the connection of an answer that has begun and cannot be finished, so that nobody takes it
   * for whole: chunks without a last one (RFC 9112, 8). What was written is sent first.
   */
  public static void abortAnswer(HttpServletRequest request, HttpServletResponse response) {
    if (request.getAttribute(ATTRIBUTE) instanceof HttpCancellation connection) {
      try {
        response.flushBuffer();
        leaveBody(request);
      } catch (IOException e) {
        // Whoever has gone needs no end.
      } finally {
        connection.request.getResponse().action(ActionCode.CLOSE_NOW, null);
      }
    }
  }

  /** Leaves what has not come of a body that nobody reads on, as {@link #leaveBody} does. */
  static void leaveRest(HttpServletRequest request) {
    if (request.getAttribute(ATTRIBUTE) instanceof HttpCancellation connection) {
      connection.leaveRest();
    }
  }

  private void leaveRest() {
    if (!isRead()) {
      request.action(ActionCode.DISABLE_SWALLOW_INPUT, null);
    }
  }

  /**
   * Leaves the rest of a body whose request is refused, and has its connection end with the answer.
   */
  public static void refuseRest(HttpServletRequest request, HttpServletResponse response) {
    if (hasUnreadBody(request) && !response.isCommitted()) {
      response.setHeader("Connection", "close");
      try {
        leaveBody(request);
      } catch (IOException e) {
        // Whoever has gone has no rest.
      }
    }
  }

  /** Whether there is a body of which some has not been read. */
  static boolean hasUnreadBody(HttpServletRequest request) {
    return request.getAttribute(ATTRIBUTE) instanceof HttpCancellation connection
        && !connection.isRead();
  }

  private boolean isRead() {
    AtomicBoolean isRead = new AtomicBoolean();
    request.action(ActionCode.REQUEST_BODY_FULLY_READ, isRead);
    return isRead.get();
  }

  private int available(boolean reads) {
    request.action(ActionCode.AVAILABLE, reads);
    return request.getAvailable();
  }

  /** Keeps the connector's side of a request, which a servlet does not see. */
  static final class Valve extends ValveBase {

    Valve() {
      super(true);
    }

    @Override
    public void invoke(Request request, org.apache.catalina.connector.Response response)
        throws IOException, ServletException {
      request.setAttribute(ATTRIBUTE, new HttpCancellation(request.getCoyoteRequest()));
      getNext().invoke(request, response);
    }
  }
}

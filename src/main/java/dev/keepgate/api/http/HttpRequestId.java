package dev.keepgate.api.http;

import dev.keepgate.api.error.RequestId;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.slf4j.MDC;

/** A request's id over HTTP: in the answer's header, and in the log's context. */
final class HttpRequestId {

  private HttpRequestId() {}

  /** The id of the request that is answered; a response that was reset gets it anew. */
  static String of(HttpServletResponse response) {
    String id = response.getHeader(RequestId.HEADER);
    if (id == null) {
      id = RequestId.of(MDC.get(RequestId.NAME));
      response.setHeader(RequestId.HEADER, id);
    }
    return id;
  }

  /** Puts the id into the log's context of this thread. */
  static void log(HttpServletResponse response) {
    MDC.put(RequestId.NAME, of(response));
  }

  /** Takes it out again. */
  static void endLog() {
    MDC.remove(RequestId.NAME);
  }

  /** Names every request before anything can be answered. */
  static final class Valve extends ValveBase {

    Valve() {
      super(true);
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
      if (response.getHeader(RequestId.HEADER) == null) {
        response.setHeader(RequestId.HEADER, RequestId.of(request.getHeader(RequestId.HEADER)));
      }
      log(response);
      try {
        getNext().invoke(request, response);
      } finally {
        endLog();
      }
    }
  }
}

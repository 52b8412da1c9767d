package dev.keepgate.api.http;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * What names a request in its answer, in a problem document and in the log: the client's word,
 * where it is of a harmless form, or a random one.
 */
public final class RequestId {

  /** The header of HTTP, and in lower case the metadata of gRPC. */
  public static final String HEADER = "X-Request-Id";

  /** Its name in the log's context, and in problem documents. */
  public static final String NAME = "requestId";

  private static final int LONGEST = 64;

  private RequestId() {}

  static boolean isValid(String id) {
    if (id.isEmpty() || id.length() > LONGEST) {
      return false;
    }
    for (int i = 0; i < id.length(); i++) {
      char c = id.charAt(i);
      boolean alphanumeric =
          (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!alphanumeric && c != '-' && c != '_' && c != '.') {
        return false;
      }
    }
    return true;
  }

  /** The client's id, or a new one; nobody has to be kept from guessing it. */
  public static String of(@Nullable String asked) {
    return asked != null && isValid(asked)
        ? asked
        : HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
  }

  /** The id of the request that is answered; a response that was reset gets it anew. */
  static String of(HttpServletResponse response) {
    String id = response.getHeader(HEADER);
    if (id == null) {
      id = of(MDC.get(NAME));
      response.setHeader(HEADER, id);
    }
    return id;
  }

  /** Puts the id into the log's context of this thread. */
  static void log(HttpServletResponse response) {
    MDC.put(NAME, of(response));
  }

  /** Takes it out again. */
  static void endLog() {
    MDC.remove(NAME);
  }

  /** Names every request before anything can be answered. */
  static final class Valve extends ValveBase {

    Valve() {
      super(true);
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
      if (response.getHeader(HEADER) == null) {
        response.setHeader(HEADER, of(request.getHeader(HEADER)));
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

package dev.keepgate.api.http;

import dev.keepgate.api.access.AccessLog;
import dev.keepgate.api.error.RequestId;
import jakarta.servlet.ServletException;
import java.io.IOException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;

/** Writes the access log's lines of HTTP. Tomcat tells it when an answer has ended. */
final class AccessLogValve extends ValveBase implements org.apache.catalina.AccessLog {

  private final AccessLog log;

  AccessLogValve(AccessLog log) {
    super(true);
    this.log = log;
  }

  @Override
  public void invoke(Request request, Response response) throws IOException, ServletException {
    getNext().invoke(request, response);
  }

  @Override
  public void log(Request request, Response response, long time) {
    String id = response.getHeader(RequestId.HEADER);
    String path = request.getRequestURI();
    log.write(
        new AccessLog.Entry(
            new AccessLog.Origin(id == null ? "-" : id, caller(request)),
            String.valueOf(request.getMethod()),
            path == null ? "-" : path,
            Integer.toString(response.getStatus()),
            response.getStatus() >= 400,
            time));
  }

  private static String caller(Request request) {
    return request.getAttribute(AccessLog.CALLER) instanceof String name ? name : "";
  }

  @Override
  public void setRequestAttributesEnabled(boolean enabled) {}

  @Override
  public boolean getRequestAttributesEnabled() {
    return false;
  }
}

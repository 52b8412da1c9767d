package dev.keepgate.api.http;

import java.io.IOException;
import org.apache.coyote.Adapter;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.apache.coyote.http11.Http11Processor;
import org.apache.tomcat.util.net.AbstractEndpoint.Handler.SocketState;
import org.apache.tomcat.util.net.SocketWrapperBase;

/** The requests of a connection that one thread serves in a row; it knows how far each is. */
final class HttpRequests extends Http11Processor {

  HttpRequests(AbstractHttp11Protocol<?> protocol, Adapter adapter) {
    super(protocol, adapter);
  }

  @Override
  public SocketState service(SocketWrapperBase<?> socket) throws IOException {
    HttpConnection connection = (HttpConnection) socket;
    connection.beginRequests(request.getRequestProcessor());
    try {
      return super.service(socket);
    } finally {
      connection.endRequests();
    }
  }
}

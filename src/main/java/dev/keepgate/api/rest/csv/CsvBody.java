package dev.keepgate.api.rest.csv;

import dev.keepgate.api.http.HttpCancellation;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.FilterInputStream;
import java.io.IOException;

/** A request's body that has something done before a read that has to wait for the client. */
final class CsvBody extends FilterInputStream {

  private final HttpServletRequest request;
  private final ServletInputStream body;
  private Task beforeWaiting = () -> {};

  /** What is done meanwhile. */
  interface Task {
    void run() throws IOException;
  }

  CsvBody(HttpServletRequest request) throws IOException {
    this(request, request.getInputStream());
  }

  private CsvBody(HttpServletRequest request, ServletInputStream body) {
    super(body);
    this.request = request;
    this.body = body;
  }

  void beforeWaiting(Task task) {
    beforeWaiting = task;
  }

  @Override
  public int read() throws IOException {
    prepare();
    return body.read();
  }

  @Override
  public int read(byte[] to, int offset, int length) throws IOException {
    prepare();
    return body.read(to, offset, length);
  }

  private void prepare() throws IOException {
    if (!HttpCancellation.isBodyThere(request)) {
      beforeWaiting.run();
    }
  }
}

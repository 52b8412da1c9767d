package dev.keepgate.api.payload;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A request whose body is kept as it is read. */
final class CapturedRequest extends HttpServletRequestWrapper {

  private final Captured captured;
  private @Nullable ServletInputStream stream;

  CapturedRequest(HttpServletRequest request, int most, CaptureMemory memory) {
    super(request);
    captured = new Captured(most, memory);
  }

  Captured body() {
    return captured;
  }

  @Override
  public ServletInputStream getInputStream() throws IOException {
    ServletInputStream known = stream;
    if (known == null) {
      known = new Tee(super.getInputStream());
      stream = known;
    }
    return known;
  }

  private final class Tee extends ServletInputStream {
    private final ServletInputStream from;

    Tee(ServletInputStream from) {
      this.from = from;
    }

    @Override
    public int read() throws IOException {
      int read = from.read();
      if (read >= 0) {
        captured.add(new byte[] {(byte) read}, 0, 1);
      }
      return read;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int read = from.read(into, offset, length);
      if (read > 0) {
        captured.add(into, offset, read);
      }
      return read;
    }

    @Override
    public int available() throws IOException {
      return from.available();
    }

    @Override
    public boolean isFinished() {
      return from.isFinished();
    }

    @Override
    public boolean isReady() {
      return from.isReady();
    }

    @Override
    public void setReadListener(ReadListener listener) {
      from.setReadListener(listener);
    }

    @Override
    public void close() throws IOException {
      from.close();
    }
  }
}

package dev.keepgate.api.payload;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A response whose body is kept as it is written. */
final class CapturedResponse extends HttpServletResponseWrapper {

  private final int most;
  private final CaptureMemory memory;
  private Captured captured;
  private @Nullable ServletOutputStream stream;

  CapturedResponse(HttpServletResponse response, int most, CaptureMemory memory) {
    super(response);
    this.most = most;
    this.memory = memory;
    this.captured = new Captured(most, memory);
  }

  Captured body() {
    return captured;
  }

  @Override
  public void reset() {
    super.reset();
    again();
  }

  @Override
  public void resetBuffer() {
    super.resetBuffer();
    again();
  }

  private void again() {
    captured.drop();
    captured = new Captured(most, memory);
  }

  @Override
  public ServletOutputStream getOutputStream() throws IOException {
    ServletOutputStream known = stream;
    if (known == null) {
      known = new Tee(super.getOutputStream());
      stream = known;
    }
    return known;
  }

  private final class Tee extends ServletOutputStream {
    private final ServletOutputStream to;

    Tee(ServletOutputStream to) {
      this.to = to;
    }

    @Override
    public void write(int value) throws IOException {
      to.write(value);
      captured.add(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      to.write(bytes, offset, length);
      captured.add(bytes, offset, length);
    }

    @Override
    public void flush() throws IOException {
      to.flush();
    }

    @Override
    public boolean isReady() {
      return to.isReady();
    }

    @Override
    public void setWriteListener(WriteListener listener) {
      to.setWriteListener(listener);
    }

    @Override
    public void close() throws IOException {
      to.close();
    }
  }
}

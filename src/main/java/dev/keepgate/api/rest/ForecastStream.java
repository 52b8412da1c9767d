package dev.keepgate.api.rest;

import dev.keepgate.api.http.StreamFormat;
import dev.keepgate.api.json.ForecastWriter;
import dev.keepgate.inference.ForecastResult;
import dev.keepgate.inference.ForecastSink;
import dev.keepgate.tensor.JsonBuffer;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes a forecast as it is computed: a piece a step, and one with its model at the end. Nothing
 * is sent before the first step, so that what fails until then is answered as any problem.
 */
final class ForecastStream implements ForecastSink {

  private final StreamFormat format;
  private final HttpServletResponse response;
  private final JsonBuffer json = new JsonBuffer(1 << 12);

  /** In the format that the client asks for; null where it asks for none. */
  static @Nullable ForecastStream of(HttpServletRequest request, HttpServletResponse response) {
    StreamFormat format = StreamFormat.of(request.getHeader("Accept"));
    return format == null ? null : new ForecastStream(format, response);
  }

  private ForecastStream(StreamFormat format, HttpServletResponse response) {
    this.format = format;
    this.response = response;
  }

  @Override
  public void steps(ForecastResult forecast, int from, int to) throws IOException {
    OutputStream out = open();
    ForecastWriter writer = new ForecastWriter(forecast);
    for (int step = from; step < to; step++) {
      json.raw(format.before("step"));
      writer.writeStep(json, step);
      json.raw(format.after());
      if (json.size() > JsonBuffer.PIECE) {
        json.flushTo(out);
      }
    }
    json.flushTo(out);
    out.flush();
  }

  /** Writes the last piece. */
  void end(ForecastResult forecast) throws IOException {
    OutputStream out = open();
    json.raw(format.before("end"));
    new ForecastWriter(forecast).writeEnd(json);
    json.raw(format.after()).flushTo(out);
  }

  private OutputStream open() throws IOException {
    response.setContentType(format.mediaType());
    return response.getOutputStream();
  }
}

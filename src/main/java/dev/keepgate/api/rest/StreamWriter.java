package dev.keepgate.api.rest;

import dev.keepgate.api.http.StreamFormat;
import dev.keepgate.api.json.OutputWriter;
import dev.keepgate.inference.InferenceResult;
import dev.keepgate.inference.StepSink;
import dev.keepgate.tensor.JsonBuffer;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes an unroll as it is computed: a piece a time step, and one with the state at the end.
 * Nothing is sent before the first step, so that what fails until then is answered as any problem.
 */
final class StreamWriter implements StepSink {

  private static final int FLUSH_BYTES = 1 << 16;

  private final StreamFormat format;
  private final HttpServletResponse response;
  private final JsonBuffer json = new JsonBuffer(1 << 12);

  StreamWriter(StreamFormat format, HttpServletResponse response) {
    this.format = format;
    this.response = response;
  }

  @Override
  public void steps(InferenceResult result, int from, int to) throws IOException {
    OutputStream out = open();
    OutputWriter outputs = OutputWriter.of(result).streamed();
    for (int step = from; step < to && !outputs.isEmpty(); step++) {
      json.raw(format.before("step")).raw("{\"step\":" + step + ",");
      outputs.writeStep(json, step);
      outputs.writeClasses(json, step);
      json.raw("}").raw(format.after());
      if (json.size() > FLUSH_BYTES) {
        json.flushTo(out);
      }
    }
    json.flushTo(out);
    out.flush();
  }

  /** Writes the last piece: which model it was, and perhaps its state. */
  void end(InferenceResult result, boolean returnsState) throws IOException {
    OutputStream out = open();
    json.raw(format.before("end"));
    new ResultWriter(result, returnsState).writeEnd(json);
    json.raw(format.after()).flushTo(out);
  }

  private OutputStream open() throws IOException {
    response.setContentType(format.mediaType());
    return response.getOutputStream();
  }
}

package dev.keepgate.api.rest;

import dev.keepgate.api.http.StreamFormat;
import dev.keepgate.inference.AnswerEncoder;
import dev.keepgate.inference.GenerateResult;
import dev.keepgate.inference.TokenSink;
import dev.keepgate.tensor.JsonBuffer;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes a text as it is computed: a piece a token, and one with the whole at the end. Nothing is
 * sent before the first token, so that what fails until then is answered as any problem.
 */
final class TokenWriter implements TokenSink, AnswerEncoder<GenerateResult, Boolean> {

  private final StreamFormat format;
  private final HttpServletResponse response;
  private final JsonBuffer json = new JsonBuffer(1 << 12);

  TokenWriter(StreamFormat format, HttpServletResponse response) {
    this.format = format;
    this.response = response;
  }

  @Override
  public void token(Token token) throws IOException {
    json.raw(format.before("step")).raw("{");
    if (token.row() != null) {
      json.raw("\"row\":" + token.row() + ",");
    }
    json.raw("\"step\":" + token.step() + ",\"id\":" + token.id());
    if (token.text() != null) {
      json.raw(",\"text\":").string(token.text());
    }
    if (token.probability() != null) {
      json.raw(",\"probability\":" + token.probability());
    }
    json.raw("}").raw(format.after());
    if (json.size() > JsonBuffer.PIECE) {
      json.flushTo(open());
    }
  }

  @Override
  public void flush() throws IOException {
    OutputStream out = open();
    json.flushTo(out);
    out.flush();
  }

  @Override
  public long encodedBytes(long numbers) {
    return BodyFormat.encodedBytes(numbers, false);
  }

  /** Writes the last piece, which is what an answer that comes whole is. */
  @Override
  public Boolean encode(GenerateResult result) throws IOException {
    json.raw(format.before("end"));
    new GenerateWriter(result).write(json);
    json.raw(format.after()).flushTo(open());
    return true;
  }

  private OutputStream open() throws IOException {
    response.setContentType(format.mediaType());
    return response.getOutputStream();
  }
}

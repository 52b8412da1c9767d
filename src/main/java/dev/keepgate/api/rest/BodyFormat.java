package dev.keepgate.api.rest;

import dev.keepgate.tensor.JsonBuffer;
import dev.keepgate.tensor.LittleEndian;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.springframework.http.MediaType;

/** In what tensors come and go. */
final class BodyFormat {

  /** Bytes of JSON that are gathered before any is sent. */
  private static final int LONGEST_WHOLE = 1 << 20;

  private BodyFormat() {}

  /**
   * Bytes that writing an answer of so many numbers takes.
   *
   * @param binary whether it is
   */
  static long encodedBytes(long numbers, boolean binary) {
    if (binary) {
      // States of several cells are put behind each other.
      return Float.BYTES * numbers + LittleEndian.PIECE;
    }
    return isShort(numbers) ? 2L * JsonBuffer.estimate(numbers) : 2L * JsonBuffer.PIECE;
  }

  private static boolean isShort(long numbers) {
    return JsonBuffer.estimate(numbers) <= LONGEST_WHOLE;
  }

  /** What writes an answer's JSON. */
  interface JsonWriter {
    void write(JsonBuffer json);
  }

  /**
   * Sends JSON, of a known length where it is short, else a piece at a time.
   *
   * @param numbers how many it has, about
   */
  static void send(long numbers, JsonWriter writer, HttpServletResponse response)
      throws IOException {
    response.setContentType(MediaType.APPLICATION_JSON_VALUE);
    if (isShort(numbers)) {
      JsonBuffer json = new JsonBuffer(JsonBuffer.estimate(numbers));
      writer.write(json);
      response.setContentLength(json.size());
      json.flushTo(response.getOutputStream());
      return;
    }
    try {
      JsonBuffer json = new JsonBuffer(response.getOutputStream());
      writer.write(json);
      json.flush();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}

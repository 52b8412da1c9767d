package dev.keepgate.api.rest;

import dev.keepgate.tensor.JsonBuffer;
import dev.keepgate.tensor.LittleEndian;
import dev.keepgate.tensor.Safetensors;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;

/** In what tensors come and go. */
final class BodyFormat {

  /** Bytes of JSON that are gathered before any is sent. */
  private static final int LONGEST_WHOLE = 1 << 20;

  private BodyFormat() {}

  static boolean isSafetensors(@Nullable String contentType) {
    return contentType != null && contentType.startsWith(Safetensors.MEDIA_TYPE);
  }

  /**
   * JSON, unless safetensors is asked for by name, and not after or below JSON: clients that are
   * generated name all that a document has, the first first.
   */
  static boolean prefersSafetensors(@Nullable String accept) {
    if (accept == null || accept.equals(MediaType.APPLICATION_JSON_VALUE)) {
      return false;
    }
    List<MediaType> named = new ArrayList<>(MediaType.parseMediaTypes(accept));
    named.removeIf(type -> !type.isConcrete() || !(isJson(type) || isSafetensors(type)));
    // The order of those that are liked as well stays.
    named.sort(Comparator.comparingDouble(MediaType::getQualityValue).reversed());
    return !named.isEmpty() && isSafetensors(named.get(0));
  }

  private static boolean isJson(MediaType type) {
    return type.isCompatibleWith(MediaType.APPLICATION_JSON);
  }

  private static boolean isSafetensors(MediaType type) {
    return type.isCompatibleWith(MediaType.valueOf(Safetensors.MEDIA_TYPE));
  }

  /**
   * Bytes that writing an answer of so many numbers takes.
   *
   * @param safetensors whether it is binary
   */
  static long encodedBytes(long numbers, boolean safetensors) {
    if (safetensors) {
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

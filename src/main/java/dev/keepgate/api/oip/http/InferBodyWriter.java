package dev.keepgate.api.oip.http;

import dev.keepgate.api.http.Encoding;
import dev.keepgate.api.oip.InferCall;
import dev.keepgate.api.oip.InferResponse;
import dev.keepgate.api.oip.Parameters;
import dev.keepgate.tensor.JsonBuffer;
import dev.keepgate.tensor.LittleEndian;
import dev.keepgate.tensor.Tensor;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import tools.jackson.databind.json.JsonMapper;

/** Writes the answer to an infer request: JSON, and behind it the tensors that are to be binary. */
final class InferBodyWriter {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Bytes of an answer that are gathered before any is sent. */
  private static final int LONGEST_WHOLE = 1 << 20;

  private final InferCall call;
  private final InferResponse answer;

  InferBodyWriter(InferCall call, InferResponse answer) {
    this.call = call;
    this.answer = answer;
  }

  /**
   * Bytes that writing an answer takes beside the result.
   *
   * @param numbers how many numbers the answer has
   */
  static long bytes(InferCall call, long numbers) {
    // States of several cells are put behind each other, and short answers are packed whole.
    long stacked = Float.BYTES * numbers + 3L * LONGEST_WHOLE;
    // JSON before binary tensors is gathered, for its length is said first.
    return stacked + (call.outputs().size() > 1 ? 2L * JsonBuffer.estimate(numbers) : 0);
  }

  private static boolean isBinaryByDefault(InferCall call) {
    return Boolean.TRUE.equals(call.parameters().flag(Parameters.BINARY_OUTPUT));
  }

  private boolean isBinary(int output) {
    Boolean asked = call.outputs().isEmpty() ? null : call.outputs().get(output).binary();
    return asked != null ? asked : isBinaryByDefault(call);
  }

  private List<InferResponse.Output> binary() {
    List<InferResponse.Output> binary = new ArrayList<>();
    for (int i = 0; i < answer.outputs().size(); i++) {
      if (isBinary(i)) {
        binary.add(answer.outputs().get(i));
      }
    }
    return binary;
  }

  /**
   * Sends it.
   *
   * @param packs how it is to be packed; null where it is not
   */
  void send(@Nullable Encoding packs, HttpServletResponse response) throws IOException {
    if (packs != null) {
      response.setHeader("Content-Encoding", packs.header());
    }
    List<InferResponse.Output> binary = binary();
    if (binary.isEmpty()) {
      sendJson(packs, response);
    } else {
      sendBinary(binary, packs, response);
    }
  }

  private void sendJson(@Nullable Encoding packs, HttpServletResponse response) throws IOException {
    response.setContentType(MediaType.APPLICATION_JSON_VALUE);
    long numbers = answer.outputs().stream().mapToLong(InferBodyWriter::numbers).sum();
    int estimate = JsonBuffer.estimate(numbers);
    if (estimate > LONGEST_WHOLE) {
      try (OutputStream out = packed(response.getOutputStream(), packs)) {
        JsonBuffer json = new JsonBuffer(out);
        writeJson(json);
        json.flush();
      }
      return;
    }
    JsonBuffer json = new JsonBuffer(estimate);
    writeJson(json);
    if (packs == null) {
      response.setContentLength(json.size());
      json.flushTo(response.getOutputStream());
      return;
    }
    ByteArrayOutputStream whole = new ByteArrayOutputStream(json.size());
    try (OutputStream out = packs.encode(whole)) {
      json.flushTo(out);
    }
    response.setContentLength(whole.size());
    whole.writeTo(response.getOutputStream());
  }

  /** How many numbers a tensor has; of text how many would be as long, about. */
  private static long numbers(InferResponse.Output output) {
    return output instanceof InferResponse.Classes classes
        ? classes.classes().stream().mapToLong(text -> 1 + text.length() / 8).sum()
        : Tensor.count(output.shape());
  }

  private static OutputStream packed(OutputStream out, @Nullable Encoding packs)
      throws IOException {
    return packs == null ? out : packs.encode(out);
  }

  private void sendBinary(
      List<InferResponse.Output> binary, @Nullable Encoding packs, HttpServletResponse response)
      throws IOException {
    JsonBuffer json = new JsonBuffer(1 << 10);
    writeJson(json);
    int jsonLength = json.size();
    response.setHeader(InferHandler.JSON_LENGTH, Integer.toString(jsonLength));
    response.setContentType(MediaType.APPLICATION_OCTET_STREAM_VALUE);
    if (packs == null) {
      long bytes = binary.stream().mapToLong(InferBodyWriter::rawBytes).sum();
      response.setContentLengthLong(jsonLength + bytes);
    }
    try (OutputStream out = packed(response.getOutputStream(), packs)) {
      json.flushTo(out);
      for (InferResponse.Output output : binary) {
        if (output instanceof InferResponse.Classes classes) {
          out.write(classes.raw());
        } else {
          LittleEndian.write(((InferResponse.Numbers) output).tensor().values(), out);
        }
      }
    }
  }

  private static long rawBytes(InferResponse.Output output) {
    return output instanceof InferResponse.Classes classes
        ? classes.raw().length
        : Float.BYTES * Tensor.count(output.shape());
  }

  private void writeJson(JsonBuffer json) {
    json.raw("{\"model_name\":\"" + answer.model().name());
    json.raw("\",\"model_version\":\"" + answer.model().version() + "\"");
    if (!answer.id().isEmpty()) {
      json.raw(",\"id\":").text(JSON.writeValueAsString(answer.id()));
    }
    if (!answer.parameters().isEmpty()) {
      json.raw(",\"parameters\":").text(JSON.writeValueAsString(answer.parameters()));
    }
    json.raw(",\"outputs\":[");
    for (int i = 0; i < answer.outputs().size(); i++) {
      InferResponse.Output output = answer.outputs().get(i);
      json.comma().raw("{\"name\":\"" + output.name() + "\",\"datatype\":\"");
      json.raw(output.datatype() + "\",\"shape\":" + shape(output.shape()));
      if (isBinary(i)) {
        json.raw(",\"parameters\":{\"binary_data_size\":" + rawBytes(output) + "}}");
      } else {
        writeData(json.raw(",\"data\":"), output);
        json.raw("}");
      }
    }
    json.raw("]}");
  }

  private static void writeData(JsonBuffer json, InferResponse.Output output) {
    if (output instanceof InferResponse.Classes classes) {
      json.raw("[");
      classes.classes().forEach(text -> json.comma().string(text));
      json.raw("]");
      return;
    }
    float[] values = ((InferResponse.Numbers) output).tensor().values();
    json.tensor(values, 0, values.length);
  }

  private static String shape(int[] shape) {
    StringBuilder text = new StringBuilder("[");
    for (int size : shape) {
      text.append(text.length() > 1 ? "," : "").append(size);
    }
    return text.append(']').toString();
  }
}

package dev.keepgate.api.oip.http;

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

  private List<Tensor.Floats> binary() {
    List<Tensor.Floats> binary = new ArrayList<>();
    for (int i = 0; i < answer.outputs().size(); i++) {
      if (isBinary(i)) {
        binary.add(answer.outputs().get(i).tensor());
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
    List<Tensor.Floats> binary = binary();
    if (binary.isEmpty()) {
      sendJson(packs, response);
    } else {
      sendBinary(binary, packs, response);
    }
  }

  private void sendJson(@Nullable Encoding packs, HttpServletResponse response) throws IOException {
    response.setContentType(MediaType.APPLICATION_JSON_VALUE);
    long numbers =
        answer.outputs().stream().mapToLong(output -> output.tensor().values().length).sum();
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
    ByteArrayOutputStream whole = new ByteArrayOutputStream(json.size());
    try (OutputStream out = packed(whole, packs)) {
      json.flushTo(out);
    }
    response.setContentLength(whole.size());
    whole.writeTo(response.getOutputStream());
  }

  private static OutputStream packed(OutputStream out, @Nullable Encoding packs)
      throws IOException {
    return packs == null ? out : packs.encode(out);
  }

  private void sendBinary(
      List<Tensor.Floats> binary, @Nullable Encoding packs, HttpServletResponse response)
      throws IOException {
    JsonBuffer json = new JsonBuffer(1 << 10);
    writeJson(json);
    int jsonLength = json.size();
    response.setHeader(OipController.JSON_LENGTH, Integer.toString(jsonLength));
    response.setContentType(MediaType.APPLICATION_OCTET_STREAM_VALUE);
    if (packs == null) {
      long numbers = binary.stream().mapToLong(tensor -> tensor.values().length).sum();
      response.setContentLengthLong(jsonLength + Float.BYTES * numbers);
    }
    try (OutputStream out = packed(response.getOutputStream(), packs)) {
      json.flushTo(out);
      for (Tensor.Floats tensor : binary) {
        LittleEndian.write(tensor.values(), out);
      }
    }
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
      json.comma().raw("{\"name\":\"" + output.name() + "\",\"datatype\":\"FP32\",\"shape\":");
      json.raw(shape(output.tensor().shape()));
      float[] values = output.tensor().values();
      if (isBinary(i)) {
        json.raw(",\"parameters\":{\"binary_data_size\":" + 4L * values.length + "}}");
      } else {
        json.raw(",\"data\":").tensor(values, 0, values.length).raw("}");
      }
    }
    json.raw("]}");
  }

  private static String shape(int[] shape) {
    StringBuilder text = new StringBuilder("[");
    for (int size : shape) {
      text.append(text.length() > 1 ? "," : "").append(size);
    }
    return text.append(']').toString();
  }
}

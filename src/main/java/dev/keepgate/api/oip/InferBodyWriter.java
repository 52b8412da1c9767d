package dev.keepgate.api.oip;

import dev.keepgate.api.oip.InferCall.WantedOutput;
import dev.keepgate.api.tensor.JsonBuffer;
import dev.keepgate.model.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Writes the answer to an infer request: JSON, and behind it the tensors that are to be binary. */
final class InferBodyWriter {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private InferBodyWriter() {}

  /**
   * A body.
   *
   * @param jsonLength how many bytes of it are JSON; null where all are, and none follow
   */
  record Body(byte[] bytes, @Nullable Integer jsonLength) {}

  static Body write(InferCall call, InferAnswer answer) throws IOException {
    boolean all = Boolean.TRUE.equals(call.parameters().flag(Parameters.BINARY_OUTPUT));
    JsonBuffer json = new JsonBuffer(1 << 10);
    json.raw("{\"model_name\":\"" + answer.model().name());
    json.raw("\",\"model_version\":\"" + answer.model().version() + "\"");
    if (!answer.id().isEmpty()) {
      json.raw(",\"id\":").text(JSON.writeValueAsString(answer.id()));
    }
    if (!answer.parameters().isEmpty()) {
      json.raw(",\"parameters\":").text(JSON.writeValueAsString(answer.parameters()));
    }
    json.raw(",\"outputs\":[");
    List<Tensor.Floats> binary = new ArrayList<>();
    for (int i = 0; i < answer.outputs().size(); i++) {
      InferAnswer.Output output = answer.outputs().get(i);
      Boolean asked = call.outputs().isEmpty() ? null : binary(call.outputs().get(i));
      json.comma().raw("{\"name\":\"" + output.name() + "\",\"datatype\":\"FP32\",\"shape\":");
      json.raw(shape(output.tensor().shape()));
      float[] values = output.tensor().values();
      if (asked != null ? asked : all) {
        json.raw(",\"parameters\":{\"binary_data_size\":" + 4L * values.length + "}}");
        binary.add(output.tensor());
      } else {
        json.raw(",\"data\":").tensor(values, 0, values.length).raw("}");
      }
    }
    json.raw("]}");
    return body(json, binary);
  }

  private static @Nullable Boolean binary(WantedOutput output) {
    return output.binary();
  }

  private static Body body(JsonBuffer json, List<Tensor.Floats> binary) throws IOException {
    int length = json.size();
    int size = length;
    for (Tensor.Floats tensor : binary) {
      size = Math.addExact(size, Math.multiplyExact(tensor.values().length, 4));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(length);
    json.flushTo(out);
    if (binary.isEmpty()) {
      return new Body(out.toByteArray(), null);
    }
    ByteBuffer bytes = ByteBuffer.allocate(size).put(out.toByteArray());
    for (Tensor.Floats tensor : binary) {
      Datatype.write(tensor.values(), bytes);
    }
    return new Body(bytes.array(), length);
  }

  private static String shape(int[] shape) {
    StringBuilder text = new StringBuilder("[");
    for (int size : shape) {
      text.append(text.length() > 1 ? "," : "").append(size);
    }
    return text.append(']').toString();
  }
}

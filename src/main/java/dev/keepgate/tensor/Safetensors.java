package dev.keepgate.tensor;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * The safetensors format as a message body: a little-endian header length, a JSON header, the
 * tensors' bytes.
 */
public final class Safetensors {

  public static final String MEDIA_TYPE = "application/vnd.safetensors";

  private static final int MAX_TENSORS = 1024;
  private static final JsonFactory JSON = new JsonFactory();

  private Safetensors() {}

  /** Reads all tensors of a body that is bounded elsewhere. */
  public static Map<String, Tensor> read(byte[] body) {
    return read(body, body.length, ArrayMemory.UNBOUNDED);
  }

  /**
   * Reads all tensors of a body.
   *
   * @param size how many of the bytes are the body's
   * @param memory of the arrays that are made
   * @return reals as {@link Tensor.Floats}, or as {@link Tensor.Doubles} where they are F64,
   *     integers as {@link Tensor.Ints}, by name
   * @throws TensorFormatException if the body is not what it claims to be
   */
  public static Map<String, Tensor> read(byte[] body, int size, ArrayMemory memory) {
    ByteBuffer bytes = ByteBuffer.wrap(body, 0, size).order(ByteOrder.LITTLE_ENDIAN);
    int left = size - SafetensorsHeader.LENGTH_BYTES;
    if (left < 0) {
      throw new TensorFormatException(
          "", "a safetensors body begins with 8 bytes of header length");
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try {
      int header = SafetensorsHeader.checkLength(bytes.getLong(), left, left);
      int start = SafetensorsHeader.LENGTH_BYTES + header;
      for (SafetensorsHeader.Entry entry :
          SafetensorsHeader.read(
              body, SafetensorsHeader.LENGTH_BYTES, header, left - header, MAX_TENSORS)) {
        ByteBuffer data =
            bytes
                .slice(start + (int) entry.begin(), (int) (entry.end() - entry.begin()))
                .order(ByteOrder.LITTLE_ENDIAN);
        int width = entry.type() == DataType.F64 ? Double.BYTES : Float.BYTES;
        memory.change((long) width * (data.remaining() / entry.type().width()));
        tensors.put(entry.name(), tensor(data, entry));
      }
    } catch (SafetensorsException e) {
      throw new TensorFormatException(
          e.tensor().isEmpty() ? "" : TensorFormatException.token(e.tensor()), e.detail());
    }
    return tensors;
  }

  private static Tensor tensor(ByteBuffer data, SafetensorsHeader.Entry entry) {
    int[] shape = entry.shape();
    String pointer = TensorFormatException.token(entry.name());
    return switch (entry.type()) {
      case I64, I32 -> new Tensor.Ints(shape, entry.type().toInts(data, pointer));
      case F64 -> {
        double[] values = new double[data.remaining() / Double.BYTES];
        data.asDoubleBuffer().get(values);
        yield new Tensor.Doubles(shape, values);
      }
      case F32, F16, BF16 -> {
        float[] values = new float[data.remaining() / entry.type().width()];
        entry.type().toFloats(data, values, 0);
        yield new Tensor.Floats(shape, values);
      }
      default ->
          throw new TensorFormatException(
              pointer,
              "has type %s, not one of F64, F32, F16, BF16, I64, I32".formatted(entry.type()));
    };
  }

  /** Writes tensors as F32, in the order of the map. */
  public static void write(
      OutputStream out, Map<String, Tensor.Floats> tensors, Map<String, String> metadata)
      throws IOException {
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), header)) {
      json.writeStartObject();
      json.writeObjectPropertyStart("__metadata__");
      metadata.forEach(json::writeStringProperty);
      json.writeEndObject();
      long offset = 0;
      for (Map.Entry<String, Tensor.Floats> entry : tensors.entrySet()) {
        Tensor.Floats tensor = entry.getValue();
        long end = offset + (long) tensor.values().length * Float.BYTES;
        json.writeObjectPropertyStart(entry.getKey());
        json.writeStringProperty("dtype", "F32");
        json.writeName("shape");
        json.writeArray(tensor.shape(), 0, tensor.rank());
        json.writeName("data_offsets");
        json.writeArray(new long[] {offset, end}, 0, 2);
        json.writeEndObject();
        offset = end;
      }
      json.writeEndObject();
    }
    // The format asks for data that begins at a multiple of 8, padded with spaces.
    byte[] padded =
        (header.toString(StandardCharsets.UTF_8) + " ".repeat(-header.size() & 7))
            .getBytes(StandardCharsets.UTF_8);
    out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(padded.length).array());
    out.write(padded);
    for (Tensor.Floats tensor : tensors.values()) {
      LittleEndian.write(tensor.values(), out);
    }
  }
}

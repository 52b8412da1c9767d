package dev.keepgate.api.tensor;

import dev.keepgate.model.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * The safetensors format as a message body: a little-endian header length, a JSON header, the
 * tensors' bytes.
 */
public final class Safetensors {

  public static final String MEDIA_TYPE = "application/vnd.safetensors";

  private static final int MAX_TENSORS = 1024;
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(8).build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private record Entry(String type, int[] shape, long begin, long end) {}

  private Safetensors() {}

  /**
   * Reads all tensors of a body.
   *
   * @return reals as {@link Tensor.Floats}, integers as {@link Tensor.Ints}, by name
   * @throws TensorFormatException if the body is not what it claims to be
   */
  public static Map<String, Tensor> read(byte[] body) {
    ByteBuffer bytes = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
    if (body.length < 8) {
      throw new TensorFormatException(
          "", "a safetensors body begins with 8 bytes of header length");
    }
    long header = bytes.getLong();
    if (header < 2 || header > body.length - 8) {
      throw new TensorFormatException(
          "",
          "the header claims %s bytes, the body has %d left"
              .formatted(Long.toUnsignedString(header), body.length - 8));
    }
    Map<String, Entry> entries = readHeader(body, (int) header);
    int start = 8 + (int) header;
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    entries.forEach((name, entry) -> tensors.put(name, tensor(bytes, start, name, entry)));
    return tensors;
  }

  private static Map<String, Entry> readHeader(byte[] body, int length) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), body, 8, length)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new TensorFormatException("", "the safetensors header is not a JSON object");
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = json.currentName();
        json.nextToken();
        if (name.equals("__metadata__")) {
          json.skipChildren();
        } else {
          entries.put(name, readEntry(json, "/" + name));
        }
        if (entries.size() > MAX_TENSORS) {
          throw new TensorFormatException("", "more than " + MAX_TENSORS + " tensors");
        }
      }
    } catch (JacksonException e) {
      throw new TensorFormatException(
          "", "the safetensors header is not JSON: " + e.getOriginalMessage());
    }
    return entries;
  }

  private static Entry readEntry(JsonParser json, String pointer) {
    String type = "";
    Tensor.Ints shape = new Tensor.Ints(new int[] {0}, new int[0]);
    Tensor.Ints offsets = shape;
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new TensorFormatException(pointer, "expected an object");
    }
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "dtype" -> type = String.valueOf(json.getString());
        case "shape" -> shape = JsonTensorReader.readInts(json, pointer + "/shape");
        case "data_offsets" -> offsets = JsonTensorReader.readInts(json, pointer + "/data_offsets");
        default -> throw new TensorFormatException(pointer + "/" + field, "is unknown");
      }
    }
    if (offsets.values().length != 2 || shape.rank() != 1) {
      throw new TensorFormatException(pointer, "needs dtype, shape and two data_offsets");
    }
    return new Entry(type, shape.values(), offsets.values()[0], offsets.values()[1]);
  }

  private static Tensor tensor(ByteBuffer bytes, int start, String name, Entry entry) {
    String pointer = "/" + name;
    int width =
        switch (entry.type()) {
          case "F64", "I64" -> 8;
          case "F32", "I32" -> 4;
          case "F16", "BF16" -> 2;
          default ->
              throw new TensorFormatException(
                  pointer,
                  "has type %s, not one of F64, F32, F16, BF16, I64, I32".formatted(entry.type()));
        };
    long count = 1;
    for (int size : entry.shape()) {
      if (size < 0 || count * size > Integer.MAX_VALUE) {
        throw new TensorFormatException(
            pointer, "has the impossible shape " + Arrays.toString(entry.shape()));
      }
      count *= size;
    }
    if (entry.begin() < 0
        || entry.end() > bytes.capacity() - start
        || entry.end() - entry.begin() != count * width) {
      throw new TensorFormatException(
          pointer,
          "claims the bytes %d to %d for %d numbers of %d bytes, of a body that has %d"
              .formatted(entry.begin(), entry.end(), count, width, bytes.capacity() - start));
    }
    ByteBuffer data =
        bytes
            .slice(start + (int) entry.begin(), (int) (count * width))
            .order(ByteOrder.LITTLE_ENDIAN);
    return entry.type().startsWith("I")
        ? new Tensor.Ints(entry.shape(), ints(data, entry.type(), (int) count, pointer))
        : new Tensor.Floats(entry.shape(), floats(data, entry.type(), (int) count));
  }

  private static float[] floats(ByteBuffer data, String type, int count) {
    float[] values = new float[count];
    switch (type) {
      case "F32" -> data.asFloatBuffer().get(values);
      case "F64" -> {
        for (int i = 0; i < count; i++) {
          values[i] = (float) data.getDouble();
        }
      }
      case "BF16" -> {
        for (int i = 0; i < count; i++) {
          values[i] = Float.intBitsToFloat(data.getShort() << 16);
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          values[i] = halfToFloat(data.getShort());
        }
      }
    }
    return values;
  }

  /** IEEE 754 binary16; {@code Float.float16ToFloat} came with Java 20. */
  static float halfToFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >> 10) & 0x1f;
    int fraction = half & 0x3ff;
    if (exponent == 0x1f) {
      return Float.intBitsToFloat(sign | 0x7f800000 | fraction << 13);
    }
    if (exponent == 0) {
      float magnitude = fraction * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    return Float.intBitsToFloat(sign | (exponent + 112) << 23 | fraction << 13);
  }

  private static int[] ints(ByteBuffer data, String type, int count, String pointer) {
    int[] values = new int[count];
    if (type.equals("I32")) {
      data.asIntBuffer().get(values);
      return values;
    }
    for (int i = 0; i < count; i++) {
      long value = data.getLong();
      if (value != (int) value) {
        throw new TensorFormatException(
            pointer, "holds %d, beyond the range of a 32-bit integer".formatted(value));
      }
      values[i] = (int) value;
    }
    return values;
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
      ByteBuffer bytes =
          ByteBuffer.allocate(tensor.values().length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(tensor.values());
      out.write(bytes.array());
    }
  }
}

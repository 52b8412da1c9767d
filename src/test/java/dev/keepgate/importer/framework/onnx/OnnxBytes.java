package dev.keepgate.importer.framework.onnx;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes protocol buffer messages field by field, sound ones and others. */
final class OnnxBytes {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  static OnnxBytes message() {
    return new OnnxBytes();
  }

  OnnxBytes integer(int field, long value) {
    varint((long) field << 3);
    varint(value);
    return this;
  }

  OnnxBytes bytes(int field, byte[] value) {
    varint(((long) field << 3) | 2);
    varint(value.length);
    bytes.writeBytes(value);
    return this;
  }

  OnnxBytes string(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  OnnxBytes message(int field, OnnxBytes value) {
    return bytes(field, value.toBytes());
  }

  byte[] toBytes() {
    return bytes.toByteArray();
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes.write((int) ((rest & 0x7f) | 0x80));
      rest >>>= 7;
    }
    bytes.write((int) rest);
  }

  /** A model of one graph. */
  static byte[] model(OnnxBytes graph) {
    return message()
        .integer(1, 8)
        .message(7, graph)
        .message(8, message().string(1, "").integer(2, 17))
        .toBytes();
  }

  static OnnxBytes node(String operator, String name, List<String> inputs, List<String> outputs) {
    OnnxBytes node = message();
    inputs.forEach(input -> node.string(1, input));
    outputs.forEach(output -> node.string(2, output));
    return node.string(3, name).string(4, operator);
  }

  /** A tensor of 32-bit floats. */
  static OnnxBytes tensor(String name, long[] shape, float... values) {
    ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      raw.putFloat(value);
    }
    return header(name, shape).bytes(9, raw.array());
  }

  /** A tensor of 32-bit floats without its numbers. */
  static OnnxBytes header(String name, long... shape) {
    OnnxBytes tensor = message();
    for (long size : shape) {
      tensor.integer(1, size);
    }
    return tensor.integer(2, 1).string(8, name);
  }

  /** Where a tensor's numbers lie in another file. */
  static OnnxBytes beside(OnnxBytes header, String location, long offset) {
    return header
        .message(13, message().string(1, "location").string(2, location))
        .message(13, message().string(1, "offset").string(2, Long.toString(offset)))
        .integer(14, 1);
  }

  /** An input or output of dimensions, -1 for one that is open. */
  static OnnxBytes value(String name, long... dimensions) {
    OnnxBytes shape = message();
    for (long size : dimensions) {
      shape.message(1, size < 0 ? message().string(2, "any") : message().integer(1, size));
    }
    return message()
        .string(1, name)
        .message(2, message().message(1, message().integer(1, 1).message(2, shape)));
  }

  /** A graph of x [time, batch, 1] and one LSTM of one unit that gives Y and its final states. */
  static OnnxBytes lstm() {
    return message()
        .message(1, node("LSTM", "rnn", List.of("x", "W", "R"), List.of("Y", "h", "c")))
        .message(5, tensor("W", new long[] {1, 4, 1}, 1, 2, 3, 4))
        .message(5, tensor("R", new long[] {1, 4, 1}, 5, 6, 7, 8))
        .message(11, value("x", -1, -1, 1));
  }
}

package dev.keepgate.importer.framework.onnx;

import com.google.protobuf.WireFormat;
import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.protobuf.MessageReader;
import dev.keepgate.tensor.DataType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads a TensorProto: what it says of its numbers, and where they are. */
final class TensorReader {

  private static final int EXTERNAL = 1;

  private final MessageReader proto;
  private final List<Long> dimensions = new ArrayList<>();
  private final ByteArrayOutputStream collected = new ByteArrayOutputStream();
  private int type;
  private int contents;
  private MessageReader.@Nullable Span inside;
  private boolean external;
  private String name = "";
  private String location = "";
  private long offset;
  private long length = -1;

  TensorReader(MessageReader proto) {
    this.proto = proto;
  }

  /** Reads a field of the message, or skips it. */
  void field(int number) throws IOException, ImportException {
    switch (number) {
      case 1 -> proto.each(WireFormat.WIRETYPE_VARINT, () -> dimensions.add(proto.varint()));
      case 2 -> type = (int) proto.integer();
      case 3 -> throw ImportException.malformed("tensors in segments are not read");
      case 4 -> fixed(4);
      case 5 -> proto.each(WireFormat.WIRETYPE_VARINT, () -> collect(proto.varint(), int32Width()));
      case 7 -> proto.each(WireFormat.WIRETYPE_VARINT, () -> collect(proto.varint(), 8));
      case 8 -> name = proto.string();
      case 9 -> locate();
      case 10 -> fixed(8);
      case 13 -> externalEntry();
      case 14 -> external = proto.integer() == EXTERNAL;
      default -> proto.skip();
    }
  }

  /** Packed numbers of a fixed width are as good as raw ones. */
  private void fixed(int width) throws IOException, ImportException {
    if (proto.wireType() == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
      locate();
    } else {
      proto.each(
          width == 4 ? WireFormat.WIRETYPE_FIXED32 : WireFormat.WIRETYPE_FIXED64,
          () -> collect(proto.fixed(width), width));
    }
  }

  private void locate() throws IOException, ImportException {
    MessageReader.Span span = proto.span();
    if (span.length() > 0) {
      inside = span;
      contents++;
    }
  }

  /** 16-bit numbers are kept in 32-bit fields, one each; so are all smaller ones. */
  private int int32Width() {
    DataType known = dataType();
    return known == null ? 4 : Math.min(4, known.width());
  }

  private void collect(long bits, int width) {
    for (int i = 0; i < width; i++) {
      collected.write((int) (bits >>> (8 * i)));
    }
  }

  private void externalEntry() throws IOException, ImportException {
    String[] entry = {"", ""};
    proto.keep(entry.length);
    proto.message(
        number -> {
          if (number == 1 || number == 2) {
            entry[number - 1] = proto.string();
          } else {
            proto.skip();
          }
        });
    switch (entry[0].toLowerCase(Locale.ROOT)) {
      case "location" -> location = entry[1];
      case "offset" -> offset = place(entry[1]);
      case "length" -> length = place(entry[1]);
      default -> {}
    }
  }

  private long place(String number) throws ImportException {
    try {
      long place = Long.parseLong(number);
      if (place >= 0) {
        return place;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw ImportException.malformed(
        "tensor '%s' lies at '%s' of its file, which is no place".formatted(name, number));
  }

  /** The tensor, after its last field. */
  OnnxTensor tensor() throws ImportException {
    int[] shape = OnnxTensor.shape(name, dimensions.stream().mapToLong(Long::longValue).toArray());
    return new OnnxTensor(name, dataType(), shape, content());
  }

  private OnnxTensor.Content content() throws ImportException {
    if (external) {
      return new OnnxTensor.Content.External(location, offset, length);
    }
    if (contents + (collected.size() > 0 ? 1 : 0) > 1) {
      throw ImportException.malformed("tensor '" + name + "' has its numbers twice");
    }
    return inside != null
        ? new OnnxTensor.Content.InFile(inside)
        : new OnnxTensor.Content.Collected(collected.toByteArray());
  }

  private @Nullable DataType dataType() {
    return switch (type) {
      case 1 -> DataType.F32;
      case 2, 9 -> DataType.U8;
      case 3 -> DataType.I8;
      case 5 -> DataType.I16;
      case 6 -> DataType.I32;
      case 7 -> DataType.I64;
      case 10 -> DataType.F16;
      case 11 -> DataType.F64;
      case 16 -> DataType.BF16;
      default -> null;
    };
  }
}

package dev.keepgate.importer.safetensors;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.tensor.DataType;
import dev.keepgate.importer.tensor.StoredNumbers;
import dev.keepgate.importer.tensor.TensorBudget;
import dev.keepgate.importer.tensor.TensorFile;
import dev.keepgate.importer.tensor.TensorInfo;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A safetensors file: a little-endian header length, a JSON header, the tensors' bytes. */
final class SafetensorsFile implements TensorFile {

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(8).build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .build();

  private record Entry(DataType type, long begin) {}

  private final FileChannel channel;
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  private SafetensorsFile(FileChannel channel) {
    this.channel = channel;
  }

  static SafetensorsFile open(Path path, ImportLimits limits) throws IOException, ImportException {
    FileChannel channel = FileChannel.open(path);
    try {
      SafetensorsFile file = new SafetensorsFile(channel);
      file.readHeader(limits);
      return file;
    } catch (IOException | ImportException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private void readHeader(ImportLimits limits) throws IOException, ImportException {
    long size = channel.size();
    if (size < 8) {
      throw ImportException.malformed("a safetensors file begins with 8 bytes of header length");
    }
    long length = readFully(0, 8).getLong();
    if (length < 2 || length > size - 8) {
      throw ImportException.malformed(
          "the safetensors header claims %s bytes, the file has %d left"
              .formatted(Long.toUnsignedString(length), size - 8));
    }
    if (length > limits.maxHeaderBytes()) {
      throw ImportException.tooLarge(
          "the safetensors header has %d bytes, %d are allowed"
              .formatted(length, limits.maxHeaderBytes()));
    }
    JsonNode header;
    try {
      header = JSON.readTree(readFully(8, (int) length).array());
    } catch (JacksonException e) {
      throw ImportException.malformed(
          "the safetensors header is not JSON: " + e.getOriginalMessage());
    }
    if (!header.isObject()) {
      throw ImportException.malformed("the safetensors header is not a JSON object");
    }
    TensorBudget budget = new TensorBudget(limits);
    long dataBytes = size - 8 - length;
    for (Map.Entry<String, JsonNode> entry : header.properties()) {
      if (!entry.getKey().equals("__metadata__")) {
        readEntry(entry.getKey(), entry.getValue(), 8 + length, dataBytes, budget);
      }
    }
  }

  private void readEntry(
      String name, JsonNode entry, long start, long dataBytes, TensorBudget budget)
      throws ImportException {
    JsonNode shape = entry.path("shape");
    JsonNode offsets = entry.path("data_offsets");
    if (!shape.isArray() || !offsets.isArray() || offsets.size() != 2) {
      throw ImportException.malformed(
          "tensor '%s' needs dtype, shape and two data_offsets".formatted(name));
    }
    DataType type = type(name, entry.path("dtype").asString(""));
    int[] sizes = new int[shape.size()];
    for (int i = 0; i < sizes.length; i++) {
      JsonNode dimension = shape.get(i);
      if (!dimension.canConvertToInt() || dimension.asInt() < 0) {
        throw ImportException.malformed(
            "tensor '%s' has the impossible shape %s".formatted(name, shape));
      }
      sizes[i] = dimension.asInt();
    }
    TensorInfo tensor = new TensorInfo(name, sizes);
    budget.add(tensor);
    long bytes = tensor.count() * type.width();
    long begin = offsets.get(0).asLong(-1);
    long end = offsets.get(1).asLong(-1);
    if (begin < 0 || end > dataBytes || end - begin != bytes) {
      throw ImportException.malformed(
          "tensor '%s' of shape %s needs %d bytes and claims %s of a file that has %d"
              .formatted(name, Arrays.toString(sizes), bytes, offsets, dataBytes));
    }
    tensors.put(name, tensor);
    entries.put(name, new Entry(type, start + begin));
  }

  private static DataType type(String name, String type) throws ImportException {
    return switch (type) {
      case "F64" -> DataType.F64;
      case "F32" -> DataType.F32;
      case "F16" -> DataType.F16;
      case "BF16" -> DataType.BF16;
      case "I64" -> DataType.I64;
      case "I32" -> DataType.I32;
      case "I16" -> DataType.I16;
      case "I8" -> DataType.I8;
      case "U8", "BOOL" -> DataType.U8;
      default -> throw ImportException.unsupported(name, "has the type '" + type + "'");
    };
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public float[] read(TensorInfo tensor) throws IOException {
    Entry entry = entries.get(tensor.name());
    if (entry == null) {
      throw new IllegalArgumentException("no tensor of this file: " + tensor);
    }
    channel.position(entry.begin());
    return StoredNumbers.read(
        Channels.newInputStream(channel),
        entry.type(),
        ByteOrder.LITTLE_ENDIAN,
        (int) tensor.count());
  }

  private ByteBuffer readFully(long position, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        throw new EOFException("the file ended early");
      }
    }
    return bytes.flip();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}

package dev.keepgate.importer.file.safetensors;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.file.StoredNumbers;
import dev.keepgate.importer.file.TensorBudget;
import dev.keepgate.importer.file.TensorFile;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.tensor.SafetensorsException;
import dev.keepgate.tensor.SafetensorsHeader;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** A safetensors file: a little-endian header length, a JSON header, the tensors' bytes. */
final class SafetensorsFile implements TensorFile {

  private final FileChannel channel;
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final Map<String, SafetensorsHeader.Entry> entries = new LinkedHashMap<>();

  private long start;

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
    long left = channel.size() - SafetensorsHeader.LENGTH_BYTES;
    if (left < 0) {
      throw ImportException.malformed("a safetensors file begins with 8 bytes of header length");
    }
    TensorBudget budget = new TensorBudget(limits);
    try {
      int length =
          SafetensorsHeader.checkLength(
              readFully(0, SafetensorsHeader.LENGTH_BYTES).getLong(),
              left,
              limits.maxHeaderBytes());
      byte[] header = readFully(SafetensorsHeader.LENGTH_BYTES, length).array();
      start = SafetensorsHeader.LENGTH_BYTES + (long) length;
      for (SafetensorsHeader.Entry entry :
          SafetensorsHeader.read(header, 0, length, left - length, limits.maxTensors())) {
        TensorInfo tensor = new TensorInfo(entry.name(), entry.shape(), entry.type());
        budget.add(tensor);
        tensors.put(tensor.name(), tensor);
        entries.put(tensor.name(), entry);
      }
    } catch (SafetensorsException e) {
      throw refused(e);
    }
  }

  private static ImportException refused(SafetensorsException e) {
    return switch (e.reason()) {
      case MALFORMED ->
          e.tensor().isEmpty()
              ? ImportException.malformed(e.detail())
              : ImportException.malformed(e.tensor(), e.detail());
      case UNSUPPORTED -> ImportException.unsupported(e.tensor(), e.detail());
      case TOO_LARGE -> ImportException.tooLarge(e.detail());
    };
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public float[] read(TensorInfo tensor) throws IOException {
    SafetensorsHeader.Entry entry = entries.get(tensor.name());
    if (entry == null) {
      throw new IllegalArgumentException("no tensor of this file: " + tensor);
    }
    channel.position(start + entry.begin());
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

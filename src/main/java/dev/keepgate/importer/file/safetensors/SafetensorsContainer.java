package dev.keepgate.importer.file.safetensors;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.ModelFiles;
import dev.keepgate.importer.ModelFormat;
import dev.keepgate.importer.file.Shards;
import dev.keepgate.importer.file.TensorContainer;
import dev.keepgate.importer.file.TensorFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;

/** The safetensors format: a JSON header, then the bytes of the tensors. */
public final class SafetensorsContainer implements TensorContainer {

  private static final long LONGEST_HEADER = 100_000_000;

  @Override
  public ModelFormat format() {
    return ModelFormat.SAFETENSORS;
  }

  /** After the eight bytes of its length, no more than the format allows, is a JSON object. */
  @Override
  public boolean recognizes(ModelFiles files) throws IOException {
    try (InputStream in = Files.newInputStream(files.first())) {
      byte[] start = in.readNBytes(9);
      return start.length == 9
          && start[8] == '{'
          && Math.abs(ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong())
              <= LONGEST_HEADER;
    }
  }

  @Override
  public TensorFile open(ModelFiles files, ImportLimits limits)
      throws IOException, ImportException {
    return Shards.of(files, this::recognizes)
        .open(path -> SafetensorsFile.open(path, limits), limits);
  }
}

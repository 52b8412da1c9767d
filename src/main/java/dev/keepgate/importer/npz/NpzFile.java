package dev.keepgate.importer.npz;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.tensor.TensorFile;
import dev.keepgate.importer.tensor.TensorInfo;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** An open npz file. Inflates no more than the shapes of its arrays, which are bounded, need. */
final class NpzFile implements TensorFile {

  private static final String SUFFIX = ".npy";
  private static final int CHUNK = 1 << 20;

  private final ZipFile zip;
  private final ImportLimits limits;
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

  private NpzFile(ZipFile zip, ImportLimits limits) {
    this.zip = zip;
    this.limits = limits;
  }

  static NpzFile open(Path path, ImportLimits limits) throws IOException, ImportException {
    ZipFile zip;
    try {
      zip = new ZipFile(path.toFile());
    } catch (ZipException e) {
      throw ImportException.malformed("this is no sound zip file: " + e.getMessage());
    }
    NpzFile file = new NpzFile(zip, limits);
    try {
      file.readHeaders();
      return file;
    } catch (ZipException | EOFException e) {
      zip.close();
      throw ImportException.malformed("the npz file is damaged: " + e.getMessage());
    } catch (IOException | ImportException | RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  private void readHeaders() throws IOException, ImportException {
    if (zip.size() > limits.maxTensors()) {
      throw ImportException.tooLarge(
          "%d arrays, %d are allowed".formatted(zip.size(), limits.maxTensors()));
    }
    long total = 0;
    for (ZipEntry entry : Collections.list(zip.entries())) {
      String name = entry.getName();
      if (!name.endsWith(SUFFIX)) {
        throw ImportException.malformed("'" + name + "' is no npy file");
      }
      try (DataInputStream in = stream(entry)) {
        NpyHeader header = NpyHeader.read(name, in, limits);
        total = Math.max(total, 0) + Math.min(header.bytes(), Long.MAX_VALUE / 2);
        if (total > limits.maxBytes() || total < 0) {
          throw ImportException.tooLarge(
              "'%s' brings the arrays over the %d bytes that are allowed"
                  .formatted(name, limits.maxBytes()));
        }
        String tensor = name.substring(0, name.length() - SUFFIX.length());
        if (tensors.put(tensor, new TensorInfo(tensor, header.shape())) != null) {
          throw ImportException.malformed("the array '" + tensor + "' is there twice");
        }
      }
    }
  }

  private DataInputStream stream(ZipEntry entry) throws IOException {
    return new DataInputStream(new BufferedInputStream(zip.getInputStream(entry), 1 << 16));
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public float[] read(TensorInfo tensor) throws IOException, ImportException {
    ZipEntry entry = zip.getEntry(tensor.name() + SUFFIX);
    if (entry == null) {
      throw new IllegalArgumentException("no array of this file: " + tensor);
    }
    try (DataInputStream in = stream(entry)) {
      NpyHeader header = NpyHeader.read(tensor.name(), in, limits);
      float[] values = new float[(int) tensor.count()];
      int width = header.type().width();
      byte[] chunk = new byte[Math.min(CHUNK, values.length * width)];
      for (int done = 0; done < values.length; ) {
        int count = Math.min(chunk.length / width, values.length - done);
        in.readFully(chunk, 0, count * width);
        header
            .type()
            .toFloats(ByteBuffer.wrap(chunk, 0, count * width).order(header.order()), values, done);
        done += count;
      }
      if (in.read() >= 0) {
        throw ImportException.malformed(
            "'%s' holds more than its shape says".formatted(tensor.name()));
      }
      return header.fortran() ? rowMajor(values, tensor.shape()) : values;
    } catch (ZipException | EOFException e) {
      throw ImportException.malformed(
          "'%s' is damaged: %s".formatted(tensor.name(), e.getMessage()));
    }
  }

  /** Reorders numbers whose first index runs fastest. */
  private static float[] rowMajor(float[] source, int[] shape) {
    float[] target = new float[source.length];
    int[] index = new int[shape.length];
    for (float value : source) {
      int to = 0;
      for (int axis = 0; axis < shape.length; axis++) {
        to = to * shape[axis] + index[axis];
      }
      target[to] = value;
      for (int axis = 0; axis < shape.length && ++index[axis] == shape[axis]; axis++) {
        index[axis] = 0;
      }
    }
    return target;
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}

package dev.keepgate.importer.file.npz;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.file.StoredNumbers;
import dev.keepgate.importer.file.TensorBudget;
import dev.keepgate.importer.file.TensorFile;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.file.archive.ZipFiles;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
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
      zip = ZipFiles.open(path);
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
    TensorBudget budget = new TensorBudget(limits);
    for (ZipEntry entry : Collections.list(zip.entries())) {
      String name = entry.getName();
      if (!name.endsWith(SUFFIX)) {
        throw ImportException.malformed("'" + name + "' is no npy file");
      }
      try (DataInputStream in = data(zip.getInputStream(entry))) {
        NpyHeader header = NpyHeader.read(name, in, limits);
        String tensor = name.substring(0, name.length() - SUFFIX.length());
        TensorInfo info = new TensorInfo(tensor, header.shape(), header.type());
        budget.add(info);
        if (tensors.put(tensor, info) != null) {
          throw ImportException.malformed("the array '" + tensor + "' is there twice");
        }
      }
    }
  }

  private static DataInputStream data(InputStream in) {
    return new DataInputStream(new BufferedInputStream(in, 1 << 16));
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
    try (DataInputStream in = data(ZipFiles.open(zip, entry, limits.maxStoredBytes()))) {
      NpyHeader header = NpyHeader.read(tensor.name(), in, limits);
      float[] values = StoredNumbers.read(in, header.type(), header.order(), (int) tensor.count());
      if (in.read() >= 0) {
        throw ImportException.malformed(
            "'%s' holds more than its shape says".formatted(tensor.name()));
      }
      return header.fortran()
          ? StoredNumbers.gather(values, tensor.shape(), firstAxisFastest(tensor.shape()))
          : values;
    } catch (ZipException | EOFException e) {
      throw ImportException.malformed(
          "'%s' is damaged: %s".formatted(tensor.name(), e.getMessage()));
    }
  }

  private static long[] firstAxisFastest(int[] shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int axis = 0; axis < shape.length; axis++) {
      strides[axis] = stride;
      stride *= shape[axis];
    }
    return strides;
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}

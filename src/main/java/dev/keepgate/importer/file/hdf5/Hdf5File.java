package dev.keepgate.importer.file.hdf5;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.file.TensorFile;
import dev.keepgate.importer.file.TensorInfo;
import io.jhdf.ObjectHeader;
import io.jhdf.Superblock;
import io.jhdf.exceptions.HdfException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An HDF5 file: its datasets by path, and the strings that its groups carry. */
public final class Hdf5File implements TensorFile {

  private static final byte[] SIGNATURE = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

  private final FileChannel channel;
  private final long maxBytes;
  private final Map<String, ObjectHeader> groups;
  private final Map<String, Hdf5Dataset> datasets = new LinkedHashMap<>();
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
  private final Hdf5Attributes attributes;
  private long bytesRead;

  private Hdf5File(FileChannel channel, ImportLimits limits) throws IOException {
    Superblock superblock = Superblock.readSuperblock(channel, 0);
    if (superblock.getBaseAddressByte() != 0) {
      throw new HdfException("its addresses do not count from the file's start");
    }
    BoundedStorage storage = new BoundedStorage(channel, superblock, limits.maxHeaderBytes());
    Hdf5Tree tree = Hdf5Tree.read(storage, superblock, limits.maxTensors());
    this.channel = channel;
    this.maxBytes = limits.maxBytes();
    this.groups = tree.groups();
    this.attributes = new Hdf5Attributes(storage, limits.maxHeaderBytes());
    tree.datasets()
        .forEach(
            (path, header) -> {
              Hdf5Dataset dataset = Hdf5Dataset.of(path, header);
              datasets.put(path, dataset);
              tensors.put(path, dataset.info());
            });
  }

  /** Whether a file begins as HDF5 files do. */
  public static boolean recognizes(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return Arrays.equals(in.readNBytes(SIGNATURE.length), SIGNATURE);
    }
  }

  /**
   * Opens a file and reads its structure, not its numbers.
   *
   * @throws ImportException if it is damaged or passes a bound
   */
  public static Hdf5File open(Path path, ImportLimits limits) throws IOException, ImportException {
    FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
    try {
      return guarded(() -> new Hdf5File(channel, limits));
    } catch (IOException | ImportException e) {
      channel.close();
      throw e;
    }
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  /** Whether there is a group of this path; the root's is empty. */
  public boolean hasGroup(String path) {
    return groups.containsKey(path);
  }

  /**
   * The strings of a group's attribute.
   *
   * @return null where there is no such group or attribute
   * @throws ImportException if the attribute is damaged or holds anything but strings
   */
  public @Nullable List<String> strings(String group, String attribute)
      throws IOException, ImportException {
    ObjectHeader header = groups.get(group);
    return header == null
        ? null
        : guarded(() -> Optional.ofNullable(attributes.strings(header, attribute))).orElse(null);
  }

  @Override
  public float[] read(TensorInfo tensor) throws IOException, ImportException {
    Hdf5Dataset dataset = datasets.get(tensor.name());
    if (dataset == null) {
      throw new IllegalArgumentException("no dataset of this file: " + tensor);
    }
    bytesRead += Float.BYTES * tensor.count();
    if (bytesRead > maxBytes) {
      throw ImportException.tooLarge(
          "'%s' brings the numbers over the %d bytes that are allowed"
              .formatted(tensor.name(), maxBytes));
    }
    return guarded(() -> dataset.read(channel));
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** Something that jHDF does, with whatever it throws at a damaged file. */
  private interface Reading<T> {
    T run() throws IOException, ImportException;
  }

  private static <T> T guarded(Reading<T> reading) throws IOException, ImportException {
    try {
      return reading.run();
    } catch (RuntimeException | StackOverflowError | EOFException e) {
      Throwable cause = e;
      while (cause.getCause() != null && !(cause instanceof BoundedStorage.ExceededException)) {
        cause = cause.getCause();
      }
      if (cause instanceof BoundedStorage.ExceededException) {
        throw ImportException.tooLarge(String.valueOf(cause.getMessage()));
      }
      throw ImportException.malformed("the HDF5 file is damaged or unusual: " + cause.getMessage());
    }
  }
}

package dev.keepgate.importer.file.hdf5;

import io.jhdf.Superblock;
import io.jhdf.exceptions.HdfException;
import io.jhdf.storage.HdfBackingStorage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/**
 * Where jHDF reads a file's structure from: nothing beyond the file's end, and no more in total
 * than a budget, so that neither a claimed size nor a cycle costs more than that.
 */
final class BoundedStorage implements HdfBackingStorage {

  /** What a read counts at least, so that many tiny reads end as well. */
  private static final int LEAST = 64;

  private final FileChannel channel;
  private final Superblock superblock;
  private final long size;
  private long budget;

  /** The budget was spent. */
  static final class ExceededException extends HdfException {
    private static final long serialVersionUID = 1L;

    ExceededException() {
      super("the file's structure is larger than is allowed, or runs in a circle");
    }
  }

  BoundedStorage(FileChannel channel, Superblock superblock, long budget) throws IOException {
    this.channel = channel;
    this.superblock = superblock;
    this.size = channel.size();
    this.budget = budget;
  }

  @Override
  public ByteBuffer readBufferFromAddress(long address, int length) {
    if (address < 0 || length < 0 || address > size - length) {
      throw new HdfException(
          "%d bytes at %d are not inside the file's %d".formatted(length, address, size));
    }
    budget -= Math.max(length, LEAST);
    if (budget < 0) {
      throw new ExceededException();
    }
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    try {
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, address + bytes.position()) < 0) {
          throw new HdfException("the file ends early");
        }
      }
    } catch (IOException e) {
      throw new HdfException("the file cannot be read", e);
    }
    return bytes.flip();
  }

  @Override
  public ByteBuffer map(long address, long length) {
    return readBufferFromAddress(address, Math.toIntExact(length));
  }

  @Override
  public ByteBuffer mapNoOffset(long address, long length) {
    return map(address, length);
  }

  @Override
  public long getUserBlockSize() {
    return 0;
  }

  @Override
  public Superblock getSuperblock() {
    return superblock;
  }

  @Override
  public FileChannel getFileChannel() {
    return channel;
  }

  @Override
  public int getSizeOfOffsets() {
    return superblock.getSizeOfOffsets();
  }

  @Override
  public int getSizeOfLengths() {
    return superblock.getSizeOfLengths();
  }

  @Override
  public void close() {}

  @Override
  public long size() {
    return size;
  }

  @Override
  public boolean inMemory() {
    return false;
  }
}

package dev.keepgate.importer.file.archive;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** An input stream that ends with an exception where more is read than is allowed. */
public final class BoundedInput extends FilterInputStream {

  /**
   * The bound was passed: no fault of the disk, and none of the file's if the bound can be raised.
   */
  public static final class ExceededException extends IOException {

    private static final long serialVersionUID = 1L;

    ExceededException() {
      super("the archive unfolds to more bytes than are allowed");
    }
  }

  private long left;

  public BoundedInput(InputStream in, long limit) {
    super(in);
    this.left = limit;
  }

  @Override
  public int read() throws IOException {
    int next = in.read();
    count(next < 0 ? 0 : 1);
    return next;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int count = in.read(bytes, offset, length);
    count(Math.max(count, 0));
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    long skipped = in.skip(count);
    count(skipped);
    return skipped;
  }

  private void count(long bytes) throws IOException {
    left -= bytes;
    if (left < 0) {
      throw new ExceededException();
    }
  }
}

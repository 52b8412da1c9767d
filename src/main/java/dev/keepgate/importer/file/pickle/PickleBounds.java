package dev.keepgate.importer.file.pickle;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import java.io.IOException;
import java.io.InputStream;

/**
 * How long a pickle may be. A tensor of a state dict takes some 40 opcodes and 200 bytes, and two
 * or three times that with its optimizer's moments.
 */
public record PickleBounds(long bytes, int opcodes) {

  private static final int OPCODES_PER_TENSOR = 100;
  private static final int BYTES_PER_TENSOR = 1000;

  /** What the pickle of a state dict needs. */
  public static PickleBounds of(ImportLimits limits) {
    return new PickleBounds(
        Math.min(limits.maxHeaderBytes(), (long) BYTES_PER_TENSOR * limits.maxTensors()),
        (int) Math.min(Integer.MAX_VALUE, (long) OPCODES_PER_TENSOR * limits.maxTensors()));
  }

  /** Reads a pickle that stands by itself. */
  public Object read(InputStream in, PickleObjects objects) throws IOException, ImportException {
    return read(new PickleInput(in, bytes), objects);
  }

  /** Reads the next of several pickles, which share the bound of their bytes. */
  public Object read(PickleInput in, PickleObjects objects) throws IOException, ImportException {
    return Unpickler.read(in, objects, opcodes);
  }
}

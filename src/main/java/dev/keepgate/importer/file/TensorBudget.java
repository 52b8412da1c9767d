package dev.keepgate.importer.file;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;

/** Counts what a file claims to hold, before any of it is read. */
public final class TensorBudget {

  /** Names are matched by patterns, which take their time with long ones. */
  private static final int MAX_NAME = 512;

  private final ImportLimits limits;
  private int tensors;
  private long bytes;

  public TensorBudget(ImportLimits limits) {
    this.limits = limits;
  }

  /**
   * Counts one more tensor, at the four bytes a number that it takes here.
   *
   * @throws ImportException if the tensors become too many or too large
   */
  public void add(TensorInfo tensor) throws ImportException {
    if (++tensors > limits.maxTensors()) {
      throw ImportException.tooLarge("more than %d tensors".formatted(limits.maxTensors()));
    }
    if (tensor.name().length() > MAX_NAME) {
      throw ImportException.tooLarge(
          "the tensor '%s...' has a name longer than %d"
              .formatted(tensor.name().substring(0, 64), MAX_NAME));
    }
    long count = tensor.count();
    if (count > Math.min(Integer.MAX_VALUE - 8, (limits.maxBytes() - bytes) / Float.BYTES)) {
      throw ImportException.tooLarge(
          "%s brings the tensors over the %d bytes that are allowed"
              .formatted(tensor, limits.maxBytes()));
    }
    bytes += count * Float.BYTES;
  }
}

package dev.keepgate.importer.tensor;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;

/** Counts what a file claims to hold, before any of it is read. */
public final class TensorBudget {

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
    long count = tensor.count();
    if (count > Math.min(Integer.MAX_VALUE - 8, (limits.maxBytes() - bytes) / Float.BYTES)) {
      throw ImportException.tooLarge(
          "%s brings the tensors over the %d bytes that are allowed"
              .formatted(tensor, limits.maxBytes()));
    }
    bytes += count * Float.BYTES;
  }
}

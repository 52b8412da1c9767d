package dev.keepgate.importer.file.torch;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.ImportLimits;
import dev.keepgate.importer.file.StoredNumbers;
import dev.keepgate.importer.file.TensorBudget;
import dev.keepgate.importer.file.TensorFile;
import dev.keepgate.importer.file.TensorInfo;
import dev.keepgate.importer.file.torch.PickleData.StoredTensor;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipException;

/** An open file of tensors that may share storages, lie in them transposed, or in part. */
final class TorchFile implements TensorFile {

  private final Storages storages;
  private final ImportLimits limits;
  private final Map<String, StoredTensor> stored;
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

  TorchFile(Storages storages, Map<String, StoredTensor> stored, ImportLimits limits)
      throws ImportException {
    this.storages = storages;
    this.limits = limits;
    this.stored = stored;
    TensorBudget budget = new TensorBudget(limits);
    for (Map.Entry<String, StoredTensor> entry : stored.entrySet()) {
      TensorInfo tensor =
          new TensorInfo(
              entry.getKey(), entry.getValue().shape(), entry.getValue().storage().type());
      budget.add(tensor);
      tensors.put(tensor.name(), tensor);
    }
  }

  @Override
  public Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  @Override
  public float[] read(TensorInfo tensor) throws IOException, ImportException {
    StoredTensor where = stored.get(tensor.name());
    if (where == null) {
      throw new IllegalArgumentException("no tensor of this file: " + tensor);
    }
    int span = span(tensor, where);
    int width = where.storage().type().width();
    try (InputStream in =
        storages.open(
            where.storage().key(),
            Math.multiplyExact(where.offset(), (long) width),
            (long) span * width)) {
      float[] values =
          StoredNumbers.read(in, where.storage().type(), ByteOrder.LITTLE_ENDIAN, span);
      return isRowMajor(where)
          ? values
          : StoredNumbers.gather(values, where.shape(), where.strides());
    } catch (ZipException | EOFException e) {
      throw ImportException.malformed(
          "'%s' is damaged: %s".formatted(tensor.name(), e.getMessage()));
    }
  }

  /** How many numbers of the storage lie between the tensor's first and last, both included. */
  private int span(TensorInfo tensor, StoredTensor where) throws ImportException {
    long count = where.storage().count();
    long span = tensor.count() == 0 ? 0 : 1;
    for (int axis = 0; axis < where.shape().length && span > 0; axis++) {
      long steps = where.shape()[axis] - 1L;
      long stride = where.strides()[axis];
      span = steps > 0 && stride > count / steps ? Long.MAX_VALUE : span + steps * stride;
      if (span > count) {
        break;
      }
    }
    if (where.offset() > count || span > count - where.offset()) {
      throw ImportException.malformed("'%s' reaches beyond its storage".formatted(tensor.name()));
    }
    if (span > Math.min(Integer.MAX_VALUE - 8, limits.maxBytes() / Float.BYTES)) {
      throw ImportException.tooLarge(
          "'%s' lies spread over %d numbers, more than the %d bytes that are allowed"
              .formatted(tensor.name(), span, limits.maxBytes()));
    }
    return (int) span;
  }

  private static boolean isRowMajor(StoredTensor where) {
    long expected = 1;
    for (int axis = where.shape().length - 1; axis >= 0; axis--) {
      if (where.shape()[axis] != 1 && where.strides()[axis] != expected) {
        return false;
      }
      expected *= where.shape()[axis];
    }
    return true;
  }

  @Override
  public void close() throws IOException {
    storages.close();
  }
}

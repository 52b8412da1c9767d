package dev.keepgate.kernel.nd4j;

import dev.keepgate.kernel.LstmKernel.Scratch;
import java.util.EnumMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.concurrency.AffinityManager.Location;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The arrays that a worker computes in, kept from call to call and grown when a call needs more.
 * ND4J would free what it allocates for a call only when the garbage collector comes by.
 */
final class Nd4jScratch implements Scratch {

  /** What the arrays hold; each is in use for one thing at a time. */
  enum Slot {
    INPUT(DataType.FLOAT),
    GATES(DataType.FLOAT),
    OUTPUT(DataType.FLOAT),
    HIDDEN(DataType.FLOAT),
    CELL(DataType.FLOAT),
    /** What the gates get of h, where they cannot be added to in place. */
    RECURRENT(DataType.FLOAT),
    /** What an elementwise function needs beside its argument. */
    BESIDE(DataType.FLOAT),
    /** The argument of a function that computes in double precision. */
    WIDE(DataType.DOUBLE),
    /** What such a function needs beside it. */
    BESIDE_WIDE(DataType.DOUBLE);

    private final DataType type;

    Slot(DataType type) {
      this.type = type;
    }
  }

  private final long keptBytes;
  private final Map<Slot, INDArray> arrays = new EnumMap<>(Slot.class);

  /**
   * @param keptBytes what may stay allocated between two calls
   */
  Nd4jScratch(long keptBytes) {
    this.keptBytes = keptBytes;
  }

  /** A (rows, columns) array in 'f' order with whatever was there before; valid until the next. */
  INDArray array(Slot slot, long rows, long columns) {
    long length = Math.multiplyExact(rows, columns);
    INDArray held = arrays.get(slot);
    if (held == null || held.length() < length) {
      if (held != null) {
        arrays.remove(slot);
        held.close();
      }
      held = Nd4j.createUninitialized(slot.type, length);
      arrays.put(slot, held);
    }
    return Nd4j.create(held.data(), new long[] {rows, columns}, new long[] {1, rows}, 0L, 'f');
  }

  /** {@link #array} filled with values as they lie in memory. */
  INDArray load(Slot slot, float[] values, long rows, long columns) {
    INDArray array = array(slot, rows, columns);
    array.data().asNioFloat().put(values);
    // A GPU backend is not told of what is written past it.
    Nd4j.getAffinityManager().tagLocation(array, Location.HOST);
    return array;
  }

  /** A copy of an array, in a slot of its own. */
  INDArray copy(Slot slot, INDArray from) {
    return array(slot, from.rows(), from.columns()).assign(from);
  }

  /** Reads an {@link #array} from its beginning, as it lies in memory. */
  static void read(INDArray array, float[] into) {
    array.data().asNioFloat().get(into);
  }

  long bytes() {
    return arrays.values().stream()
        .mapToLong(array -> array.length() * array.dataType().width())
        .sum();
  }

  /** Called after each call: gives back what one great request took. */
  void trim() {
    if (bytes() > keptBytes) {
      close();
    }
  }

  @Override
  public void close() {
    arrays.values().forEach(INDArray::close);
    arrays.clear();
  }
}

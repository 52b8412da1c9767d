package dev.keepgate.importer.file.pickle;

import dev.keepgate.importer.ImportException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An array of NumPy's, of numbers, strings or objects. */
public final class NumpyArray {

  /** What NumPy allows. */
  private static final int MAX_RANK = 64;

  /** No scaler has more columns, and no classifier more classes. */
  private static final int MAX_ELEMENTS = 1_000_000;

  private int[] shape = {0};
  private boolean isFortran;
  private @Nullable NumpyType type;
  private byte[] data = {};
  private List<?> objects = List.of();

  NumpyArray() {}

  /** Takes the state of its pickle: version, shape, type, whether in Fortran's order, elements. */
  void build(List<?> state) throws ImportException {
    int from = state.size() == 4 ? -1 : 0;
    if (state.size() + from < 4
        || !(state.get(2 + from) instanceof NumpyType elements)
        || !(state.get(3 + from) instanceof Boolean fortran)) {
      throw ImportException.malformed("numpy.ndarray", "its state is none of an array's");
    }
    set(sizes(state.get(1 + from)), elements, fortran, state.get(4 + from));
  }

  /**
   * Fills it.
   *
   * @param elements bytes, or a list where the elements are objects
   */
  void set(int[] newShape, NumpyType newType, boolean fortran, Object elements)
      throws ImportException {
    long count = count(newShape);
    byte[] bytes = newType.isObject() ? null : PythonObjects.toBytes(elements);
    long found;
    if (bytes != null) {
      data = bytes;
      int width = newType.width();
      found = width == 0 ? 0 : bytes.length % width == 0 ? bytes.length / width : -1;
    } else if (newType.isObject() && elements instanceof List<?> list) {
      objects = list;
      found = list.size();
    } else {
      throw ImportException.malformed("numpy.ndarray", "its elements are neither bytes nor a list");
    }
    if (count > MAX_ELEMENTS) {
      throw ImportException.tooLarge(
          "an array of shape %s has more than %d elements"
              .formatted(Arrays.toString(newShape), MAX_ELEMENTS));
    }
    if (found != count) {
      throw ImportException.malformed(
          "numpy.ndarray",
          "an array of shape %s does not have as many elements"
              .formatted(Arrays.toString(newShape)));
    }
    shape = newShape;
    type = newType;
    isFortran = fortran;
  }

  /** A shape from a tuple. */
  static int[] sizes(Object tuple) throws ImportException {
    if (!(tuple instanceof List<?> list) || list.size() > MAX_RANK) {
      throw ImportException.malformed("numpy.ndarray", "its shape is none");
    }
    int[] sizes = new int[list.size()];
    for (int i = 0; i < sizes.length; i++) {
      if (!(list.get(i) instanceof Long size) || size < 0 || size > Integer.MAX_VALUE) {
        throw ImportException.malformed(
            "numpy.ndarray", "an array has the size %s".formatted(describe(list.get(i))));
      }
      sizes[i] = size.intValue();
    }
    return sizes;
  }

  /** How many elements a shape has; {@link Long#MAX_VALUE} if no long holds it. */
  static long count(int[] sizes) {
    long count = 1;
    for (int size : sizes) {
      if (size == 0) {
        return 0;
      }
      count = count > Long.MAX_VALUE / size ? Long.MAX_VALUE : count * size;
    }
    return count;
  }

  private static String describe(Object value) {
    return value instanceof Number number ? number.toString() : "of another kind";
  }

  /** Its dimensions. */
  public int[] shape() {
    return shape.clone();
  }

  /**
   * Its elements in C's order, numbers and strings as {@link PickleObjects} tells of them.
   *
   * @throws ImportException if a string is none
   */
  public List<Object> values() throws ImportException {
    int count = (int) count(shape);
    List<Object> values = new ArrayList<>(Math.min(count, 1 << 16));
    int[] index = new int[shape.length];
    for (int i = 0; i < count; i++) {
      int at = isFortran ? fortranOffset(index) : i;
      values.add(type == null || type.isObject() ? objects.get(at) : type.element(data, at));
      for (int axis = shape.length - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--) {
        index[axis] = 0;
      }
    }
    return values;
  }

  private int fortranOffset(int[] index) {
    int offset = 0;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      offset = offset * shape[axis] + index[axis];
    }
    return offset;
  }
}

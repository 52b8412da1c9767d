package dev.keepgate.importer.file.pickle;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.pickle.PythonNames.PythonName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the pickles of scikit-learn, Keras and NumPy are made of: {@link PythonObject}s, {@link
 * NumpyArray}s and Python's own values; and joblib's arrays, whose numbers lie behind their state.
 */
final class PythonObjects implements PickleObjects {

  private static final String WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper";

  /** Strings of pandas from version 3 on: their type, and the array that they are kept in. */
  private static final String PANDAS_ARRAY = "pandas._libs.arrays.__pyx_unpickle_NDArrayBacked";

  private final PickleBounds bounds;
  private final boolean isNested;

  /** How many items may still be copied out of lists, which a pickle can name again and again. */
  private long copies;

  PythonObjects(PickleBounds bounds) {
    this(bounds, false);
  }

  private PythonObjects(PickleBounds bounds, boolean isNested) {
    this.bounds = bounds;
    this.isNested = isNested;
    this.copies = bounds.opcodes();
  }

  @Override
  public Object global(String module, String name) throws ImportException {
    return PythonNames.find(module, name);
  }

  @Override
  public Object call(Object function, Object arguments) throws ImportException {
    if (!(function instanceof PythonName known) || !(arguments instanceof List<?> list)) {
      throw ImportException.malformed("the pickle calls what is no function");
    }
    String name = known.name();
    return switch (name) {
      case "copyreg._reconstructor", "copyreg.__newobj__" ->
          call(argument(list, 0, PythonName.class, name), List.of());
      case "_codecs.encode" -> bytes(argument(list, 0, String.class, name));
      case "builtins.bytes", "builtins.bytearray" -> bytesOf(list);
      case "builtins.slice", "builtins.range" -> slice(list, name);
      case "builtins.list", "builtins.tuple" ->
          list.isEmpty() ? new ArrayList<>(0) : argument(list, 0, List.class, name);
      case "builtins.set", "builtins.frozenset" -> set(list, name);
      case "collections.OrderedDict" -> dict(list);
      case "collections.defaultdict", "builtins.dict" -> new LinkedHashMap<>();
      case "numpy.core.multiarray._reconstruct" -> emptyArray(list);
      case "numpy.core.multiarray.scalar" -> scalar(list);
      case "numpy.core.numeric._frombuffer" -> buffer(list);
      case "numpy.dtype" -> NumpyType.of(argument(list, 0, String.class, name));
      case "pandas.core.indexes.base._new_Index" -> index(list);
      default -> object(name);
    };
  }

  private static Object object(String name) throws ImportException {
    if (name.startsWith("builtins.") || name.startsWith("numpy.")) {
      throw ImportException.unsupported(name, "the pickle calls it, which is not followed");
    }
    return new PythonObject(name);
  }

  @Override
  public Object build(Object object, Object state, PickleInput in)
      throws IOException, ImportException {
    if (object instanceof NumpyArray array) {
      array.build(cast(state, List.class, "numpy.ndarray"));
    } else if (object instanceof NumpyType type) {
      type.build(cast(state, List.class, "numpy.dtype"));
    } else if (object instanceof PythonObject python && python.type().equals(PANDAS_ARRAY)) {
      return argument(cast(state, List.class, PANDAS_ARRAY), 1, NumpyArray.class, PANDAS_ARRAY);
    } else if (object instanceof PythonObject python) {
      python.build(state);
      if (python.type().equals(WRAPPER)) {
        return wrapped(python, in);
      }
    } else if (!(object instanceof Map)) {
      throw ImportException.malformed("the pickle gives a state to what has none");
    }
    return object;
  }

  /** The array of joblib's wrapper: its bytes, or a pickle of their own where they are objects. */
  private Object wrapped(PythonObject wrapper, PickleInput in) throws IOException, ImportException {
    if (isNested) {
      throw ImportException.malformed(WRAPPER, "an array is wrapped twice");
    }
    NumpyType type = cast(wrapper.get("dtype"), NumpyType.class, WRAPPER);
    if (type.isObject()) {
      return bounds.read(in, new PythonObjects(bounds, true));
    }
    int[] shape = NumpyArray.sizes(cast(wrapper.get("shape"), List.class, WRAPPER));
    if (wrapper.get("numpy_array_alignment_bytes") != null) {
      in.bytes(in.unsignedByte());
    }
    long count = NumpyArray.count(shape);
    int width = Math.max(type.width(), 1);
    if (count > Long.MAX_VALUE / width) {
      throw ImportException.tooLarge("an array of the file has more numbers than any file");
    }
    NumpyArray array = new NumpyArray();
    array.set(shape, type, "F".equals(wrapper.get("order")), in.bytes(count * type.width()));
    return array;
  }

  @Override
  @SuppressWarnings("unchecked")
  public void append(Object list, List<Object> items) throws ImportException {
    ((List<Object>) cast(list, List.class, "pickle")).addAll(items);
  }

  @Override
  @SuppressWarnings("unchecked")
  public void put(Object dict, Object key, Object value) throws ImportException {
    // A key that holds itself could not be hashed.
    if (!(key instanceof String || key instanceof Number || key instanceof Boolean)
        && key != Unpickler.NONE) {
      throw ImportException.unsupported("pickle", "a dict has a key that is no name or number");
    }
    ((Map<Object, Object>) cast(dict, Map.class, "pickle")).put(key, value);
  }

  @Override
  public Object referred(Object id) throws ImportException {
    throw ImportException.unsupported("pickle", "it refers to something outside of itself");
  }

  /** Bytes, also as Python 2 has them: as a string; null if it is neither. */
  static byte @Nullable [] toBytes(Object value) {
    if (value instanceof String text) {
      return bytes(text);
    }
    return value instanceof byte[] bytes ? bytes : null;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static Object bytesOf(List<?> arguments) throws ImportException {
    byte[] bytes = arguments.isEmpty() ? new byte[0] : toBytes(arguments.get(0));
    if (bytes == null) {
      throw ImportException.malformed("builtins.bytes", "is made of what is no string");
    }
    return bytes;
  }

  private static PythonSlice slice(List<?> arguments, String name) throws ImportException {
    Object[] parts = {Unpickler.NONE, Unpickler.NONE, Unpickler.NONE};
    if (arguments.size() > parts.length || arguments.isEmpty()) {
      throw ImportException.malformed(name, "has %d arguments".formatted(arguments.size()));
    }
    int from = arguments.size() == 1 ? 1 : 0;
    for (int i = 0; i < arguments.size(); i++) {
      parts[from + i] = arguments.get(i);
    }
    return new PythonSlice(parts[0], parts[1], parts[2]);
  }

  private PythonSet set(List<?> arguments, String name) throws ImportException {
    List<?> items = arguments.isEmpty() ? List.of() : argument(arguments, 0, List.class, name);
    charge(items);
    return new PythonSet(items);
  }

  private void charge(List<?> items) throws ImportException {
    copies -= items.size();
    if (copies < 0) {
      throw ImportException.tooLarge("the pickle copies the same lists over and over");
    }
  }

  private Map<Object, Object> dict(List<?> arguments) throws ImportException {
    Map<Object, Object> dict = new LinkedHashMap<>();
    if (!arguments.isEmpty()) {
      List<?> items = argument(arguments, 0, List.class, "collections.OrderedDict");
      charge(items);
      for (Object item : items) {
        List<?> pair = cast(item, List.class, "collections.OrderedDict");
        put(
            dict,
            argument(pair, 0, Object.class, "collections.OrderedDict"),
            argument(pair, 1, Object.class, "collections.OrderedDict"));
      }
    }
    return dict;
  }

  private static NumpyArray emptyArray(List<?> arguments) throws ImportException {
    PythonName type = argument(arguments, 0, PythonName.class, "numpy.ndarray");
    if (!type.name().startsWith("numpy.")) {
      throw ImportException.unsupported(type.name(), "is no plain array");
    }
    return new NumpyArray();
  }

  private static Object scalar(List<?> arguments) throws ImportException {
    NumpyType type = argument(arguments, 0, NumpyType.class, "numpy.core.multiarray.scalar");
    Object value = argument(arguments, 1, Object.class, "numpy.core.multiarray.scalar");
    if (type.isObject()) {
      return value;
    }
    byte[] bytes = toBytes(value);
    if (bytes == null || bytes.length != type.width()) {
      throw ImportException.malformed("numpy.core.multiarray.scalar", "has other bytes than one");
    }
    return type.element(bytes, 0);
  }

  private static NumpyArray buffer(List<?> arguments) throws ImportException {
    String name = "numpy.core.numeric._frombuffer";
    NumpyArray array = new NumpyArray();
    array.set(
        NumpyArray.sizes(argument(arguments, 2, List.class, name)),
        argument(arguments, 1, NumpyType.class, name),
        "F".equals(argument(arguments, 3, String.class, name)),
        argument(arguments, 0, Object.class, name));
    return array;
  }

  /** Names of a table's columns: the array that they are kept in; or numbers, by their ends. */
  private static Object index(List<?> arguments) throws ImportException {
    String name = "pandas.Index";
    Map<?, ?> parts = argument(arguments, 1, Map.class, name);
    if (parts.containsKey("data")) {
      return cast(parts.get("data"), NumpyArray.class, name);
    }
    return new PythonSlice(
        cast(parts.get("start"), Long.class, name),
        cast(parts.get("stop"), Long.class, name),
        cast(parts.get("step"), Long.class, name));
  }

  private static <T> T argument(List<?> arguments, int index, Class<T> type, String where)
      throws ImportException {
    return cast(index < arguments.size() ? arguments.get(index) : null, type, where);
  }

  private static <T> T cast(@Nullable Object value, Class<T> type, String where)
      throws ImportException {
    if (!type.isInstance(value)) {
      throw ImportException.malformed(where, "the pickle has something else than it needs here");
    }
    return type.cast(value);
  }
}

package dev.keepgate.importer.file.torch;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.pickle.Unpickler;
import dev.keepgate.tensor.DataType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the few names that a state dict needs stand for, each made by code of ours. Numbers are
 * {@link Long} or {@link Double}, dicts {@link Map}, lists, tuples and sets {@link List}; None is
 * {@link Unpickler#NONE}, bytes and huge numbers {@link #OTHER}. An object of any other class is
 * not made: {@link Opaque} keeps what it would have been made of.
 */
final class PickleData {

  private static final int MAX_RANK = 16;

  static final Object OTHER = new Object();

  private static final Map<String, DataType> STORAGES =
      Map.ofEntries(
          Map.entry("torch.DoubleStorage", DataType.F64),
          Map.entry("torch.FloatStorage", DataType.F32),
          Map.entry("torch.HalfStorage", DataType.F16),
          Map.entry("torch.BFloat16Storage", DataType.BF16),
          Map.entry("torch.LongStorage", DataType.I64),
          Map.entry("torch.IntStorage", DataType.I32),
          Map.entry("torch.ShortStorage", DataType.I16),
          Map.entry("torch.CharStorage", DataType.I8),
          Map.entry("torch.ByteStorage", DataType.U8),
          Map.entry("torch.BoolStorage", DataType.U8));

  /** Numbers of eight bits and others that stand for a scale's multiples, or for pairs. */
  private static final Set<String> OTHER_STORAGES =
      Set.of(
          "torch.QInt8Storage",
          "torch.QUInt8Storage",
          "torch.QInt32Storage",
          "torch.QUInt4x2Storage",
          "torch.QUInt2x4Storage",
          "torch.ComplexFloatStorage",
          "torch.ComplexDoubleStorage");

  /** What opens a door of Python's to whoever has it called; no checkpoint has use for it. */
  private static final Pattern DANGEROUS =
      Pattern.compile(
          "(os|posix|nt|sys|subprocess|pty|socket|shutil|runpy|importlib|ctypes|code|imp|pip"
              + "|webbrowser|timeit|pdb|multiprocessing)(\\..*)?"
              + "|(builtins|__builtin__)\\.(eval|exec|execfile|compile|open|__import__|input|apply)");

  private static final String REMEDY =
      "only a state dict is read, which torch.save(model.state_dict(), \"model.pt\") writes";

  /** A name of Python's: a class or a function. */
  record Global(String name) {}

  /**
   * An object of a class that is not known here, which is never made.
   *
   * @param type the name of its class, or of the function that would have made it
   * @param parts what it was to be made of: arguments, attributes, items
   */
  record Opaque(String type, List<Object> parts) {
    @Override
    public boolean equals(@Nullable Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  /**
   * A run of numbers that lies outside of the pickle.
   *
   * @param count how many numbers the pickle says there are
   */
  record Storage(DataType type, String key, long count) {}

  /**
   * A view of a storage, all in numbers.
   *
   * @param offset of the first number
   * @param strides as many as dimensions
   */
  record StoredTensor(Storage storage, long offset, int[] shape, long[] strides) {}

  private PickleData() {}

  /**
   * A name, which is only kept.
   *
   * @throws ImportException if it is one that Python must not be let near
   */
  static Object global(String module, String name) throws ImportException {
    String global = module + "." + name;
    if (DANGEROUS.matcher(module).matches() || DANGEROUS.matcher(global).matches()) {
      throw ImportException.unsupported(
          global,
          "whoever opens the file in Python has this called, which no model needs: do not open it;"
              + " here nothing was run");
    }
    return new Global(global);
  }

  /** What calling a name gives. */
  static Object call(Object function, Object arguments) throws ImportException {
    if (!(arguments instanceof List<?> list)) {
      throw ImportException.malformed("the pickle calls something with what is no tuple");
    }
    if (!(function instanceof Global global)) {
      return opaque(function, list);
    }
    return switch (global.name()) {
      case "collections.OrderedDict" -> emptyDict(list);
      case "collections.defaultdict" -> new LinkedHashMap<>();
      case "collections.Counter" -> list.isEmpty() ? new LinkedHashMap<>() : list.get(0);
      case "builtins.set", "__builtin__.set", "builtins.frozenset", "__builtin__.frozenset" ->
          list.isEmpty() ? new ArrayList<>(0) : list.get(0);
      case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2" -> tensor(list);
      case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state" ->
          argument(list, 0, Object.class);
      case "torch.Size" -> argument(list, 0, List.class);
      // What objects without a way of their own are made by, of their class.
      case "copyreg._reconstructor", "copy_reg._reconstructor", "copyreg.__newobj__" ->
          opaque(argument(list, 0, Object.class), list);
      default -> opaque(global, list);
    };
  }

  private static Opaque opaque(Object function, List<?> arguments) {
    String type =
        function instanceof Global global
            ? global.name()
            : function instanceof Opaque object ? object.type() : "an object";
    List<Object> parts = new ArrayList<>(2);
    parts.add(arguments);
    return new Opaque(type, parts);
  }

  /** Gives an object its attributes; those of a dict, such as modules' versions, say nothing. */
  static void build(Object object, Object state) {
    if (object instanceof Opaque opaque) {
      opaque.parts().add(state);
    }
  }

  /** Appends to a list, or to an object that is one in its own way. */
  @SuppressWarnings("unchecked")
  static void append(Object list, List<Object> items) throws ImportException {
    if (list instanceof Opaque opaque) {
      opaque.parts().addAll(items);
    } else {
      ((List<Object>) cast(list, List.class)).addAll(items);
    }
  }

  /** What a persistent id refers to: a storage, or the class of a module with its source. */
  static Object referred(Object id) throws ImportException {
    return id instanceof List<?> list
            && list.size() > 1
            && "module".equals(list.get(0))
            && list.get(1) instanceof Global type
        ? type
        : storage(id);
  }

  /** The storage of a persistent id: ('storage', type, key, location, count, [view]). */
  private static Storage storage(Object id) throws ImportException {
    if (!(id instanceof List<?> list
        && list.size() >= 5
        && "storage".equals(list.get(0))
        && list.get(1) instanceof Global global
        && list.get(4) instanceof Long count
        && count >= 0)) {
      throw ImportException.malformed("the pickle refers to something that is no storage");
    }
    String type = global.name().replaceFirst("^torch\\.cuda\\.", "torch.");
    DataType numbers = STORAGES.get(type);
    if (numbers == null) {
      throw ImportException.unsupported(
          type,
          OTHER_STORAGES.contains(type)
              ? "the file has tensors of quantised or complex numbers; save the model's own floats,"
                  + " with torch.save(model.state_dict(), \"model.pt\") before it is quantised"
              : "the file has tensors whose numbers are not of a type that is read; save them as"
                  + " floats, with v.float()");
    }
    if (list.size() > 5 && list.get(5) != Unpickler.NONE) {
      throw ImportException.unsupported(
          String.valueOf(list.get(2)), "a storage inside another is not read; " + REMEDY);
    }
    return new Storage(numbers, argument(list, 2, String.class), count);
  }

  /** Puts an item into a dict; a key that no state dict has is passed over. */
  static void put(Object dict, Object key, Object value) throws ImportException {
    if (dict instanceof Opaque opaque) {
      Map<Object, Object> item = new LinkedHashMap<>(2);
      opaque.parts().add(item);
      put(item, key, value);
      return;
    }
    @SuppressWarnings("unchecked")
    Map<Object, Object> map = (Map<Object, Object>) cast(dict, Map.class);
    if (key instanceof String || key instanceof Long || key instanceof Boolean) {
      map.put(key, value);
    } else {
      // Of no name, but what it holds may be a tensor.
      map.put(new Opaque("a key", List.of()), value);
    }
  }

  static <T> T cast(@Nullable Object value, Class<T> type) throws ImportException {
    if (!type.isInstance(value)) {
      throw ImportException.malformed(
          "the pickle has something else where it needs a " + type.getSimpleName());
    }
    return type.cast(value);
  }

  private static <T> T argument(List<?> arguments, int index, Class<T> type)
      throws ImportException {
    return cast(index < arguments.size() ? arguments.get(index) : null, type);
  }

  /** Filled by later opcodes: one made of a list could be made of the same list again and again. */
  private static Map<Object, Object> emptyDict(List<?> arguments) throws ImportException {
    if (!arguments.isEmpty()) {
      throw ImportException.unsupported("collections.OrderedDict", "is made of a list");
    }
    return new LinkedHashMap<>();
  }

  private static StoredTensor tensor(List<?> arguments) throws ImportException {
    Storage storage = argument(arguments, 0, Storage.class);
    long offset = argument(arguments, 1, Long.class);
    List<?> shape = argument(arguments, 2, List.class);
    List<?> strides = argument(arguments, 3, List.class);
    if (arguments.size() > 6
        && arguments.get(6) instanceof Map<?, ?> views
        && views.containsValue(true)) {
      throw ImportException.unsupported(
          "torch._utils._rebuild_tensor_v2",
          "a tensor is the conjugate or the negative of what is stored; save it by resolve_conj() or"
              + " resolve_neg()");
    }
    if (shape.size() > MAX_RANK) {
      throw ImportException.malformed(
          "a tensor has %d dimensions, %d are allowed".formatted(shape.size(), MAX_RANK));
    }
    if (shape.size() != strides.size() || offset < 0) {
      throw impossible(offset, shape, strides);
    }
    int[] sizes = new int[shape.size()];
    long[] steps = new long[shape.size()];
    for (int axis = 0; axis < sizes.length; axis++) {
      long size = argument(shape, axis, Long.class);
      steps[axis] = argument(strides, axis, Long.class);
      if (size < 0 || size > Integer.MAX_VALUE || steps[axis] < 0) {
        throw impossible(offset, shape, strides);
      }
      sizes[axis] = (int) size;
    }
    return new StoredTensor(storage, offset, sizes, steps);
  }

  private static ImportException impossible(long offset, List<?> shape, List<?> strides) {
    return ImportException.malformed(
        "a tensor has an impossible layout: offset %d, %d sizes, %d strides"
            .formatted(offset, shape.size(), strides.size()));
  }

  /** The tensors of a dict by name, as far as its items are tensors. */
  static Map<String, StoredTensor> tensorsOf(@Nullable Object dict) {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    if (dict instanceof Map<?, ?> map) {
      map.forEach(
          (key, value) -> {
            if (key instanceof String name && value instanceof StoredTensor tensor) {
              tensors.put(name, tensor);
            }
          });
    }
    return tensors;
  }
}

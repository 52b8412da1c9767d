package dev.keepgate.importer.file.torch;

import dev.keepgate.importer.ImportException;
import dev.keepgate.tensor.DataType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the few names that a state dict needs stand for, each made by code of ours. Numbers are
 * {@link Long} or {@link Double}, dicts {@link Map}, lists and tuples {@link List}; None is {@link
 * #NONE}, and whatever plays no part in a state dict {@link #OTHER}.
 */
final class PickleData {

  private static final int MAX_RANK = 16;

  static final Object NONE = new Object();
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

  private static final Set<String> FUNCTIONS =
      Set.of(
          "collections.OrderedDict",
          "torch._utils._rebuild_tensor",
          "torch._utils._rebuild_tensor_v2",
          "torch._utils._rebuild_parameter",
          "torch._utils._rebuild_parameter_with_state",
          "torch.Size",
          "torch.device");

  private static final String REMEDY =
      "only a state dict is read, which torch.save(model.state_dict(), \"model.pt\") writes";

  /** A name that is on the list. */
  record Global(String name) {}

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
   * A name, if it is on the list.
   *
   * @throws ImportException that names it, and what to save instead
   */
  static Object global(String module, String name) throws ImportException {
    String global = module + "." + name;
    if (STORAGES.containsKey(global) || FUNCTIONS.contains(global)) {
      return new Global(global);
    }
    if (module.equals("torch") && name.matches("(float|bfloat|int|uint)\\d{1,2}|bool")) {
      return OTHER;
    }
    throw ImportException.unsupported(global, "the file needs this Python name; " + REMEDY);
  }

  /** What calling a name gives. */
  static Object call(Object function, Object arguments) throws ImportException {
    if (!(function instanceof Global global) || !(arguments instanceof List<?> list)) {
      throw ImportException.malformed("the pickle calls what is no function");
    }
    return switch (global.name()) {
      case "collections.OrderedDict" -> emptyDict(list);
      case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2" -> tensor(list);
      case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state" ->
          argument(list, 0, Object.class);
      case "torch.Size" -> argument(list, 0, List.class);
      case "torch.device" -> OTHER;
      default -> throw ImportException.malformed(global.name() + " is called, and no function");
    };
  }

  /** The storage of a persistent id: ('storage', type, key, location, count, [view]). */
  static Storage storage(Object id) throws ImportException {
    if (id instanceof List<?> list
        && list.size() >= 5
        && "storage".equals(list.get(0))
        && list.get(1) instanceof Global type
        && STORAGES.get(type.name()) != null
        && list.get(4) instanceof Long count
        && count >= 0) {
      if (list.size() > 5 && list.get(5) != NONE) {
        throw ImportException.unsupported(
            String.valueOf(list.get(2)), "a storage inside another is not read; " + REMEDY);
      }
      return new Storage(STORAGES.get(type.name()), argument(list, 2, String.class), count);
    }
    throw ImportException.malformed("the pickle refers to something that is no storage");
  }

  /** Puts an item into a dict; a key that no state dict has is passed over. */
  static void put(Object dict, Object key, Object value) throws ImportException {
    @SuppressWarnings("unchecked")
    Map<Object, Object> map = (Map<Object, Object>) cast(dict, Map.class);
    if (key instanceof String || key instanceof Long) {
      map.put(key, value);
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

package dev.keepgate.importer.file.torch;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.torch.PickleData.StoredTensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Finds the state dict in what was saved: by itself, or in a checkpoint beside other things. */
final class StateDict {

  /** Where training loops keep it, the more telling names first. */
  private static final List<String> KEYS =
      List.of("model_state_dict", "state_dict", "model_state", "model", "net", "module");

  private static final int MAX_DEPTH = 3;

  private StateDict() {}

  static Map<String, StoredTensor> in(Object saved) throws ImportException {
    Object value = saved;
    for (int depth = 0; depth < MAX_DEPTH; depth++) {
      Object nested = nested(value);
      if (nested == value) {
        break;
      }
      value = nested;
    }
    Map<String, StoredTensor> tensors = PickleData.tensorsOf(value);
    if (tensors.isEmpty()) {
      throw ImportException.unsupported(
          "pickle", "holds no dict of tensors, neither by itself nor as one of " + KEYS);
    }
    return tensors;
  }

  private static Object nested(Object value) throws ImportException {
    if (!(value instanceof Map<?, ?> map)) {
      return value;
    }
    for (String key : KEYS) {
      if (map.get(key) instanceof Map<?, ?> inner && !inner.isEmpty()) {
        return inner;
      }
    }
    if (!PickleData.tensorsOf(value).isEmpty()) {
      return value;
    }
    Map<Object, Object> dicts = new LinkedHashMap<>();
    map.forEach(
        (key, inner) -> {
          if (!PickleData.tensorsOf(inner).isEmpty()) {
            dicts.put(key, inner);
          }
        });
    if (dicts.size() > 1) {
      throw ImportException.unsupported(
          "pickle",
          "holds several dicts of tensors, %s; save the one that is the model's by itself"
              .formatted(dicts.keySet()));
    }
    return dicts.isEmpty() ? value : dicts.values().iterator().next();
  }
}

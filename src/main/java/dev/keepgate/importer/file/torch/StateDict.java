package dev.keepgate.importer.file.torch;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.torch.PickleData.Opaque;
import dev.keepgate.importer.file.torch.PickleData.StoredTensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Finds the state dict in what was saved: by itself, or in a checkpoint beside other things. Other
 * tensors of the checkpoint are the model's as well, by the names of what holds them, so that none
 * is lost unseen; except for the training's.
 */
final class StateDict {

  /** Where training loops keep it, the more telling names first. */
  private static final List<String> KEYS =
      List.of("model_state_dict", "state_dict", "model_state", "model", "net", "module");

  /** Things beside it whose tensors are of the training. */
  private static final Pattern TRAINING =
      Pattern.compile(
          "(?i).*(optim|sched|rng|random|seed|callback|loops|metric|loss|grad|amp|history).*");

  private static final Pattern ARRAY =
      Pattern.compile("numpy\\._?core\\.(multiarray\\._reconstruct|numeric\\._frombuffer)");

  private static final String REMEDY =
      "only a state dict is read, which torch.save(model.state_dict(), \"model.pt\") writes";

  private static final int MAX_DEPTH = 3;

  private StateDict() {}

  /** The tensors that were saved, by name. */
  static Map<String, StoredTensor> in(Object saved) throws ImportException {
    HeldTensors held = new HeldTensors();
    Map<String, Object> beside = new LinkedHashMap<>();
    Object value = saved;
    for (int depth = 0; depth < MAX_DEPTH; depth++) {
      Object nested = nested(value);
      if (nested == value) {
        break;
      }
      ((Map<?, ?>) value)
          .forEach(
              (key, other) -> {
                if (other != nested && !TRAINING.matcher(String.valueOf(key)).matches()) {
                  beside.put(String.valueOf(key), other);
                }
              });
      value = nested;
    }
    Map<String, StoredTensor> tensors = PickleData.tensorsOf(value);
    if (tensors.isEmpty()) {
      throw withoutTensors(saved);
    }
    tensors.forEach(held::addOwn);
    for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
      if (entry.getValue() instanceof Opaque object) {
        requireNoWeight(String.valueOf(entry.getKey()), object);
      }
      if (!(entry.getValue() instanceof StoredTensor)) {
        held.addAll(String.valueOf(entry.getKey()), entry.getValue());
      }
    }
    for (Map.Entry<String, Object> entry : beside.entrySet()) {
      held.addAll(entry.getKey(), entry.getValue());
    }
    return held.tensors();
  }

  /** Among the tensors of a model, these are weights too, if in a form of their own. */
  private static void requireNoWeight(String name, Opaque object) throws ImportException {
    if (object.type().startsWith("torch.") && HeldTensors.holder(object) != null) {
      throw ImportException.unsupported(
          name,
          "is made by %s, and only plain tensors are read; save it as one, such as by to_dense()"
              .formatted(object.type()));
    }
    if (ARRAY.matcher(object.type()).matches()) {
      throw ImportException.unsupported(
          name,
          "is an array of NumPy's among tensors, and nothing is left out unseen; save it as a tensor,"
              + " by torch.from_numpy(array), or elsewhere");
    }
  }

  private static ImportException withoutTensors(Object saved) {
    Opaque object = HeldTensors.holder(saved);
    if (object == null) {
      return ImportException.unsupported(
          "pickle", "holds no dict of tensors, neither by itself nor as one of " + KEYS);
    }
    return ImportException.unsupported(
        object.type(),
        "the file holds its tensors in an object of this Python class, which is never made; "
            + REMEDY);
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

package dev.keepgate.importer.file.torch;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.file.pickle.PickleInput;
import dev.keepgate.importer.file.pickle.PickleObjects;
import dev.keepgate.importer.file.torch.PickleData.Storage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The values of {@link PickleData}, and the storages that a pickle refers to. */
final class TorchObjects implements PickleObjects {

  private final Map<String, Storage> storages = new HashMap<>();

  /** The storages by their keys. */
  Map<String, Storage> storages() {
    return storages;
  }

  @Override
  public Object global(String module, String name) throws ImportException {
    return PickleData.global(module, name);
  }

  @Override
  public Object call(Object function, Object arguments) throws ImportException {
    return PickleData.call(function, arguments);
  }

  @Override
  public void named(Object object, Object arguments) {
    PickleData.build(object, arguments);
  }

  @Override
  public Object build(Object object, Object state, PickleInput in) {
    PickleData.build(object, state);
    return object;
  }

  @Override
  public void append(Object list, List<Object> items) throws ImportException {
    PickleData.append(list, items);
  }

  @Override
  public void put(Object dict, Object key, Object value) throws ImportException {
    PickleData.put(dict, key, value);
  }

  @Override
  public Object referred(Object id) throws ImportException {
    Object referred = PickleData.referred(id);
    if (referred instanceof Storage storage) {
      storages.put(storage.key(), storage);
    }
    return referred;
  }
}

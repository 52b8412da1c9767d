package dev.keepgate.inference;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.ModelStatus;
import dev.keepgate.registry.RegistryException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.ToLongFunction;

/**
 * The versions whose sequences this process has stepped, and those that went while any process had
 * sequences of theirs, each held by one handle: a version that is taken away drains here until its
 * last sequence has ended.
 */
final class PinnedModels implements AutoCloseable {

  private final ModelRegistry registry;
  private final ToLongFunction<ModelId> openSequences;
  private final ConcurrentMap<ModelId, ModelHandle> pins = new ConcurrentHashMap<>();

  PinnedModels(ModelRegistry registry, ToLongFunction<ModelId> openSequences) {
    this.registry = registry;
    this.openSequences = openSequences;
    registry.beforeRetirement(this::pinWhileOpen);
  }

  /** Any replica may be asked for the next step of a sequence that others stepped so far. */
  private void pinWhileOpen(ModelHandle handle) {
    boolean isOpen;
    try {
      isOpen = openSequences.applyAsLong(handle.id()) > 0;
    } catch (RuntimeException e) {
      // Nobody knows now. It is let go later, where there is none.
      isOpen = true;
    }
    if (isOpen) {
      pin(handle);
    }
  }

  /**
   * Borrows a version, be it from those that drain.
   *
   * @throws RegistryException.NotFound if it is in neither place
   */
  ModelHandle acquire(ModelId id) {
    while (true) {
      ModelHandle pinned = pins.get(id);
      if (pinned == null) {
        return registry.acquire(new ModelRequest.Specific(id));
      }
      try {
        return pinned.share();
      } catch (IllegalStateException e) {
        // It was let go between two looks.
        pins.remove(id, pinned);
      }
    }
  }

  /**
   * Holds a version from now on.
   *
   * @return false if another model of the same name and number still drains
   */
  boolean pin(ModelHandle handle) {
    ModelHandle pinned =
        pins.compute(
            handle.id(),
            (id, old) -> {
              if (old == null) {
                return handle.share();
              }
              if (old.model() == handle.model() || openSequences.applyAsLong(id) > 0) {
                return old;
              }
              old.close();
              return handle.share();
            });
    return pinned.model() == handle.model();
  }

  /** Lets those go that were taken away and have no sequence left. */
  void releaseDrained() {
    for (ModelId id : pins.keySet()) {
      if (!isServing(id)) {
        pins.computeIfPresent(
            id,
            (key, pinned) -> {
              if (openSequences.applyAsLong(id) > 0) {
                return pinned;
              }
              pinned.close();
              return null;
            });
      }
    }
  }

  private boolean isServing(ModelId id) {
    try {
      return registry.find(new ModelRequest.Specific(id)).status() == ModelStatus.AVAILABLE;
    } catch (RegistryException.NotFound e) {
      return false;
    }
  }

  @Override
  public void close() {
    pins.values().forEach(ModelHandle::close);
    pins.clear();
  }
}

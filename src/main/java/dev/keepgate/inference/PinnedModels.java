package dev.keepgate.inference;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.RegistryException;
import dev.keepgate.sequence.ModelContent;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The versions whose sequences this process has stepped, and those that went while any process had
 * sequences of theirs, each held by one handle: a version that is taken away drains here until its
 * last sequence has ended.
 *
 * <p>No lock of the map is held while the store is asked how many sequences are open.
 */
final class PinnedModels implements AutoCloseable {

  private final ModelRegistry registry;
  private final ToLongFunction<ModelId> openSequences;
  private final ConcurrentMap<ModelId, Pin> pins = new ConcurrentHashMap<>();

  /** A handle that is held. */
  private static final class Pin {
    private final ModelHandle handle;
    private final String digest;

    /** Held by whoever finds out whether anybody needs it. */
    private final ReentrantLock release = new ReentrantLock();

    /** Whether it may be let go, unless somebody says meanwhile that it is needed. */
    private volatile boolean doubted;

    private Pin(ModelHandle handle) {
      this.handle = handle.share();
      this.digest = this.handle.digest();
    }
  }

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
   * @return null where what is here has other files than are asked for
   * @throws RegistryException.NotFound if it is in neither place
   */
  @Nullable ModelHandle acquire(ModelContent content) {
    Pin pin = pins.get(content.id());
    while (pin != null && content.fits(pin.digest)) {
      try {
        return pin.handle.share();
      } catch (IllegalStateException e) {
        // It was let go between two looks, and is closed only after it has left the map.
        pin = pins.get(content.id());
      }
    }
    ModelHandle served = registry.acquire(new ModelRequest.Specific(content.id()));
    if (content.fits(served.digest())) {
      return served;
    }
    served.close();
    return null;
  }

  /**
   * Holds a version from now on.
   *
   * @return false if another model of the same name and number still drains
   */
  boolean pin(ModelHandle handle) {
    while (true) {
      Pin pin = pins.get(handle.id());
      if (pin == null) {
        Pin made = new Pin(handle);
        if (pins.putIfAbsent(handle.id(), made) == null) {
          return true;
        }
        made.handle.close();
      } else if (pin.handle.isSameModel(handle)) {
        if (keep(handle.id(), pin)) {
          return true;
        }
      } else if (pin.digest.equals(handle.digest())) {
        replace(handle, pin);
      } else if (!letGoIfUnused(handle.id(), pin)) {
        return false;
      }
    }
  }

  /** Says that a version is needed; false where it has just been let go. */
  private boolean keep(ModelId id, Pin pin) {
    // At every step: no more than a read, unless somebody wants to let it go.
    return !pin.doubted
        || pins.computeIfPresent(
                id,
                (key, present) -> {
                  present.doubted = false;
                  return present;
                })
            == pin;
  }

  /** Holds a model that was loaded again in the place of its like. */
  private void replace(ModelHandle handle, Pin pin) {
    Pin made = new Pin(handle);
    Pin loser = pins.replace(handle.id(), pin, made) ? pin : made;
    loser.handle.close();
  }

  /**
   * Lets a version go that has no sequence left.
   *
   * <p>A sequence is counted before its version is pinned for it. So either the count below has it,
   * or whoever opened it sees the release under way, and undoes it.
   *
   * @return false where it is needed
   */
  private boolean letGoIfUnused(ModelId id, Pin pin) {
    pin.release.lock();
    try {
      pin.doubted = true;
      if (openSequences.applyAsLong(id) > 0) {
        return false;
      }
      Pin left =
          pins.computeIfPresent(
              id, (key, present) -> present == pin && pin.doubted ? null : present);
      if (left == pin) {
        return false;
      }
      pin.handle.close();
      return true;
    } finally {
      pin.release.unlock();
    }
  }

  /** Lets those go that were taken away and have no sequence left. */
  void releaseDrained() {
    pins.forEach(
        (id, pin) -> {
          if (!isServing(id, pin)) {
            letGoIfUnused(id, pin);
          }
        });
  }

  private boolean isServing(ModelId id, Pin pin) {
    try (ModelHandle served = registry.acquire(new ModelRequest.Specific(id))) {
      return served.isSameModel(pin.handle);
    } catch (RegistryException.NotFound | RegistryException.NotAvailable e) {
      return false;
    }
  }

  @Override
  public void close() {
    List<Pin> held = List.copyOf(pins.values());
    pins.clear();
    held.forEach(pin -> pin.handle.close());
  }
}

package dev.keepgate.api.kafka;

import dev.keepgate.api.kafka.StreamsProperties.Binding;
import dev.keepgate.api.kafka.StreamsProperties.VersionChange;
import dev.keepgate.inference.KeptSequence;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.RegistryException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The versions that states of streams were made by. One that is taken from the registry is kept for
 * as long as a state of it may be stepped on: until none was for its binding's time to live.
 */
final class StreamModels implements AutoCloseable {

  private final ModelRegistry registry;

  /** How long a version is kept, in nanoseconds, by the names of models whose states are pinned. */
  private final Map<String, Long> pinned = new HashMap<>();

  /** Guarded by this. */
  private final Map<ModelId, Retired> retired = new HashMap<>();

  /** A version that the registry has no more. */
  private static final class Retired {
    private final ModelHandle handle;
    private long usedAt = System.nanoTime();

    private Retired(ModelHandle handle) {
      this.handle = handle;
    }
  }

  StreamModels(ModelRegistry registry, List<Binding> bindings) {
    this.registry = registry;
    for (Binding binding : bindings) {
      if (binding.versions() == VersionChange.PIN) {
        pinned.merge(binding.model(), binding.ttl().toNanos(), Math::max);
      }
    }
    registry.beforeRetirement(this::retire);
  }

  private synchronized void retire(ModelHandle handle) {
    letGo();
    if (pinned.containsKey(handle.id().name())) {
      Retired former = retired.put(handle.id(), new Retired(handle.share()));
      if (former != null) {
        former.handle.close();
      }
    }
  }

  /** Lets those go that no state can be of any more. */
  synchronized void letGo() {
    for (Iterator<Map.Entry<ModelId, Retired>> all = retired.entrySet().iterator();
        all.hasNext(); ) {
      Map.Entry<ModelId, Retired> each = all.next();
      long kept = pinned.getOrDefault(each.getKey().name(), 0L);
      if (System.nanoTime() - each.getValue().usedAt > kept) {
        each.getValue().handle.close();
        all.remove();
      }
    }
  }

  /**
   * Borrows the version that a binding's sequences begin with.
   *
   * @param key of the sequence: where versions share a model's sequences, it always falls to the
   *     same one
   * @throws RegistryException if it does not serve, now or at all
   */
  ModelHandle current(Binding binding, byte[] key) {
    Long version = binding.version();
    if (version != null) {
      return registry.acquire(ModelRequest.specific(binding.model(), version));
    }
    String label = binding.label();
    return registry.acquire(
        label == null
            ? new ModelRequest.Latest(binding.model(), ModelRequest.point(Arrays.hashCode(key)))
            : new ModelRequest.Labelled(binding.model(), label));
  }

  /**
   * Borrows the version that a sequence is of.
   *
   * @return null where it is gone, or has other files now
   * @throws RegistryException.NotAvailable if it does not serve now
   */
  @Nullable ModelHandle of(KeptSequence sequence) {
    synchronized (this) {
      Retired kept = retired.get(sequence.model());
      if (kept != null && sequence.isOf(kept.handle)) {
        kept.usedAt = System.nanoTime();
        return kept.handle.share();
      }
    }
    try {
      ModelHandle served = registry.acquire(new ModelRequest.Specific(sequence.model()));
      if (sequence.isOf(served)) {
        return served;
      }
      served.close();
      return null;
    } catch (RegistryException.NotFound e) {
      return null;
    }
  }

  @Override
  public synchronized void close() {
    retired.values().forEach(each -> each.handle.close());
    retired.clear();
  }
}

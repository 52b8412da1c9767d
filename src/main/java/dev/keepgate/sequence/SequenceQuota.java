package dev.keepgate.sequence;

import dev.keepgate.model.ModelId;
import dev.keepgate.sequence.SequenceException.Full.Bound;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many sequences there may be and how large, of a model, of an owner and of all, and how much
 * is taken.
 */
final class SequenceQuota {

  private record Held(long count, long bytes) {
    Held plus(long moreCount, long moreBytes) {
      return new Held(count + moreCount, bytes + moreBytes);
    }
  }

  private static final Held NOTHING = new Held(0, 0);

  private final SequenceProperties bounds;
  private final Map<ModelId, Held> models = new HashMap<>();
  private final Map<String, Integer> owners = new HashMap<>();
  private Held total = NOTHING;

  SequenceQuota(SequenceProperties bounds) {
    this.bounds = bounds;
  }

  /**
   * Counts a sequence that is to come.
   *
   * @param maxOfOwner how many its owner may have with it
   * @throws SequenceException.Full if a bound would be passed; nothing is counted then
   */
  synchronized void add(Sequence sequence, int maxOfOwner) {
    String owner = sequence.id().owner();
    int owned = owners.getOrDefault(owner, 0) + 1;
    if (owned > maxOfOwner) {
      throw SequenceException.Full.ofOwner(maxOfOwner);
    }
    reserve(sequence.model(), 1, sequence.bytes());
    if (!owner.isEmpty()) {
      owners.put(owner, owned);
    }
  }

  /** Counts a sequence no more. */
  synchronized void remove(Sequence sequence) {
    owners.computeIfPresent(sequence.id().owner(), (owner, count) -> count == 1 ? null : count - 1);
    release(sequence.model(), 1, sequence.bytes());
  }

  /**
   * Counts bytes by which a sequence grows.
   *
   * @throws SequenceException.Full if a bound would be passed; nothing is counted then
   */
  synchronized void grow(ModelId model, long bytes) {
    reserve(model, 0, bytes);
  }

  synchronized void shrink(ModelId model, long bytes) {
    release(model, 0, bytes);
  }

  private void reserve(ModelId model, long count, long bytes) {
    Held ofModel = models.getOrDefault(model, NOTHING).plus(count, bytes);
    Held all = total.plus(count, bytes);
    if (count > 0) {
      check(ofModel.count(), bounds.maxCountPerModel(), "sequences", model);
      check(all.count(), bounds.maxCount(), "sequences", null);
    }
    if (bytes > 0) {
      check(ofModel.bytes(), bounds.bytesPerModel(), "bytes of sequences", model);
      check(all.bytes(), bounds.bytes(), "bytes of sequences", null);
    }
    models.put(model, ofModel);
    total = all;
  }

  private static void check(long wanted, long bound, String what, @Nullable ModelId model) {
    if (wanted > bound) {
      throw new SequenceException.Full(
          "there is room for %,d %s%s".formatted(bound, what, model == null ? "" : " of " + model),
          model == null ? Bound.ALL : Bound.MODEL);
    }
  }

  private void release(ModelId model, long count, long bytes) {
    Held left = models.getOrDefault(model, NOTHING).plus(-count, -bytes);
    if (left.count() == 0) {
      models.remove(model);
    } else {
      models.put(model, left);
    }
    total = total.plus(-count, -bytes);
  }

  synchronized long count(ModelId model) {
    return models.getOrDefault(model, NOTHING).count();
  }

  synchronized long count() {
    return total.count();
  }

  synchronized long bytes() {
    return total.bytes();
  }
}

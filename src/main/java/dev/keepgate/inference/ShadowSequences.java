package dev.keepgate.inference;

import dev.keepgate.model.RecurrentState;
import dev.keepgate.sequence.SequenceId;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The states that sequences have with shadows, made of the same inputs from the first step on.
 * Where too many are kept, the one that was stepped longest ago goes. For one thread.
 */
final class ShadowSequences {

  /** A record, its places in the map, and the headers of its arrays, about. */
  private static final int OVERHEAD = 512;

  private final int limit;
  private final ShadowMemory memory;
  private final Map<Key, Followed> followed = new LinkedHashMap<>();

  /** A sequence with the shadow of a label. */
  record Key(String label, SequenceId id) {}

  /**
   * @param revision of the served sequence that this is the shadow of
   * @param digest of the files of the version that made the state
   * @param expires {@link System#nanoTime()} when the sequence has expired
   */
  private record Followed(
      long revision, String digest, RecurrentState state, long bytes, long expires) {}

  ShadowSequences(int limit, ShadowMemory memory) {
    this.limit = limit;
    this.memory = memory;
  }

  /**
   * Takes the state out that a step goes on from.
   *
   * @param digest of the version that is to take it on
   * @return null where there is none of that revision and version
   */
  @Nullable RecurrentState take(Key key, long revision, String digest) {
    Followed found = followed.remove(key);
    if (found == null) {
      return null;
    }
    memory.giveBack(found.bytes());
    return found.revision() == revision && found.digest().equals(digest) ? found.state() : null;
  }

  /** Keeps the state that a step came to, if there is room for it. */
  void put(Key key, ShadowRequest.Step step, String digest, RecurrentState state) {
    long bytes = OVERHEAD;
    for (float[] slot : state.values()) {
      bytes += (long) slot.length * Float.BYTES;
    }
    drop(key);
    while (!followed.isEmpty() && followed.size() >= limit) {
      drop(followed.keySet().iterator().next());
    }
    boolean isTaken = memory.tryTake(bytes);
    while (!isTaken && !followed.isEmpty()) {
      drop(followed.keySet().iterator().next());
      isTaken = memory.tryTake(bytes);
    }
    if (isTaken && limit > 0) {
      long expires = System.nanoTime() + step.ttl().toNanos();
      followed.put(key, new Followed(step.to(), digest, state, bytes, expires));
    } else if (isTaken) {
      memory.giveBack(bytes);
    }
  }

  private void drop(Key key) {
    Followed found = followed.remove(key);
    if (found != null) {
      memory.giveBack(found.bytes());
    }
  }

  /** Lets go of a sequence with all shadows. */
  void end(SequenceId id) {
    removeIf((key, found) -> key.id().equals(id));
  }

  /** Lets go of those that have expired. */
  void expire(long now) {
    removeIf((key, found) -> now - found.expires() >= 0);
  }

  private interface Test {
    boolean test(Key key, Followed found);
  }

  private void removeIf(Test test) {
    for (Iterator<Map.Entry<Key, Followed>> all = followed.entrySet().iterator(); all.hasNext(); ) {
      Map.Entry<Key, Followed> each = all.next();
      if (test.test(each.getKey(), each.getValue())) {
        memory.giveBack(each.getValue().bytes());
        all.remove();
      }
    }
  }

  int size() {
    return followed.size();
  }
}

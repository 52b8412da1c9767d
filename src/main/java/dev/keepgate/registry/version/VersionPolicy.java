package dev.keepgate.registry.version;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelStatus;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Decides, from what is known at one moment, which version serves and which come and go. */
final class VersionPolicy {

  private VersionPolicy() {}

  /**
   * The version that stands for a name where none is named: the highest that is AVAILABLE; else the
   * highest that will be, else that failed to be, else that was. Null where there is none.
   */
  static <V> @Nullable V latest(NavigableMap<Long, V> versions, Function<V, ModelStatus> status) {
    V latest = null;
    int rank = Integer.MAX_VALUE;
    for (V version : versions.descendingMap().values()) {
      int own = rank(status.apply(version));
      if (own < rank) {
        latest = version;
        rank = own;
      }
      if (rank == 0) {
        break;
      }
    }
    return latest;
  }

  private static int rank(ModelStatus status) {
    return switch (status) {
      case AVAILABLE -> 0;
      case START, LOADING -> 1;
      case END -> 2;
      case UNLOADING -> 3;
    };
  }

  /**
   * What a version of the repository is known as.
   *
   * @param stamp what its files looked like when they were read; null where nobody looked
   */
  record Known(ModelStatus status, @Nullable String stamp) {}

  /** What to do, each in order. */
  record Plan(List<ModelId> load, List<ModelId> unload) {}

  /**
   * What follows from a look into the repository.
   *
   * <p>A new version is loaded once it looks the same twice: it may still be on its way in. So is
   * one that could not be loaded, once its files have changed. One that serves is never read again.
   * A version whose folder has gone is unloaded, but not one that is loading: it may be on its way
   * in as well.
   *
   * @param known the versions that are known, as they were before the look
   * @param before the stamps that the look before found
   * @param now the stamps of the folders that there are
   */
  static Plan plan(
      Map<ModelId, Known> known, Map<ModelId, String> before, Map<ModelId, String> now) {
    List<ModelId> load =
        now.entrySet().stream()
            .filter(found -> found.getValue().equals(before.get(found.getKey())))
            .filter(found -> isWorthReading(known.get(found.getKey()), found.getValue()))
            .map(Map.Entry::getKey)
            .sorted()
            .toList();
    List<ModelId> unload =
        known.keySet().stream()
            .filter(id -> !now.containsKey(id) && isSettled(known.get(id)))
            .sorted()
            .toList();
    return new Plan(load, unload);
  }

  private static boolean isWorthReading(@Nullable Known known, String stamp) {
    return known == null
        || (known.status() == ModelStatus.END
            && known.stamp() != null
            && !known.stamp().equals(stamp));
  }

  private static boolean isSettled(@Nullable Known known) {
    return known != null
        && (known.status() == ModelStatus.AVAILABLE || known.status() == ModelStatus.END);
  }
}

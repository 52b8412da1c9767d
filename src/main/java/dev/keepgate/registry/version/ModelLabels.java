package dev.keepgate.registry.version;

import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelRequest;
import dev.keepgate.registry.Shadow;
import dev.keepgate.registry.VersionLabel;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The labels of one model, and which of them a request goes to that names neither version nor
 * label. Never written after it was made.
 */
final class ModelLabels {

  static final ModelLabels NONE = new ModelLabels("none", Collections.emptySortedMap());

  private final SortedMap<String, VersionLabel> all;
  private final @Nullable Long stable;

  /** By name; empty for nearly all models. */
  private final Share[] shares;

  private final List<Shadow> shadows;

  /**
   * A label with a weight.
   *
   * @param end where its share of [0, 1) ends; it begins where the one before ends
   */
  record Share(String label, long version, double end) {}

  ModelLabels(String name, SortedMap<String, VersionLabel> labels) {
    this.all = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    VersionLabel named = all.get(ModelRequest.STABLE);
    this.stable = named == null ? null : named.version();
    double[] sum = {0};
    this.shares =
        all.entrySet().stream()
            .filter(each -> each.getValue().weight() > 0)
            .map(
                each -> {
                  sum[0] += each.getValue().weight();
                  return new Share(each.getKey(), each.getValue().version(), sum[0]);
                })
            .toArray(Share[]::new);
    this.shadows =
        all.entrySet().stream()
            .filter(each -> each.getValue().shadow() > 0)
            .map(
                each ->
                    new Shadow(
                        each.getKey(),
                        new ModelId(name, each.getValue().version()),
                        each.getValue().shadow()))
            .toList();
  }

  /** By name; not to be written. */
  SortedMap<String, VersionLabel> all() {
    return all;
  }

  /** The version labelled {@link ModelRequest#STABLE}; null where none is. */
  @Nullable Long stable() {
    return stable;
  }

  /** By label; empty for nearly all models. */
  List<Shadow> shadows() {
    return shadows;
  }

  /**
   * The label whose share a request falls into.
   *
   * @param point where, in [0, 1); NaN to draw one
   * @return null for none
   */
  @Nullable Share share(double point) {
    if (shares.length == 0) {
      return null;
    }
    double at = Double.isNaN(point) ? ThreadLocalRandom.current().nextDouble() : point;
    for (Share share : shares) {
      if (at < share.end()) {
        return share;
      }
    }
    return null;
  }
}

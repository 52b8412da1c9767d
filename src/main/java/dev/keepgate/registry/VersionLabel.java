package dev.keepgate.registry;

import dev.keepgate.model.ModelId;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What a label of a model stands for.
 *
 * @param version its number
 * @param weight the share of the requests that name neither version nor label that go to it, from 0
 *     to less than 1; 0 for none
 */
public record VersionLabel(long version, double weight) {

  /** What the weights of a model may exceed 1 by, as their sum is rounded. */
  public static final double ROUNDING = 1e-9;

  private static final String WEIGHT = "weight=";

  /**
   * @throws IllegalArgumentException if a share is none
   */
  public VersionLabel {
    if (!isShare(weight)) {
      throw new IllegalArgumentException("expected a weight of 0 to less than 1, got " + weight);
    }
  }

  /** A label that only those ask for who name it. */
  public static VersionLabel of(long version) {
    return new VersionLabel(version, 0);
  }

  private static boolean isShare(double share) {
    return share >= 0 && share < 1;
  }

  /** The label as a line of a file has it after its name: {@code 2}, or {@code 2 weight=0.1}. */
  public String text() {
    return weight == 0 ? Long.toString(version) : version + " " + WEIGHT + weight;
  }

  /** Reads what {@link #text()} writes; null where it is nothing such. */
  public static @Nullable VersionLabel parse(String text) {
    String[] words = text.split(" ", -1);
    OptionalLong version = ModelId.parseVersion(words[0]);
    if (version.isEmpty() || words.length > 2) {
      return null;
    }
    if (words.length == 1) {
      return of(version.getAsLong());
    }
    double weight = words[1].startsWith(WEIGHT) ? share(words[1].substring(WEIGHT.length())) : 0;
    return isShare(weight) && weight > 0 ? new VersionLabel(version.getAsLong(), weight) : null;
  }

  private static double share(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }
}

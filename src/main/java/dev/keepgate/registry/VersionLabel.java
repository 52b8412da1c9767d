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
 * @param shadow the share of the requests of the version that serves by default that are computed
 *     by it as well, from 0 to 1; 0 for none
 */
public record VersionLabel(long version, double weight, double shadow) {

  /** What the weights of a model may exceed 1 by, as their sum is rounded. */
  public static final double ROUNDING = 1e-9;

  private static final String WEIGHT = "weight=";
  private static final String SHADOW = "shadow=";

  /**
   * @throws IllegalArgumentException if a share is none
   */
  public VersionLabel {
    if (!(weight >= 0 && weight < 1)) {
      throw new IllegalArgumentException("expected a weight of 0 to less than 1, got " + weight);
    }
    if (!(shadow >= 0 && shadow <= 1)) {
      throw new IllegalArgumentException("expected a shadow of 0 to 1, got " + shadow);
    }
  }

  /** A label with a weight. */
  public VersionLabel(long version, double weight) {
    this(version, weight, 0);
  }

  /** A label that only those ask for who name it. */
  public static VersionLabel of(long version) {
    return new VersionLabel(version, 0, 0);
  }

  /**
   * The label as a line of a file has it after its name: {@code 2}, {@code 2 weight=0.1}, {@code 2
   * shadow=0.5} or both.
   */
  public String text() {
    return version
        + (weight == 0 ? "" : " " + WEIGHT + weight)
        + (shadow == 0 ? "" : " " + SHADOW + shadow);
  }

  /** Reads what {@link #text()} writes; null where it is nothing such. */
  public static @Nullable VersionLabel parse(String text) {
    String[] words = text.split(" ", -1);
    OptionalLong version = ModelId.parseVersion(words[0]);
    int at = 1;
    double weight = share(words, at, WEIGHT);
    at += weight == 0 ? 0 : 1;
    double shadow = share(words, at, SHADOW);
    at += shadow == 0 ? 0 : 1;
    boolean isWhole = version.isPresent() && at == words.length;
    return isWhole && weight >= 0 && weight < 1 && shadow >= 0 && shadow <= 1
        ? new VersionLabel(version.getAsLong(), weight, shadow)
        : null;
  }

  /** 0 where the word is another's, or says 0, which is not written. */
  private static double share(String[] words, int at, String name) {
    if (at >= words.length || !words[at].startsWith(name)) {
      return 0;
    }
    try {
      return Double.parseDouble(words[at].substring(name.length()));
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }
}

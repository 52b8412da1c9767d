package dev.keepgate.inference;

import dev.keepgate.model.ModelId;
import dev.keepgate.sequence.SequenceId;
import dev.keepgate.sequence.SequencePlace;
import dev.keepgate.sequence.SequenceSummary;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of the list of open sequences, in the order in which they were opened.
 *
 * @param next where the next page begins; null where this is the last
 */
public record SequencePage(List<Entry> sequences, @Nullable String next) {

  /**
   * An open sequence, without its state.
   *
   * @param step how many steps it has taken
   * @param ttl how long it outlives its last step
   * @param bytes memory that it takes, about
   */
  public record Entry(
      String id,
      ModelId model,
      int batch,
      long step,
      Duration ttl,
      Instant openedAt,
      Instant expiresAt,
      long bytes) {

    private static Entry of(SequenceSummary summary) {
      return new Entry(
          summary.id().value(),
          summary.model(),
          summary.batch(),
          summary.step(),
          summary.lifetime().ttl(),
          summary.lifetime().openedAt(),
          summary.lifetime().expiresAt(),
          summary.bytes());
    }
  }

  /**
   * @param found one more than the page has, where another page follows
   */
  static SequencePage of(List<SequenceSummary> found, int limit) {
    boolean isLast = found.size() <= limit;
    List<SequenceSummary> shown = isLast ? found : found.subList(0, limit);
    return new SequencePage(
        shown.stream().map(Entry::of).toList(), isLast ? null : text(shown.get(limit - 1).place()));
  }

  private static String text(SequencePlace place) {
    return place.openedAt().toEpochMilli() + "/" + place.id().value();
  }

  /** The place that the {@code next} of a page names; null where it is none. */
  static @Nullable SequencePlace place(String next, String owner) {
    int slash = next.indexOf('/');
    if (slash < 0
        || !next.substring(0, slash).matches("[0-9]{1,15}")
        || !SequenceId.isId(next.substring(slash + 1))) {
      return null;
    }
    return new SequencePlace(
        Instant.ofEpochMilli(Long.parseLong(next.substring(0, slash))),
        new SequenceId(owner, next.substring(slash + 1)));
  }
}

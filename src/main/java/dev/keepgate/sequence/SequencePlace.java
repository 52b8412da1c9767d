package dev.keepgate.sequence;

import java.time.Instant;

/**
 * A sequence's place in the order in which they were opened; those of one moment by their ids. It
 * stays when the sequence has ended.
 *
 * @param openedAt in milliseconds
 */
public record SequencePlace(Instant openedAt, SequenceId id) implements Comparable<SequencePlace> {

  @Override
  public int compareTo(SequencePlace other) {
    int order = openedAt.compareTo(other.openedAt);
    if (order == 0) {
      order = id.value().compareTo(other.id.value());
    }
    return order != 0 ? order : id.owner().compareTo(other.id.owner());
  }
}

package dev.keepgate.sequence;

import dev.keepgate.model.ModelId;

/**
 * A sequence without its state.
 *
 * @param id what it is called
 * @param model what computes it
 * @param batch how many rows step together
 * @param step how many steps it has taken
 * @param lifetime when it began, and when it ends
 * @param bytes memory that it takes, about
 */
public record SequenceSummary(
    SequenceId id, ModelId model, int batch, long step, Sequence.Lifetime lifetime, long bytes) {

  static SequenceSummary of(Sequence sequence) {
    return new SequenceSummary(
        sequence.id(),
        sequence.model(),
        sequence.batch(),
        sequence.step(),
        sequence.lifetime(),
        sequence.bytes());
  }

  public SequencePlace place() {
    return new SequencePlace(lifetime.openedAt(), id);
  }
}

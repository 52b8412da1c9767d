package dev.keepgate.inference;

import dev.keepgate.model.ModelId;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.sequence.Sequence;
import java.time.Duration;
import java.time.Instant;

/**
 * A sequence as its client sees it.
 *
 * @param id what it is called
 * @param model the version that computes it
 * @param batch how many rows step together
 * @param step how many steps it has taken
 * @param ttl how long it outlives its last step
 * @param expiresAt when it ends, unless it is stepped before
 * @param state after the last step
 */
public record SequenceInfo(
    String id,
    ModelId model,
    int batch,
    long step,
    Duration ttl,
    Instant expiresAt,
    RecurrentState state) {

  static SequenceInfo of(Sequence sequence) {
    return new SequenceInfo(
        sequence.id().value(),
        sequence.model(),
        sequence.batch(),
        sequence.step(),
        sequence.ttl(),
        sequence.expiresAt(),
        sequence.state());
  }
}

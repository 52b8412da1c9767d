package dev.keepgate.inference;

import dev.keepgate.model.ModelId;
import dev.keepgate.model.RecurrentState;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.sequence.ModelContent;
import dev.keepgate.sequence.Sequence;
import dev.keepgate.sequence.SequenceCodec;
import dev.keepgate.sequence.SequenceId;
import java.time.Duration;
import java.time.Instant;

/**
 * A sequence that somebody else than this server's store keeps, such as a stream engine: one row,
 * never written after it was made.
 */
public final class KeptSequence {

  /** Whoever keeps it knows what it is called. */
  private static final SequenceId NAMELESS = new SequenceId("kept");

  private final Sequence sequence;

  KeptSequence(Sequence sequence) {
    this.sequence = sequence;
  }

  /**
   * A sequence of a model before its first step, from zeros.
   *
   * @param ttl how long it outlives its last step, which whoever keeps it sees to
   */
  public static KeptSequence open(ModelHandle handle, Duration ttl) {
    RecurrentState zero = RecurrentState.zero(handle.signature().state(), 1);
    return new KeptSequence(
        Sequence.open(
            NAMELESS,
            new ModelContent(handle.id(), handle.digest()),
            1,
            ttl,
            Instant.now(),
            new Sequence.Progress(0, zero, null)));
  }

  /**
   * What {@link #encode} made.
   *
   * @throws IllegalArgumentException if the bytes are no sequence, or of a format to come
   */
  public static KeptSequence decode(byte[] bytes) {
    return new KeptSequence(SequenceCodec.decode(bytes));
  }

  /** As bytes, for processes that may be of different builds. */
  public byte[] encode() {
    return SequenceCodec.encode(sequence);
  }

  /**
   * The same sequence without what its last step answered, which only errors of the next step
   * against it ask for, and a forecast from there.
   */
  public KeptSequence withoutAnswer() {
    Sequence.Progress bare = new Sequence.Progress(sequence.step(), sequence.state(), null);
    return new KeptSequence(
        new Sequence(
            sequence.id(),
            sequence.content(),
            sequence.batch(),
            sequence.lifetime(),
            bare,
            sequence.revision()));
  }

  /** The version that computes it. */
  public ModelId model() {
    return sequence.model();
  }

  /** Whether a borrowed version is the one that computes it, with the same files. */
  public boolean isOf(ModelHandle handle) {
    return sequence.model().equals(handle.id()) && sequence.content().fits(handle.digest());
  }

  /** How many steps it has taken. */
  public long step() {
    return sequence.step();
  }

  /** The same sequence as clients see it. */
  public SequenceInfo info(String id) {
    return new SequenceInfo(
        id,
        sequence.model(),
        1,
        sequence.step(),
        sequence.ttl(),
        sequence.expiresAt(),
        sequence.state());
  }

  Sequence sequence() {
    return sequence;
  }
}

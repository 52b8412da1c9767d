package dev.keepgate.inference;

import dev.keepgate.model.LstmConfig;
import dev.keepgate.model.ModelId;
import dev.keepgate.registry.ModelHandle;
import dev.keepgate.sequence.Sequence;
import java.util.OptionalLong;

/** A step of a sequence that is about to be read: its model is known, and held. */
public final class SequenceCall implements AutoCloseable {

  private final Sequence sequence;
  private final ModelHandle handle;
  private final OptionalLong deadline;
  private final Caller caller;

  SequenceCall(Sequence sequence, ModelHandle handle, OptionalLong deadline, Caller caller) {
    this.sequence = sequence;
    this.handle = handle;
    this.deadline = deadline;
    this.caller = caller;
  }

  public ModelId model() {
    return handle.id();
  }

  /** The sizes of the sequence's model. */
  public LstmConfig config() {
    return handle.config();
  }

  /** The sequence as it was found. */
  Sequence sequence() {
    return sequence;
  }

  ModelHandle handle() {
    return handle;
  }

  OptionalLong deadline() {
    return deadline;
  }

  Caller caller() {
    return caller;
  }

  @Override
  public void close() {
    handle.close();
  }
}

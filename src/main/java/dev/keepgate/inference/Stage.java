package dev.keepgate.inference;

/** The parts of a request's time. */
public enum Stage {
  /** From bytes to tensors: a body that arrives, and is decoded. */
  READ,
  /** Waiting to be let in, and for a worker. */
  QUEUE,
  /** With a worker. */
  COMPUTE,
  /** Asking the store of sequences, for a sequence and to keep its next state. */
  STORE,
  /** From tensors to bytes. */
  WRITE
}

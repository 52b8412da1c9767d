package dev.keepgate.model;

import java.util.List;

/** A kind of recurrent cell: its gates, and the slots of its state. */
public enum CellType {
  /** Long short-term memory; its gate {@code candidate} is what may go into the cell. */
  LSTM(List.of("input", "forget", "output", "candidate"), List.of("h", "c")),

  /** Gated recurrent unit; its gate {@code candidate} is what may become the new h. */
  GRU(List.of("update", "reset", "candidate"), List.of("h")),

  /** Simple recurrent cell, without a gate. */
  RNN(List.of(), List.of("h"));

  // Lists that List.of made are immutable, which their type does not say.
  @SuppressWarnings("ImmutableEnumChecker")
  private final List<String> gates;

  @SuppressWarnings("ImmutableEnumChecker")
  private final List<String> state;

  CellType(List<String> gates, List<String> state) {
    this.gates = gates;
    this.state = state;
  }

  /** The gates' names, in the order of the blocks of imported kernels. */
  public List<String> gates() {
    return gates;
  }

  /** The names of the state's slots; the first is what the cell gives the layer above. */
  public List<String> state() {
    return state;
  }
}

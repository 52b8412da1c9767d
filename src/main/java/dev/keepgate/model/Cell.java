package dev.keepgate.model;

import java.util.List;

/** One recurrent cell, one layer in one direction: its sizes, its options and its weights. */
public sealed interface Cell permits LstmCell, GruCell, RnnCell {

  CellType type();

  /** What there is to see of it without its weights. */
  CellOptions options();

  /** Width of x. */
  int inputSize();

  /** Width of what the layer above gets. */
  int outputSize();

  /** The slots of its state, as its type names them. */
  List<Slot> state();

  /** What a trace of it shows: its gates, then its new state. */
  List<Slot> trace();

  /** How many numbers its weights have. */
  long parameters();

  <R> R accept(Visitor<R> visitor);

  /** Does something for each kind of cell: who adds a kind learns of all places that know kinds. */
  interface Visitor<R> {
    R lstm(LstmCell cell);

    R gru(GruCell cell);

    R rnn(RnnCell cell);
  }
}

package dev.keepgate.model;

/** What there is to see of a cell without its weights: its kind, its sizes and its equations. */
public sealed interface CellOptions permits CellConfig, GruConfig, RnnConfig {

  /** Width of x. */
  int inputSize();

  /** How many units it has. */
  int hiddenSize();

  /** Width of h, which the layer above gets. */
  int outputSize();

  <R> R accept(Visitor<R> visitor);

  /** Does something for each kind of cell. */
  interface Visitor<R> {
    R lstm(CellConfig lstm);

    R gru(GruConfig gru);

    R rnn(RnnConfig rnn);
  }
}

package dev.keepgate.model;

/** How the outputs of the two directions of a layer become one. */
public enum Merge {
  /** Side by side, forward first. */
  CONCAT,
  SUM,
  /** Elementwise product. */
  MUL,
  /** Elementwise mean. */
  AVE
}
